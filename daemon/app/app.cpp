#include "app/app.hpp"

#include <systemd/sd-daemon.h>
#include <unistd.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <iostream>

#include "app/run_reports.hpp"
#include "app/state_directory.hpp"
#include "app/version.hpp"
#include "config/daemon/secret_store.hpp"
#include "foundation/log.hpp"

namespace nowd {
namespace {

std::string host_name() {
  char host[256] = "unknown";
  gethostname(host, sizeof host - 1);
  return host;
}

pg::NodeIdentity identity_of(StateLock& lock, const std::string& state) {
  return {
      host_name(),
      getpid(),
      std::string(version),
      lock.predecessor(),
      [&lock](const Uuid& node) { lock.name(node); },
      read_ledger_mark(state),
      [state, written = true](const LedgerMark& mark) mutable { written = write_ledger_mark(state, mark, written); }};
}

boost::asio::awaitable<Result<std::string>> ask(Queries& queries, SqlCall call) {
  return queries.run(
      {std::move(call.database), std::move(call.sql), std::move(call.parameters), call.timeout, call.max_bytes});
}

}  // namespace

App::App(AppOptions options, Config config, StateLock lock)
    : options_(std::move(options)),
      config_(std::move(config)),
      lock_(std::move(lock)),
      secrets_(make_secret_reader()),
      signals_(io_, SIGTERM, SIGINT, SIGHUP),
      http_(io_.get_executor(), clock_),
      queries_(io_.get_executor(), config_.database),
      tools_(io_.get_executor(), http_, clock_, secrets_,
             [this](SqlCall call) { return ask(queries_, std::move(call)); }),
      senders_(io_.get_executor(), http_, clock_, secrets_),
      ledger_(io_.get_executor(), config_.database, clock_, identity_of(lock_, config_.state)),
      remote_clocks_(io_.get_executor(), ledger_, clock_),
      accounts_(secrets_),
      account_record_(io_.get_executor(), ledger_, accounts_, clock_),
      supervisor_(
          io_.get_executor(), ledger_, tools_, accounts_, remote_clocks_, clock_,
          [this](const RunReport& ended) { run_ended(ended); }, [this] { scheduler_.wake(); }),
      clocks_(io_.get_executor(), clock_, ledger_,
              [this] {
                remote_clocks_.forget();
                scheduler_.wake();
                heartbeat_.wake();
              }),
      chrony_(io_.get_executor(), clock_),
      scheduler_(io_.get_executor(), ledger_, ledger_, supervisor_, clock_, clocks_),
      pump_(io_.get_executor(), ledger_, senders_, remote_clocks_, clock_, [this] { return scheduler_.setup(); }),
      heartbeat_(io_.get_executor(), ledger_, ledger_, clocks_, scheduler_, supervisor_, pump_, host_name()),
      retention_(io_.get_executor(), ledger_),
      pages_(io_.get_executor(), config_.database, clock_, counters_, [this] { return gauges(); }),
      tasks_(io_.get_executor(), [this](const std::string& task, const std::string& why) { broke(task, why); }),
      sending_(io_.get_executor(), [this](const std::string& task, const std::string& why) { broke(task, why); }),
      stop_timer_(io_),
      reload_timer_(io_, boost::asio::steady_timer::time_point::max()),
      deadline_(io_),
      started_(clock_.now()) {
  http_.observe(
      [this](const std::string& origin, const HttpResponse& response) { remote_clocks_.observe(origin, response); });
  pump_.observe([this](const QueuedDelivery& sent, const SendOutcome& outcome, const DeliveryStep&) {
    count_attempt(counters_, sent, outcome);
  });
}

/// Coroutines that are still suspended (something threw out of the loop) use objects that are destroyed before it.
App::~App() { io_.drop_coroutines(); }

int App::run() {
  tasks_.spawn("signals", watch_signals());
  boost::asio::co_spawn(io_, serve(), [](std::exception_ptr broken) {
    if (broken) std::rethrow_exception(broken);
  });
  io_.run();
  return exit_code_;
}

boost::asio::awaitable<void> App::serve() {
  std::string broken;
  try {
    if (co_await start() && !stopping_) {
      if (options_.stop_after) stop_after(*options_.stop_after);
      serving_ = true;
      tasks_.spawn("reload", reload_when_asked());
      tasks_.spawn("ledger watch", watch_ledger());
      sending_.spawn("outbox", pump_.run());
      co_await scheduler_.run();
    }
  } catch (const std::exception& e) {
    broken = e.what();
  }
  if (!broken.empty()) fail(exit_bad, "nowd ends, because it cannot go on: " + broken);
  co_await shut_down();
}

boost::asio::awaitable<bool> App::start() {
  if (config_.listen != "none") {
    const ServerLimits limits{.open_to_all = {"/healthz", "/readyz"}};  // those who check health may name any host
    auto server = HttpServer::listen(
        io_.get_executor(), config_.listen, [this](ServedRequest request) { return answer(std::move(request)); },
        limits);
    if (!server) {
      fail(exit_usage, server.error().message);
      co_return false;
    }
    server_ = std::move(*server);
    tasks_.spawn("http server", server_->run());
  }
  tasks_.spawn("watchdog", feed_watchdog());
  tasks_.spawn("chrony", chrony_.run());
  tasks_.spawn("clock watch", clocks_.run());
  if (const Result<void> connected = co_await ledger_.start(); !connected) {
    if (!stopping_) fail(exit_no_database, connected.error().message);
    co_return false;
  }
  Result<SetupSnapshot> setup = co_await first_setup();
  if (!setup) {
    if (!stopping_) fail(exit_usage, setup.error().message);
    co_return false;
  }
  if (const Result<void> adopted = co_await scheduler_.adopt(*setup); !adopted) {
    if (!stopping_) fail(exit_no_database, adopted.error().message);
    co_return false;
  }
  accounts_.configure((*setup)->config);
  co_await account_record_.take_up();
  notices_ = std::make_unique<Notices>(io_.get_executor(), config_.database, [this] {
    scheduler_.wake();
    heartbeat_.wake();
  });
  tasks_.spawn("heartbeat", heartbeat_.run());
  tasks_.spawn("retention", retention_.run());
  tasks_.spawn("zones", watch_zones());
  tasks_.spawn("months", make_months());
  tasks_.spawn("remote clocks", remote_clocks_.run());
  tasks_.spawn("key record", account_record_.run());
  log::info("nowd " + std::string(version) + " serves " + std::to_string((*setup)->jobs->size()) +
            ((*setup)->jobs->size() == 1 ? " job" : " jobs") + (server_ ? ", listening on " + server_->address() : ""));
  tell_ready();
  co_return true;
}

void App::report(const std::vector<Diagnostic>& diagnostics) const {
  for (const Diagnostic& each : diagnostics) {
    if (each.severity == Diagnostic::Severity::error)
      log::error(each.str());
    else
      log::warning(each.str());
  }
}

void App::fail(int code, const std::string& message) {
  log::error(message);
  exit_code_ = code;
}

// App towards those who look: health, pages, metrics, a line for each run.

boost::asio::awaitable<ServedResponse> App::answer(ServedRequest request) {
  const auto plain = [](int status, const std::string& text) {
    return ServedResponse{status, "text/plain; charset=utf-8", text};
  };
  if (request.path == "/healthz") co_return plain(200, "ok\n");
  if (request.path != "/readyz") co_return co_await pages_.answer(std::move(request));
  if (const auto why = why_not_ready(standing())) co_return plain(503, "no: " + *why + "\n");
  co_return plain(200, "ok\n");
}

DaemonGauges App::gauges() const {
  DaemonGauges out;
  out.version = version;
  out.started = started_;
  out.ledger_reachable = ledger_.reachable();
  out.serving = serving_;
  out.runs_under_way = supervisor_.running();
  if (!serving_) return out;
  out.beat_age = clock_.tick() - ledger_.confirmed();
  add_configured(out, scheduler_.setup()->config, remote_clocks_);
  for (const auto& [name, provider] : scheduler_.setup()->config.providers)
    if (provider.api != "script") out.providers.emplace_back(name, !accounts_.shut(provider, clock_.tick()));
  return out;
}

void App::run_ended(const RunReport& ended) {
  count_run(counters_, ended);
  if (!ended.end.deliveries.empty() || ended.end.trouble) pump_.wake();
  const Zone& zone = scheduler_.setup()->jobs->count(ended.claimed.job) > 0
                         ? scheduler_.setup()->jobs->at(ended.claimed.job).schedule.zone
                         : Zone::utc();
  const std::string line = run_line(ended, zone);
  if (options_.private_database)
    std::cout << line << std::endl;
  else if (ended.end.state == RunState::succeeded)
    log::info(line, {{"job", ended.claimed.job}, {"run", to_string(ended.claimed.claim.run)}});
  else
    log::warning(line, {{"job", ended.claimed.job}, {"run", to_string(ended.claimed.claim.run)}});
}

}  // namespace nowd
