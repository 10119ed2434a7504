// The daemon: every long-lived object, in the order in which they depend on each other. That list is the lifetime rule.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/load_setup.hpp"
#include "app/pages.hpp"
#include "app/state_lock.hpp"
#include "foundation/clock.hpp"
#include "ledger/pg/notices.hpp"
#include "ledger/pg/pg_ledger.hpp"
#include "ledger/queries.hpp"
#include "net/http_client.hpp"
#include "net/http_server.hpp"
#include "runtime/chrony_watch.hpp"
#include "runtime/heartbeat.hpp"
#include "runtime/key_record.hpp"
#include "runtime/outbox_pump.hpp"
#include "runtime/remote_clocks.hpp"
#include "runtime/retention.hpp"

namespace nowd {

/// Exit codes of nowd and nowctl (surface.md).
enum ExitCode { exit_done = 0, exit_bad = 1, exit_usage = 2, exit_no_database = 3 };

struct AppOptions {
  std::string config_path;
  std::vector<std::string> jobs_override;  ///< `nowd up --jobs`
  std::optional<milliseconds> stop_after;  ///< `nowd up --for`
  bool private_database = false;           ///< `nowd up`: database and state are its own; runs are shown on stdout
};

class App {
 public:
  App(AppOptions options, Config config, StateLock lock);
  ~App();
  /// Runs until SIGTERM, SIGINT or a fatal error; gives the exit code.
  int run();

 private:
  boost::asio::awaitable<void> serve();
  boost::asio::awaitable<bool> start();
  boost::asio::awaitable<Result<SetupSnapshot>> first_setup();
  boost::asio::awaitable<void> reload();
  void keep_place(Config& config) const;
  boost::asio::awaitable<void> watch_signals();
  boost::asio::awaitable<void> feed_watchdog();
  boost::asio::awaitable<void> watch_zones();
  boost::asio::awaitable<void> renew_zones();
  boost::asio::awaitable<void> rezone(SetupSnapshot before, SetupSnapshot after);
  boost::asio::awaitable<void> shut_down();
  void tell_ready();
  void run_ended(const RunReport& report);
  boost::asio::awaitable<void> tell_of_files(const SetupFiles& files);
  boost::asio::awaitable<void> finish_sending();
  boost::asio::awaitable<ServedResponse> answer(ServedRequest request);
  DaemonGauges gauges() const;
  void report(const std::vector<Diagnostic>& diagnostics) const;
  void fail(int code, const std::string& message);

  const AppOptions options_;
  const Config config_;  ///< as at the start: database, state and listen stay
  StateLock lock_;
  SystemClock clock_;
  SecretReader secrets_;
  boost::asio::io_context io_;
  boost::asio::signal_set signals_;
  HttpClient http_;
  Queries queries_;
  Tools tools_;
  Senders senders_;
  PgLedger ledger_;
  RemoteClocks remote_clocks_;
  Keys keys_;
  KeyRecord key_record_;
  Supervisor supervisor_;
  ClockWatch clocks_;
  ChronyWatch chrony_;
  Scheduler scheduler_;
  OutboxPump pump_;
  Heartbeat heartbeat_;
  RetentionLoop retention_;
  RunCounters counters_;
  Pages pages_;
  std::unique_ptr<HttpServer> server_;
  std::unique_ptr<Notices> notices_;
  TaskGroup tasks_;
  TaskGroup sending_;  ///< the pump: it goes on after the runs have ended
  boost::asio::steady_timer stop_timer_;
  std::string zones_release_ = tzdata_version();  ///< of the zones in force
  bool told_ready_ = false;
  bool stopping_ = false;
  bool serving_ = false;  ///< jobs are loaded and the scheduler runs
  int exit_code_ = exit_done;
  const Instant started_;
};

}  // namespace nowd
