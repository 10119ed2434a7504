// When is what: plans occurrences ahead, wakes when the next one is due, claims what is due and hands it over.
//
// The *schedule* says what is planned, the *database's* clock says what is due; this loop only has to look at the right
// moment. A wake that comes early, late or twice changes nothing but latency.
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
  /// On another timer, and on clocks that nobody need watch. `poll`: how long it sleeps at most, for the sake of what
  /// others write. `outbox`: where it reports that the ledger refuses its work; null = nowhere.
  Scheduler(std::unique_ptr<Timer> timer, seconds poll, Ledger& ledger, Supervisor& supervisor, const Clock& clock,
            Outbox* outbox = nullptr);

  /// Brings the ledger's jobs in line with the setup, and uses it from now on.
  boost::asio::awaitable<Result<void>> adopt(SetupSnapshot setup);

  /// Uses the setup, in which the zones of these jobs have new rules: recomputes what is still to come of them. Where
  /// the ledger refuses that, or dispatch is held, it is done again until it succeeds; the error says why.
  boost::asio::awaitable<Result<void>> rezone(SetupSnapshot setup, std::vector<JobName> jobs);

  /// Runs until cancelled, or until stop() has been called.
  boost::asio::awaitable<void> run();
  /// Nothing more is claimed.
  void stop();
  /// Looks at once: something may be due (a request, room for a run, a swept node).
  void wake() { timer_->wake(); }
  /// The database's clock minus ours: what is due is decided there.
  void set_database_offset(microseconds offset) { offset_ = offset; }
  const SetupSnapshot& setup() const { return setup_; }
  /// Why nothing starts, if a clock or the ledger cannot be trusted (for /readyz).
  const std::optional<Held>& held() const { return held_; }
  /// Why nothing starts or nothing is planned, after the ledger refused that several times in a row (for /readyz).
  std::optional<std::string> refused() const;

 private:
  /// When a job needs planning again, earliest first.
  struct PlanAt {
    Instant at;
    JobName job;
    bool operator>(const PlanAt& other) const { return at > other.at; }
  };
  using PlanHeap = std::priority_queue<PlanAt, std::vector<PlanAt>, std::greater<>>;

  /// Work that the ledger may refuse again and again.
  struct Work {
    std::string name;  ///< of the alert
    std::string consequence;
    int refusals = 0;  ///< in a row
    std::string why = {};
    std::optional<bool> reported = {};  ///< nothing = the daemon before this one may have
  };

  boost::asio::awaitable<void> note_refused(Work& work, const Error& error);
  boost::asio::awaitable<void> note_done(Work& work);
  boost::asio::awaitable<bool> plan_one_by_one(const std::vector<JobName>& names);
  boost::asio::awaitable<Result<void>> rezone_waiting();
  Instant database_now() const { return clock_.now() + offset_; }
  void remember(const std::vector<Cursor>& cursors);
  boost::asio::awaitable<void> look_at_held();
  void plan_soon(const JobName& job) { to_plan_.push({database_now() + plan_again, job}); }
  void plan_the_rest(const std::vector<Cursor>& planned);
  void note_held(std::optional<Held> held);
  boost::asio::awaitable<bool> plan();
  boost::asio::awaitable<void> dispatch();
  Instant next_look() const;

  /// Jobs whose cursor another daemon held, or that were not planned while dispatch was held.
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
  std::optional<Instant> held_until_;  ///< some jobs are left to another daemon: when to look whether it still has them
  std::optional<Held> held_;
  int adopting_ = 0;
  Outbox* outbox_;
  Work claiming_{"claims", "nothing starts"};
  Work planning_{"planning", "nothing more is planned"};
  std::set<JobName> unplanned_;  ///< jobs whose planning was refused last time
  std::set<JobName> to_rezone_;
  std::optional<Instant> rezone_at_;  ///< when to try again
  microseconds offset_{0};
  bool stopping_ = false;
};

}  // namespace nowd
