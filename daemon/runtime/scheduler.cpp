#include "runtime/scheduler.hpp"

#include <algorithm>

#include "foundation/log.hpp"

namespace nowd {
namespace {

/// How far ahead occurrences get their rows: long enough to be off the critical path, short enough to stay few.
constexpr seconds horizon{60};
/// Others write too (requests, other daemons): a poll carries correctness, notifications only shorten the wait.
constexpr seconds longest_sleep{1};
/// How often a daemon looks whether those that have newer revisions of its jobs are still there.
constexpr minutes between_looks_at_held{1};

}  // namespace

Scheduler::Scheduler(boost::asio::any_io_executor executor, Ledger& ledger, Supervisor& supervisor, const Clock& clock,
                     ClockWatch& clocks)
    : Scheduler(std::make_unique<WallTimer>(std::move(executor)), longest_sleep, ledger, supervisor, clock) {
  clocks_ = &clocks;
}

Scheduler::Scheduler(std::unique_ptr<Timer> timer, seconds poll, Ledger& ledger, Supervisor& supervisor,
                     const Clock& clock)
    : ledger_(ledger), supervisor_(supervisor), clock_(clock), timer_(std::move(timer)), poll_(poll) {}

boost::asio::awaitable<Result<void>> Scheduler::adopt(SetupSnapshot setup) {
  ++adopting_;
  Result<std::vector<Cursor>> cursors = co_await ledger_.load(setup->jobs);
  --adopting_;
  if (!cursors) co_return cursors.error();
  setup_ = std::move(setup);
  to_plan_ = {};
  remember(*cursors);
  plan_the_rest(*cursors);
  timer_->wake();
  co_return boost::system::in_place_value;
}

boost::asio::awaitable<Result<void>> Scheduler::rezone(SetupSnapshot setup, std::vector<JobName> jobs) {
  // First: what is planned from here on follows the new rules, and what was planned before is seen by the ledger.
  setup_ = std::move(setup);
  const Result<std::vector<Cursor>> cursors = co_await ledger_.rezone(setup_->jobs, std::move(jobs));
  if (!cursors) co_return cursors.error();
  remember(*cursors);  // beside what was to be planned before: planning once more than needed changes nothing
  timer_->wake();
  co_return boost::system::in_place_value;
}

void Scheduler::remember(const std::vector<Cursor>& cursors) {
  for (const Cursor& cursor : cursors)
    if (cursor.held)
      held_until_ = held_until_.value_or(database_now() + between_looks_at_held);
    else if (cursor.next_at)
      to_plan_.push({std::max(*cursor.next_at - horizon, database_now() + horizon / 2), cursor.job});
}

void Scheduler::plan_the_rest(const std::vector<Cursor>& planned) {
  for (const auto& [name, job] : *setup_->jobs)
    if (!std::holds_alternative<Manual>(job.schedule.kind) &&
        std::none_of(planned.begin(), planned.end(), [&](const Cursor& cursor) { return cursor.job == name; }))
      plan_soon(name);
}

boost::asio::awaitable<void> Scheduler::run() {
  while (!stopping_) {
    if (clocks_ != nullptr) {
      clocks_->look();
      co_await clocks_->record_news();
    }
    // What is due by now is handed over before anything is recomputed, whatever the clocks did meanwhile; and a claim
    // knows first why nobody looked.
    co_await dispatch();
    co_await look_at_held();
    if (co_await plan()) co_await dispatch();
    if (stopping_) break;
    co_await timer_->wait_until(next_look());
  }
}

void Scheduler::stop() {
  stopping_ = true;
  timer_->wake();
}

/// Never while a reload is under way: its files are the newer ones.
boost::asio::awaitable<void> Scheduler::look_at_held() {
  if (!held_until_ || *held_until_ > database_now() || adopting_ > 0) co_return;
  held_until_.reset();
  const SetupSnapshot setup = setup_;
  const Result<std::vector<Cursor>> cursors = co_await ledger_.load(setup->jobs);
  if (setup != setup_) co_return;  // a reload came in between
  if (!cursors) {
    log::error("looking again at the jobs of newer files failed: " + cursors.error().message);
    held_until_ = database_now() + between_looks_at_held;
    co_return;
  }
  to_plan_ = {};
  remember(*cursors);
  plan_the_rest(*cursors);
}

boost::asio::awaitable<bool> Scheduler::plan() {
  std::vector<JobName> names;
  if (held_) co_return false;
  for (const Instant now = database_now(); !to_plan_.empty() && to_plan_.top().at <= now; to_plan_.pop())
    names.push_back(to_plan_.top().job);
  if (names.empty()) co_return false;
  const Result<std::vector<Cursor>> cursors = co_await ledger_.plan(setup_->jobs, names, horizon);
  if (!cursors) {
    log::error("planning failed, trying again: " + cursors.error().message);
    for (JobName& name : names) to_plan_.push({database_now() + longest_sleep, std::move(name)});
    co_return false;
  }
  remember(*cursors);
  // Another daemon held these cursors, or plans a newer revision: look again, it costs little.
  for (const JobName& name : names)
    if (std::none_of(cursors->begin(), cursors->end(), [&](const Cursor& cursor) { return cursor.job == name; }))
      plan_soon(name);
  co_return true;
}

void Scheduler::note_held(std::optional<Held> held) {
  if (held && held_ != held && (!held_ || held_->cause != held->cause)) log::error(sentence(*held));
  if (!held && held_) {
    log::info("held no longer: dispatch goes on");
    for (to_plan_ = {}; const auto& [name, job] : *setup_->jobs)
      if (!std::holds_alternative<Manual>(job.schedule.kind)) to_plan_.push({database_now(), name});
  }
  held_ = std::move(held);
}

boost::asio::awaitable<void> Scheduler::dispatch() {
  for (bool more = true; more && !stopping_;) {
    const int room = std::max(setup_->config.concurrency - supervisor_.running(), 0);
    const SetupSnapshot setup = setup_;
    Result<Ledger::Claimed> claimed = co_await ledger_.claim(setup->jobs, room);
    if (!claimed) {
      log::error("claiming failed, trying again: " + claimed.error().message);
      next_due_.reset();
      co_return;
    }
    next_due_ = claimed->next_due;
    note_held(std::move(claimed->held));
    more = claimed->more && (!claimed->runs.empty() || claimed->closed > 0);
    for (ClaimedRun& run : claimed->runs) supervisor_.start(std::move(run), setup);
  }
}

Instant Scheduler::next_look() const {
  const Instant now = clock_.now();
  Instant at = now + poll_;
  if (next_due_) at = std::min(at, *next_due_ - offset_);
  if (!to_plan_.empty()) at = std::min(at, to_plan_.top().at - offset_);
  // Due, but not yet by the database's clock: a moment later, without spinning.
  return std::max(at, now + milliseconds{1});
}

}  // namespace nowd
