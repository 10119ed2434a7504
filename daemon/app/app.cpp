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
      tasks_(io_.get_executor(),
             [this](const std::string& task, const std::string& why) { stop_after_failure(task, why); }),
      sending_(io_.get_executor(),
               [this](const std::string& task, const std::string& why) { stop_after_failure(task, why); }),
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

/// Drops suspended coroutines (after an exception out of the loop), because they use members destroyed before the loop.
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
    const ServerLimits limits{.open_to_all = {"/healthz", "/readyz"}};  // health checks may use any host name
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
  co_await account_record_.restore();
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
  notify_ready();
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

// Health, pages, metrics, and a line for each run.

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

// From a stop to the end of the process.
//
//   serving ──SIGTERM, --for, a task that broke──► stopping: nothing is claimed, runs end by themselves
//                                                    │ all have ended        │ drain_limit, or a second signal
//                                                    ▼                       ▼
//                                                  their messages are      runs are cut, and the daemon stops
//                                                  sent ──► the end   ◄──  waiting for a database that is away
namespace {

/// How long a stopping daemon waits for its runs to end. Less than the unit's TimeoutStopSec.
constexpr seconds drain_limit{30};
/// The same without a run under way: only a database that does not answer takes longer.
constexpr seconds idle_limit{5};
constexpr seconds sending_limit{5};
constexpr seconds fleet_look_interval{2};
constexpr hours between_months{1};

}  // namespace

boost::asio::awaitable<void> App::watch_signals() {
  for (;;) {
    const int number = co_await signals_.async_wait(boost::asio::use_awaitable);
    if (number == SIGHUP) {
      reload_asked_ = true;  // one reload follows, also after several signals
      reload_timer_.cancel();
    } else if (!stopping_) {
      stop(number == SIGTERM ? "SIGTERM" : "SIGINT");
    } else {
      log::warning("second signal: the runs under way are cut; they are served again after the next start");
      cut_short();
    }
  }
}

void App::stop_after(milliseconds span) {
  stop_timer_.expires_after(span);
  stop_timer_.async_wait([this](boost::system::error_code cancelled) {
    if (!cancelled) stop("--for is over");
  });
}

void App::stop_after_failure(const std::string& task, const std::string& why) {
  fail(exit_bad, "nowd ends, because it cannot go on without its task '" + task + "': " + why);
  stop("a task failed");
}

void App::stop(const std::string& why) {
  if (stopping_) return;
  stopping_ = true;
  if (!why.empty()) log::info(why + ": stopping");
  sd_notify(0, "STOPPING=1");
  stopped_at_ = clock_.tick();
  scheduler_.stop();
  reload_timer_.cancel();
  ledger_.hurry();
  if (serving_)
    watch_deadline();
  else
    cut_short();  // the start may be waiting for the database
}

/// Runs each second, because the ledger cuts statements that stay unanswered over several calls.
void App::watch_deadline() {
  const nanoseconds since = clock_.tick() - *stopped_at_;
  if (since >= drain_limit) return cut_short();
  if (since >= idle_limit && supervisor_.running() == 0) ledger_.give_up();
  recheck_deadline();
}

void App::cut_short() {
  if (!std::exchange(cut_, true)) supervisor_.cancel();
  ledger_.give_up();
  recheck_deadline();
}

void App::recheck_deadline() {
  if (ended_) return;
  deadline_.expires_after(seconds{1});
  deadline_.async_wait([this](boost::system::error_code cancelled) {
    if (cancelled) return;
    if (cut_)
      cut_short();
    else
      watch_deadline();
  });
}

boost::asio::awaitable<void> App::feed_watchdog() {
  std::uint64_t interval = 0;
  const bool watched = sd_watchdog_enabled(0, &interval) > 0;
  boost::asio::steady_timer timer(io_);
  for (;;) {
    if (watched) sd_notify(0, "WATCHDOG=1");
    // The unit is up while it waits for a database that is down at boot; /readyz reports it.
    timer.expires_after(watched ? std::chrono::microseconds(interval / 3) : microseconds{seconds{2}});
    co_await timer.async_wait(boost::asio::use_awaitable);
    notify_ready();
  }
}

void App::notify_ready() {
  if (notified_ready_ || stopping_) return;
  notified_ready_ = true;
  sd_notify(0, "READY=1");
}

Standing App::standing() const {
  Standing out;
  out.ledger_reachable = ledger_.reachable();
  out.serving = serving_ && !stopping_;
  out.beat_age = clock_.tick() - ledger_.confirmed();
  out.statement = ledger_.statement();
  out.lock = ledger_.lock_in_the_way().value_or("");
  out.held = scheduler_.held();
  out.refused = scheduler_.refused();
  return out;
}

boost::asio::awaitable<void> App::watch_ledger() {
  boost::asio::steady_timer timer(io_);
  for (SilenceWatch watch;;) {
    if (const auto news = watch.check(standing())) log::warning(*news);
    timer.expires_after(fleet_look_interval);
    co_await timer.async_wait(boost::asio::use_awaitable);
  }
}

boost::asio::awaitable<void> App::make_months() {
  boost::asio::steady_timer timer(io_);
  for (;;) {
    const Result<int> missing = co_await ledger_.make_months();
    if (!missing)
      log::error("could not create the ledger's next months, trying again in an hour: " + missing.error().message);
    else if (*missing > 0)
      log::warning(
          "could not create months of the ledger's tables, because other sessions use them; trying again in an hour",
          {{"months", std::to_string(*missing)}});
    timer.expires_after(between_months);
    co_await timer.async_wait(boost::asio::use_awaitable);
  }
}

boost::asio::awaitable<void> App::shut_down() {
  stop("");
  serving_ = false;
  if (supervisor_.running() > 0) {
    log::info("waiting for " + std::to_string(supervisor_.running()) + " runs to end");
    co_await supervisor_.drain();
  }
  co_await finish_sending();
  notices_.reset();
  tasks_.cancel();
  co_await tasks_.join();
  ended_ = true;
  deadline_.cancel();
  stop_timer_.cancel();
  ledger_.stop();
}

/// Sends the messages of the last runs, if their sinks are quick; else the next start sends them.
boost::asio::awaitable<void> App::finish_sending() {
  pump_.stop();
  boost::asio::steady_timer limit(io_, sending_limit);
  limit.async_wait([this](boost::system::error_code cancelled) {
    if (!cancelled) pump_.cancel();
  });
  co_await sending_.join();
}

}  // namespace nowd
