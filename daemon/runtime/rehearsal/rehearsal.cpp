#include "runtime/rehearsal/rehearsal.hpp"

#include <algorithm>

#include "ledger/memory/memory_ledger.hpp"
#include "runtime/rehearsal/rehearsed_fates.hpp"
#include "runtime/scheduler.hpp"

namespace nowd {
namespace {

/// No other process writes to this ledger, so there is nothing to poll for.
constexpr seconds no_poll = days{3660};
/// Rows in the store before settled ones are reported and removed.
constexpr std::size_t few_rows = 4096;

/// One daemon from its start to its end.
class Life {
 public:
  Life(VirtualTime& time, memory::Store& store, const Rehearsal& plan, std::optional<Uuid> predecessor)
      : time_(time),
        ledger_(store, time.clock(), std::move(predecessor)),
        supervisor_(
            time.executor(), std::make_unique<RehearsalDriver>(ledger_, time, plan.length), ledger_, time.clock(),
            [](const RunReport&) {}, [this] { scheduler_.wake(); }),
        scheduler_(time.timer(), no_poll, ledger_, supervisor_, time.clock()),
        main_(time.executor()) {
    auto setup = std::make_shared<Setup>();
    setup->config.concurrency = plan.concurrency;
    setup->jobs = plan.jobs;
    main_.spawn("rehearsal", run(std::move(setup)));
  }

  /// The daemon is killed: its runs are cut, and no end of them is recorded.
  ~Life() {
    scheduler_.stop();
    supervisor_.cancel();
    time_.settle();
  }

  /// Replaces NOTIFY and the end of tasks: passes on cancel requests, and wakes the scheduler when capacity is free.
  /// False: there was nothing to do.
  bool poll_events() {
    bool acted = false;
    for (const CancelRequest& request : ledger_.cancels())
      if (asked_.insert(request.run).second) {
        supervisor_.cancel(request);
        acted = true;
      }
    if (supervisor_.running() < running_) {
      scheduler_.wake();
      acted = true;
    }
    running_ = supervisor_.running();
    return acted;
  }

  const Uuid& node() const { return ledger_.node(); }

 private:
  boost::asio::awaitable<void> run(SetupSnapshot setup) {
    if (const Result<void> adopted = co_await scheduler_.adopt(std::move(setup)); !adopted) co_return;
    co_await scheduler_.run();
  }

  VirtualTime& time_;
  MemoryLedger ledger_;
  Supervisor supervisor_;
  Scheduler scheduler_;
  TaskGroup main_;
  std::set<RunId> asked_;
  int running_ = 0;
};

/// Jobs that are paused at the start stay paused. All jobs get their rows before the first daemon starts.
void pause_jobs(memory::Store& store, const Rehearsal& plan) {
  (void)memory::load_jobs(store, *plan.jobs, plan.from);
  for (const JobName& job : plan.paused)
    if (store.jobs.count(job) > 0) memory::pause(store, job, plan.from);
}

}  // namespace

void rehearse(const Rehearsal& plan, const std::function<void(RehearsedFate)>& report) {
  memory::Store store;
  pause_jobs(store, plan);
  VirtualTime time(plan.from);
  std::optional<Uuid> before;
  std::size_t max_rows = few_rows;
  const auto live_until = [&](Instant until) {
    Life life(time, store, plan, before);
    time.run_until(until, [&] {
      if (store.occurrences.all().size() > max_rows) {
        report_settled(store, report);
        max_rows = std::max(few_rows, 2 * store.occurrences.all().size());
      }
      return life.poll_events();
    });
    before = life.node();
  };
  for (const Rehearsal::Outage& outage : plan.down) {
    live_until(outage.from);
    time.run_until(outage.until, [] { return false; });
  }
  live_until(plan.until);
  report_settled(store, report);
  report_rest(store, plan.until, report);
}

}  // namespace nowd
