// Decides when jobs run: plans occurrences ahead, wakes when the next one is due, claims due runs and starts them.
//
// The *schedule* is authoritative for planned occurrences, the *database's* clock for due ones; this loop only has to
// poll at the right moment. A wake that comes early, late or twice changes nothing but latency.
#pragma once

#include <memory>
#include <queue>
#include <set>
#include <vector>

#include "ledger/outbox.hpp"
#include "net/timer.hpp"
#include "runtime/clocks/clock_watch.hpp"
#include "runtime/run/supervisor.hpp"

namespace nowd {

class Scheduler {
 public:
  Scheduler(boost::asio::any_io_executor executor, Ledger& ledger, Outbox& outbox, Supervisor& supervisor,
            const Clock& clock, ClockWatch& clocks);
  /// For tests and rehearsal: no clock watch. `poll` is the maximum sleep, so that rows written by other daemons are
  /// noticed. `outbox` receives a trouble when the ledger refuses work; null: no trouble is reported.
  Scheduler(std::unique_ptr<Timer> timer, seconds poll, Ledger& ledger, Supervisor& supervisor, const Clock& clock,
            Outbox* outbox = nullptr);

  /// Brings the ledger's jobs in line with the setup, and uses it from now on.
  boost::asio::awaitable<Result<void>> adopt(SetupSnapshot setup);

  /// Uses the setup, in which the zones of these jobs have new rules: re-plans their occurrences to come. If the ledger
  /// refuses that, or during a hold, the scheduler repeats it until it succeeds; the error is the first refusal.
  boost::asio::awaitable<Result<void>> rezone(SetupSnapshot setup, std::vector<JobName> jobs);

  /// Runs until cancelled, or until stop() has been called.
  boost::asio::awaitable<void> run();
  /// No further run is claimed.
  void stop();
  /// Polls at once: a run may be due (a request, free capacity, a swept node).
  void wake() { timer_->wake(); }
  /// The database's clock minus ours. The database's clock decides due runs.
  void set_database_offset(microseconds offset) { offset_ = offset; }
  const SetupSnapshot& setup() const { return setup_; }
  /// The hold, while a clock or the ledger cannot be trusted (for /readyz).
  const std::optional<Held>& held() const { return hold_; }
  /// The reason, after the ledger refused claims or plans three times in a row (for /readyz).
  std::optional<std::string> refused() const;

 private:
  /// When a job needs planning again, earliest first.
  struct PlanAt {
    Instant at;
    JobName job;
    bool operator>(const PlanAt& other) const { return at > other.at; }
  };
  using PlanHeap = std::priority_queue<PlanAt, std::vector<PlanAt>, std::greater<>>;

  /// Work that the ledger may refuse repeatedly.
  struct Work {
    std::string name;  ///< of the alert
    std::string consequence;
    int refusals = 0;  ///< in a row
    std::string why = {};
    std::optional<bool> reported = {};  ///< nothing: the daemon before this one may have
  };

  boost::asio::awaitable<void> record_refusal(Work& work, const Error& error);
  boost::asio::awaitable<void> record_success(Work& work);
  boost::asio::awaitable<bool> plan_one_by_one(const std::vector<JobName>& names);
  boost::asio::awaitable<Result<void>> rezone_waiting();
  Instant database_now() const { return clock_.now() + offset_; }
  void remember_cursors(const std::vector<Cursor>& cursors);
  boost::asio::awaitable<void> recheck_foreign_jobs();
  void plan_soon(const JobName& job) { to_plan_.push({database_now() + plan_again, job}); }
  void plan_the_rest(const std::vector<Cursor>& planned);
  void update_hold(std::optional<Held> held);
  boost::asio::awaitable<bool> plan();
  boost::asio::awaitable<void> dispatch();
  Instant next_wake() const;

  /// Retry for jobs whose cursor another daemon locked, or that could not be planned during a hold.
  static constexpr seconds plan_again{15};

  Ledger& ledger_;
  Supervisor& supervisor_;
  const Clock& clock_;
  std::unique_ptr<Timer> timer_;
  const seconds poll_;
  ClockWatch* clocks_ = nullptr;
  SetupSnapshot setup_;
  PlanHeap to_plan_;
  std::optional<Instant> next_due_;
  std::optional<Instant> recheck_foreign_jobs_at_;  ///< some jobs belong to another daemon with newer files
  std::optional<Held> hold_;
  int adopting_ = 0;
  Outbox* outbox_;
  Work claiming_{"claims", "nothing starts"};
  Work planning_{"planning", "nothing more is planned"};
  std::set<JobName> unplanned_;  ///< jobs whose last planning was refused
  std::set<JobName> to_rezone_;
  std::optional<Instant> rezone_at_;  ///< when to try again
  microseconds offset_{0};
  bool stopping_ = false;
};

}  // namespace nowd
