#include "app/app.hpp"

#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>

#include "app/counting.hpp"
#include "app/ledger_mark_file.hpp"
#include "app/version.hpp"
#include "config/secret_store.hpp"
#include "foundation/log.hpp"

namespace nowd {
namespace {

/// What a stopping daemon waits for: runs that can still end by themselves. Less than the unit's TimeoutStopSec.
constexpr seconds drain_limit{30};
constexpr seconds sending_limit{5};

std::string host_name() {
  char host[256] = "unknown";
  gethostname(host, sizeof host - 1);
  return host;
}

pg::NodeIdentity identity_of(StateLock& lock, const std::string& state) {
  return {host_name(),
          getpid(),
          std::string(version),
          lock.predecessor(),
          [&lock](const Uuid& node) { lock.name(node); },
          read_ledger_mark(state),
          [state](const LedgerMark& mark) { write_ledger_mark(state, mark); }};
}

boost::asio::awaitable<Result<std::string>> ask(Queries& queries, SqlCall call) {
  return queries.run(
      {std::move(call.database), std::move(call.sql), std::move(call.parameters), call.timeout, call.max_bytes});
}

/// What is wrong with the files, as somebody is told of it: those who hear of the jobs in them, or else by default.
std::vector<Trouble> broken_files(const SetupFiles& files, Instant now) {
  Trouble trouble{"held", "job files", "broken", "", "", {}, now};
  for (const Diagnostic& each : files.diagnostics)
    if (each.severity == Diagnostic::Severity::error && trouble.detail.empty()) trouble.detail = each.str();
  std::vector<Trouble> out;
  for (const JobName& job : files.broken_jobs) {
    trouble.job = job;
    out.push_back(trouble);
  }
  if (out.empty()) out.push_back(trouble);
  return out;
}

}  // namespace

App::App(AppOptions options, Config config, StateLock lock)
    : options_(std::move(options)),
      config_(std::move(config)),
      lock_(std::move(lock)),
      secrets_(make_secret_reader()),
      io_(1),
      signals_(io_, SIGTERM, SIGINT, SIGHUP),
      http_(io_.get_executor(), clock_),
      queries_(io_.get_executor(), config_.database),
      tools_(io_.get_executor(), http_, clock_, secrets_,
             [this](SqlCall call) { return ask(queries_, std::move(call)); }),
      senders_(io_.get_executor(), http_, clock_, secrets_),
      ledger_(io_.get_executor(), config_.database, clock_, identity_of(lock_, config_.state)),
      remote_clocks_(io_.get_executor(), ledger_, clock_),
      keys_(secrets_),
      key_record_(io_.get_executor(), ledger_, keys_, clock_),
      supervisor_(
          io_.get_executor(), ledger_, tools_, keys_, remote_clocks_, clock_,
          [this](const RunReport& ended) { run_ended(ended); }, [this] { scheduler_.wake(); }),
      clocks_(io_.get_executor(), clock_, ledger_,
              [this] {
                remote_clocks_.forget();
                scheduler_.wake();
                heartbeat_.wake();
              }),
      chrony_(io_.get_executor(), clock_),
      scheduler_(io_.get_executor(), ledger_, ledger_, supervisor_, clock_, clocks_),
      heartbeat_(io_.get_executor(), ledger_, ledger_, clocks_, scheduler_, supervisor_, host_name()),
      pump_(io_.get_executor(), ledger_, senders_, remote_clocks_, clock_, [this] { return scheduler_.setup(); }),
      retention_(io_.get_executor(), ledger_),
      pages_(io_.get_executor(), config_.database, clock_, counters_, [this] { return gauges(); }),
      tasks_(io_.get_executor()),
      sending_(io_.get_executor()),
      stop_timer_(io_),
      started_(clock_.now()) {
  http_.observe(
      [this](const std::string& origin, const HttpResponse& response) { remote_clocks_.observe(origin, response); });
  pump_.observe([this](const Outgoing& sent, const SendOutcome& outcome, const DeliveryStep&) {
    count_attempt(counters_, sent, outcome);
  });
}

App::~App() = default;

int App::run() {
  tasks_.spawn("signals", watch_signals());
  boost::asio::co_spawn(io_, serve(), [](std::exception_ptr broken) {
    if (broken) std::rethrow_exception(broken);
  });
  io_.run();
  return exit_code_;
}

boost::asio::awaitable<void> App::serve() {
  if (co_await start()) {
    if (options_.stop_after) {
      stop_timer_.expires_after(*options_.stop_after);
      stop_timer_.async_wait([this](boost::system::error_code cancelled) {
        if (!cancelled) scheduler_.stop();
      });
    }
    serving_ = true;
    sending_.spawn("outbox", pump_.run());
    co_await scheduler_.run();
  }
  co_await shut_down();
}

boost::asio::awaitable<bool> App::start() {
  if (config_.listen != "none") {
    auto server = HttpServer::listen(io_.get_executor(), config_.listen,
                                     [this](ServedRequest request) { return answer(std::move(request)); });
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
    fail(exit_usage, setup.error().message);
    co_return false;
  }
  if (const Result<void> adopted = co_await scheduler_.adopt(*setup); !adopted) {
    fail(exit_no_database, adopted.error().message);
    co_return false;
  }
  keys_.configure((*setup)->config);
  co_await key_record_.take_up();
  notices_ = std::make_unique<Notices>(io_.get_executor(), config_.database, [this] {
    scheduler_.wake();
    heartbeat_.wake();
  });
  tasks_.spawn("heartbeat", heartbeat_.run());
  tasks_.spawn("retention", retention_.run());
  tasks_.spawn("zones", watch_zones());
  tasks_.spawn("remote clocks", remote_clocks_.run());
  tasks_.spawn("key record", key_record_.run());
  log::info("nowd " + std::string(version) + " serves " + std::to_string((*setup)->jobs->size()) +
            ((*setup)->jobs->size() == 1 ? " job" : " jobs") + (server_ ? ", listening on " + server_->address() : ""));
  tell_ready();
  co_return true;
}

namespace {

/// A broken file does not stop the others, and retires nothing: a job that no whole file names may stand in the broken
/// one. Unless it is another daemon's (`elsewhere`).
void keep_accepted(SetupFiles& files, const AcceptedSpecs& accepted, const std::set<JobName>& elsewhere) {
  std::set<JobName> whole = elsewhere;
  for (const Job& job : files.jobs) whole.insert(job.name);
  for (const auto& [name, spec] : accepted) {
    if (whole.count(name) > 0) continue;
    Result<Job> job = job_from_canonical(spec, &files.config);
    if (job) {
      log::error("a file is broken: this job runs on its last accepted revision", {{"job", name}});
      files.jobs.push_back(std::move(*job));
    } else {
      log::error("a file is broken, and this job's last accepted revision cannot be used: " + job.error().message,
                 {{"job", name}});
    }
  }
}

}  // namespace

boost::asio::awaitable<Result<SetupSnapshot>> App::first_setup() {
  const Result<AcceptedSpecs> accepted = co_await ledger_.accepted();
  if (!accepted) co_return accepted.error();
  SetupFiles files = read_setup(options_.config_path, options_.jobs_override, clock_.now(), *accepted);
  report(files.diagnostics);
  co_await tell_of_files(files);
  if (!files.config_ok) co_return invalid(options_.config_path + ": it changed while nowd started, and is broken");
  keep_place(files.config);
  if (!files.jobs_ok) {
    const Result<std::set<JobName>> elsewhere = co_await ledger_.jobs_of_others();
    if (!elsewhere) co_return elsewhere.error();
    keep_accepted(files, *accepted, *elsewhere);
  }
  co_return make_setup(std::move(files.config), std::move(files.jobs), http_, clock_, secrets_, io_.get_executor());
}

boost::asio::awaitable<void> App::tell_of_files(const SetupFiles& files) {
  const bool whole = files.config_ok && files.jobs_ok;
  const Result<void> told =
      whole ? co_await ledger_.over("held", "job files") : co_await ledger_.report(broken_files(files, clock_.now()));
  if (!told) log::error("whether files are whole could not be recorded: " + told.error().message);
  pump_.wake();
}

/// `nowd up` lives on its own database, whatever the file says.
void App::keep_place(Config& config) const {
  config.database = config_.database;
  config.state = config_.state;
}

boost::asio::awaitable<void> App::reload() {
  if (!serving_) co_return;
  sd_notify(0, "RELOADING=1");
  const Result<AcceptedSpecs> accepted = co_await ledger_.accepted();
  SetupFiles files =
      read_setup(options_.config_path, options_.jobs_override, clock_.now(), accepted ? *accepted : AcceptedSpecs{});
  report(files.diagnostics);
  co_await tell_of_files(files);
  if (!files.config_ok || !files.jobs_ok) {
    log::error("reload: a file is broken, so nothing was changed; mend it and reload again");
  } else {
    if (options_.private_database) keep_place(files.config);
    const std::string restart = needs_restart(config_, files.config);
    if (!restart.empty()) log::warning("reload: " + restart + " changed: that takes effect after a restart");
    Result<SetupSnapshot> setup =
        make_setup(std::move(files.config), std::move(files.jobs), http_, clock_, secrets_, io_.get_executor());
    const SetupSnapshot before = scheduler_.setup();
    Result<void> adopted = setup ? co_await scheduler_.adopt(*setup) : Result<void>(setup.error());
    if (adopted) {
      keys_.configure((*setup)->config);
      co_await rezone(before, *setup);
    }
    if (adopted)
      log::info("reload: " + std::to_string((*setup)->jobs->size()) + " jobs");
    else
      log::error("reload: nothing was changed: " + adopted.error().message);
  }
  sd_notify(0, "READY=1");
}

boost::asio::awaitable<void> App::watch_signals() {
  for (;;) {
    const int number = co_await signals_.async_wait(boost::asio::use_awaitable);
    if (number == SIGHUP) {
      co_await reload();
    } else if (!stopping_) {
      stopping_ = true;
      log::info(std::string(number == SIGTERM ? "SIGTERM" : "SIGINT") + ": stopping");
      if (serving_)
        scheduler_.stop();
      else
        ledger_.give_up();  // the start may be waiting for the database
    } else {
      log::warning("second signal: the runs under way are cut; they are served again after the next start");
      supervisor_.cancel();
    }
  }
}

boost::asio::awaitable<void> App::feed_watchdog() {
  std::uint64_t interval = 0;
  const bool watched = sd_watchdog_enabled(0, &interval) > 0;
  boost::asio::steady_timer timer(io_);
  for (;;) {
    if (watched) sd_notify(0, "WATCHDOG=1");
    // A database that is down at boot is waited for: the unit is up, and /readyz says no.
    timer.expires_after(watched ? std::chrono::microseconds(interval / 3) : microseconds{seconds{2}});
    co_await timer.async_wait(boost::asio::use_awaitable);
    tell_ready();
  }
}

void App::tell_ready() {
  if (told_ready_ || stopping_) return;
  told_ready_ = true;
  sd_notify(0, "READY=1");
}

boost::asio::awaitable<void> App::shut_down() {
  using namespace boost::asio::experimental::awaitable_operators;
  sd_notify(0, "STOPPING=1");
  serving_ = false;
  stopping_ = true;
  if (supervisor_.running() > 0) {
    log::info("waiting for " + std::to_string(supervisor_.running()) + " runs to end");
    boost::asio::steady_timer limit(io_, drain_limit);
    limit.async_wait([this](boost::system::error_code cancelled) {
      if (!cancelled) supervisor_.cancel();
    });
    co_await supervisor_.drain();
  }
  co_await finish_sending();
  notices_.reset();
  tasks_.cancel();
  co_await tasks_.join();
  ledger_.stop();
}

/// What the last runs had to say goes out with them, if their sinks are quick; else after the next start.
boost::asio::awaitable<void> App::finish_sending() {
  pump_.stop();
  boost::asio::steady_timer limit(io_, sending_limit);
  limit.async_wait([this](boost::system::error_code cancelled) {
    if (!cancelled) pump_.cancel();
  });
  co_await sending_.join();
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

}  // namespace nowd
