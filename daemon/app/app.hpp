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
#include "foundation/time/clock.hpp"
#include "ledger/pg/pg_ledger.hpp"
#include "ledger/pg/notices.hpp"
#include "ledger/reader/queries.hpp"
#include "net/event_loop.hpp"
#include "net/http/http_client.hpp"
#include "net/http/http_server.hpp"
#include "runtime/accounts/account_record.hpp"
#include "runtime/clocks/clock_watch.hpp"
#include "runtime/clocks/remote_clocks.hpp"
#include "runtime/heartbeat.hpp"
#include "runtime/outbox_pump.hpp"
#include "runtime/readiness.hpp"
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

  // app_files.cpp
  boost::asio::awaitable<Result<SetupSnapshot>> first_setup();
  boost::asio::awaitable<void> reload_when_asked();
  boost::asio::awaitable<void> reload();
  boost::asio::awaitable<SetupFiles> read_settled(AcceptedSpecs accepted, milliseconds at_rest);
  boost::asio::awaitable<void> take_over(SetupFiles files);
  boost::asio::awaitable<void> tell_of_files(const SetupFiles& files);
  void keep_place(Config& config) const;

  // app_lifecycle.cpp
  boost::asio::awaitable<void> watch_signals();
  void stop_after(milliseconds span);
  void stop(const std::string& why);
  void broke(const std::string& task, const std::string& why);
  void watch_deadline();
  void cut_short();
  void look_at_deadline_again();
  boost::asio::awaitable<void> feed_watchdog();
  void tell_ready();
  Standing standing() const;
  boost::asio::awaitable<void> watch_ledger();
  boost::asio::awaitable<void> make_months();
  boost::asio::awaitable<void> shut_down();
  boost::asio::awaitable<void> finish_sending();

  // app_zones.cpp
  boost::asio::awaitable<void> watch_zones();
  boost::asio::awaitable<void> renew_zones();
  boost::asio::awaitable<void> rezone(SetupSnapshot before, SetupSnapshot after);

  // app_answers.cpp
  void run_ended(const RunReport& report);
  boost::asio::awaitable<ServedResponse> answer(ServedRequest request);
  DaemonGauges gauges() const;

  void report(const std::vector<Diagnostic>& diagnostics) const;
  void fail(int code, const std::string& message);

  const AppOptions options_;
  const Config config_;  ///< as at the start: database, state and listen stay
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
  TaskGroup sending_;  ///< the pump: it goes on after the runs have ended
  boost::asio::steady_timer stop_timer_;
  boost::asio::steady_timer reload_timer_;  ///< never expires: cancelling it wakes the reload
  boost::asio::steady_timer deadline_;
  bool reload_asked_ = false;
  std::optional<Tick> stopped_at_;
  bool cut_ = false;                              ///< runs that went on after the stop were cut
  bool ended_ = false;                            ///< nothing waits for the ledger any more
  std::string zones_release_ = tzdata_version();  ///< of the zones in force
  bool told_ready_ = false;
  bool stopping_ = false;
  bool serving_ = false;  ///< jobs are loaded and the scheduler runs
  int exit_code_ = exit_done;
  const Instant started_;
};

}  // namespace nowd
