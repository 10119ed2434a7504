// The daemon: every long-lived object, in the order in which they depend on each other. That list is the lifetime rule.
#pragma once

#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/load_setup.hpp"
#include "app/pages.hpp"
#include "app/state_directory.hpp"
#include "foundation/exit_code.hpp"
#include "foundation/time/clock.hpp"
#include "ledger/pg/notices.hpp"
#include "ledger/pg/pg_ledger.hpp"
#include "ledger/reader/queries.hpp"
#include "net/http/http_client.hpp"
#include "net/http/http_server.hpp"
#include "net/task_group.hpp"
#include "runtime/accounts/account_record.hpp"
#include "runtime/clocks/clock_watch.hpp"
#include "runtime/clocks/remote_clocks.hpp"
#include "runtime/heartbeat.hpp"
#include "runtime/outbox_pump.hpp"
#include "runtime/retention.hpp"

namespace nowd {

struct AppOptions {
  std::string config_path;
  std::vector<std::string> jobs_override;  ///< `nowd up --jobs`
  std::optional<milliseconds> stop_after;  ///< `nowd up --for`
  bool private_database = false;           ///< `nowd up`: private database and state; runs are printed to stdout
};

class App {
 public:
  App(AppOptions options, Config config, StateLock lock);
  ~App();
  /// Runs until SIGTERM, SIGINT or a fatal error. Returns the exit code.
  int run();

 private:
  boost::asio::awaitable<void> serve();
  boost::asio::awaitable<bool> start();

  // app_files.cpp: files and zones become a setup
  boost::asio::awaitable<Result<SetupSnapshot>> first_setup();
  boost::asio::awaitable<void> reload_when_asked();
  boost::asio::awaitable<void> reload();
  boost::asio::awaitable<SetupFiles> read_settled(AcceptedSpecs accepted, milliseconds at_rest);
  boost::asio::awaitable<void> adopt_files(SetupFiles files);
  boost::asio::awaitable<void> report_files(const SetupFiles& files);
  void pin_database_and_state_dir(Config& config) const;

  // app.cpp: from a stop to the end
  boost::asio::awaitable<void> watch_signals();
  void stop_after(milliseconds span);
  void stop(const std::string& why);
  void stop_after_failure(const std::string& task, const std::string& why);
  void watch_deadline();
  void cut_short();
  void recheck_deadline();
  boost::asio::awaitable<void> feed_watchdog();
  void notify_ready();
  Standing standing() const;
  boost::asio::awaitable<void> watch_ledger();
  boost::asio::awaitable<void> make_months();
  boost::asio::awaitable<void> shut_down();
  boost::asio::awaitable<void> finish_sending();

  boost::asio::awaitable<void> watch_zones();
  boost::asio::awaitable<void> renew_zones();
  boost::asio::awaitable<void> rezone(SetupSnapshot before, SetupSnapshot after);

  // app.cpp: health, pages, metrics, a line for each run
  void run_ended(const RunReport& report);
  boost::asio::awaitable<ServedResponse> answer(ServedRequest request);
  DaemonGauges gauges() const;

  void report(const std::vector<Diagnostic>& diagnostics) const;
  void fail(int code, const std::string& message);

  const AppOptions options_;
  const Config config_;  ///< of the start: database, state and listen never change
  StateLock lock_;
  SystemClock clock_;
  SecretReader secrets_;
  EventLoop io_;
  boost::asio::signal_set signals_;
  HttpClient http_;
  Queries queries_;
  Tools tools_;
  Senders senders_;
  PgLedger ledger_;
  RemoteClocks remote_clocks_;
  ProviderAccounts accounts_;
  AccountRecord account_record_;
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
  TaskGroup sending_;  ///< the pump: it continues after the runs have ended
  boost::asio::steady_timer stop_timer_;
  boost::asio::steady_timer reload_timer_;  ///< never expires: cancelling it wakes the reload
  boost::asio::steady_timer deadline_;
  bool reload_asked_ = false;
  std::optional<Tick> stopped_at_;
  bool cut_ = false;                              ///< runs that continued after the stop were cut
  bool ended_ = false;                            ///< no task waits for the ledger any more
  std::string zones_release_ = tzdata_version();  ///< of the zones in force
  bool notified_ready_ = false;
  bool stopping_ = false;
  bool serving_ = false;  ///< jobs are loaded and the scheduler runs
  int exit_code_ = exit_done;
  const Instant started_;
};

}  // namespace nowd
