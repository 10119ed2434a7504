#include "runtime/scheduler.hpp"

#include <algorithm>

#include "foundation/log.hpp"

namespace nowd {
namespace {

/// How far ahead occurrences get their rows: long enough to be off the critical path, short enough to stay few.
constexpr seconds horizon{60};
/// Requests and other daemons write, too: the poll makes this correct, notifications only shorten the wait.
constexpr seconds max_poll{1};
/// How often a daemon checks for the daemons that have newer revisions of its jobs.
constexpr minutes foreign_jobs_interval{1};
/// This many refusals in a row, of claims or of plans, become a trouble.
constexpr int min_refusals_to_report = 3;
/// The first refusal is logged, and then each of these.
constexpr int refusals_between_lines = 60;

std::set<JobName> jobs_in(const std::vector<Cursor>& cursors) {
  std::set<JobName> names;
  for (const Cursor& cursor : cursors) names.insert(cursor.job);
  return names;
}

}  // namespace

Scheduler::Scheduler(boost::asio::any_io_executor executor, Ledger& ledger, Outbox& outbox, Supervisor& supervisor,
                     const Clock& clock, ClockWatch& clocks)
    : Scheduler(std::make_unique<WallTimer>(std::move(executor)), max_poll, ledger, supervisor, clock, &outbox) {
  clocks_ = &clocks;
}

Scheduler::Scheduler(std::unique_ptr<Timer> timer, seconds poll, Ledger& ledger, Supervisor& supervisor,
                     const Clock& clock, Outbox* outbox)
    : ledger_(ledger), supervisor_(supervisor), clock_(clock), timer_(std::move(timer)), poll_(poll), outbox_(outbox) {}

boost::asio::awaitable<Result<void>> Scheduler::adopt(SetupSnapshot setup) {
  ++adopting_;
  Result<std::vector<Cursor>> cursors = co_await ledger_.load_jobs(setup->jobs);
  --adopting_;
  if (!cursors) co_return cursors.error();
  setup_ = std::move(setup);
  to_plan_ = {};
  const std::size_t unplanned = std::erase_if(unplanned_, [&](const JobName& name) {
    const auto job = setup_->jobs->find(name);
    return job == setup_->jobs->end() || std::holds_alternative<Manual>(job->second.schedule.kind);
  });
  remember_cursors(*cursors);
  plan_the_rest(*cursors);
  if (unplanned > 0 && unplanned_.empty()) co_await record_success(planning_);
  timer_->wake();
  co_return boost::system::in_place_value;
}

boost::asio::awaitable<Result<void>> Scheduler::rezone(SetupSnapshot setup, std::vector<JobName> jobs) {
  // First: all planning from here on follows the new rules, and the ledger corrects the rows of before.
  setup_ = std::move(setup);
  to_rezone_.insert(jobs.begin(), jobs.end());
  return rezone_waiting();
}

/// Jobs without an answer of the ledger stay in the set: it refused them, or dispatch is held.
boost::asio::awaitable<Result<void>> Scheduler::rezone_waiting() {
  std::erase_if(to_rezone_, [&](const JobName& job) { return setup_->jobs->count(job) == 0; });
  rezone_at_.reset();
  if (to_rezone_.empty()) co_return boost::system::in_place_value;
  rezone_at_ = database_now() + plan_again;
  const SetupSnapshot setup = setup_;
  const Result<std::vector<Cursor>> cursors =
      co_await ledger_.rezone(setup->jobs, std::vector<JobName>(to_rezone_.begin(), to_rezone_.end()));
  if (!cursors) co_return cursors.error();
  for (const Cursor& cursor : *cursors) to_rezone_.erase(cursor.job);
  if (to_rezone_.empty()) rezone_at_.reset();
  remember_cursors(*cursors);  // a second planning of a job changes nothing
  timer_->wake();
  co_return boost::system::in_place_value;
}

std::optional<std::string> Scheduler::refused() const {
  for (const Work* work : {&claiming_, &planning_})
    if (work->refusals >= min_refusals_to_report)
      return work->consequence + ", the ledger refused the last " + std::to_string(work->refusals) +
             " attempts: " + work->why;
  return std::nullopt;
}

boost::asio::awaitable<void> Scheduler::record_refusal(Work& work, const Error& error) {
  if (error.kind == ErrorKind::unavailable) co_return;  // nowd is being stopped
  work.why = error.message;
  if (work.refusals++ % refusals_between_lines == 0)
    log::error(work.name + " failed, trying again: " + work.why, {{"refusals", std::to_string(work.refusals)}});
  if (work.refusals < min_refusals_to_report || work.reported == true || outbox_ == nullptr) co_return;
  std::vector<Trouble> troubles{{AlertKind::held, work.name, "refused", *refused(), "", {}, database_now()}};
  const Result<void> told = co_await outbox_->report_troubles(std::move(troubles));
  work.reported = told.has_value();
}

boost::asio::awaitable<void> Scheduler::record_success(Work& work) {
  if (work.refusals >= min_refusals_to_report)
    log::info("the ledger takes " + work.name + " again", {{"refusals", std::to_string(work.refusals)}});
  work.refusals = 0;
  if (work.reported == false || outbox_ == nullptr) co_return;
  const Result<void> told = co_await outbox_->resolve_trouble(AlertKind::held, work.name);
  if (told) work.reported = false;
}

void Scheduler::remember_cursors(const std::vector<Cursor>& cursors) {
  for (const Cursor& cursor : cursors)
    if (cursor.held)
      recheck_foreign_jobs_at_ = recheck_foreign_jobs_at_.value_or(database_now() + foreign_jobs_interval);
    else if (cursor.next_at)
      to_plan_.push({std::max(*cursor.next_at - horizon, database_now() + horizon / 2), cursor.job});
}

void Scheduler::plan_the_rest(const std::vector<Cursor>& planned) {
  const std::set<JobName> done = jobs_in(planned);
  for (const auto& [name, job] : *setup_->jobs)
    if (!std::holds_alternative<Manual>(job.schedule.kind) && done.count(name) == 0) plan_soon(name);
}

boost::asio::awaitable<void> Scheduler::run() {
  while (!stopping_) {
    if (clocks_ != nullptr) {
      clocks_->check_clocks();
      co_await clocks_->write_events();
    }
    // Due runs are claimed before any job is re-planned. The clock events are written first, so that the claim knows
    // the reason of a gap in the polling.
    co_await dispatch();
    co_await recheck_foreign_jobs();
    if (rezone_at_ && *rezone_at_ <= database_now()) (void)co_await rezone_waiting();
    if (co_await plan()) co_await dispatch();
    if (stopping_) break;
    co_await timer_->wait_until(next_wake());
  }
}

void Scheduler::stop() {
  stopping_ = true;
  timer_->wake();
}

/// Not during a reload, which loads newer files.
boost::asio::awaitable<void> Scheduler::recheck_foreign_jobs() {
  if (!recheck_foreign_jobs_at_ || *recheck_foreign_jobs_at_ > database_now() || adopting_ > 0) co_return;
  recheck_foreign_jobs_at_.reset();
  const SetupSnapshot setup = setup_;
  const Result<std::vector<Cursor>> cursors = co_await ledger_.load_jobs(setup->jobs);
  if (setup != setup_) co_return;  // a reload came in between
  if (!cursors) {
    log::error("could not check the jobs that another daemon has newer files of: " + cursors.error().message);
    recheck_foreign_jobs_at_ = database_now() + foreign_jobs_interval;
    co_return;
  }
  to_plan_ = {};
  remember_cursors(*cursors);
  plan_the_rest(*cursors);
}

boost::asio::awaitable<bool> Scheduler::plan() {
  std::vector<JobName> names;
  if (hold_) co_return false;
  for (const Instant now = database_now(); !to_plan_.empty() && to_plan_.top().at <= now; to_plan_.pop())
    names.push_back(to_plan_.top().job);
  if (names.empty()) co_return false;
  const Result<std::vector<Cursor>> cursors = co_await ledger_.plan_jobs(setup_->jobs, names, horizon);
  if (!cursors) co_return co_await plan_one_by_one(names);
  for (const JobName& name : names) unplanned_.erase(name);
  remember_cursors(*cursors);
  // Another daemon locked these cursors, or plans a newer revision: try again, which is cheap.
  const std::set<JobName> done = jobs_in(*cursors);
  for (const JobName& name : names)
    if (done.count(name) == 0) plan_soon(name);
  if (unplanned_.empty()) co_await record_success(planning_);
  co_return true;
}

/// The ledger refused a plan: one job may be the cause, and the others continue.
boost::asio::awaitable<bool> Scheduler::plan_one_by_one(const std::vector<JobName>& names) {
  bool any = false;
  for (const JobName& name : names) {
    if (stopping_) break;
    const Result<std::vector<Cursor>> cursors = co_await ledger_.plan_jobs(setup_->jobs, {name}, horizon);
    if (cursors) {
      unplanned_.erase(name);
      remember_cursors(*cursors);
      any = true;
    }
    if (!cursors || cursors->empty()) plan_soon(name);
    if (cursors) continue;
    unplanned_.insert(name);
    co_await record_refusal(planning_, {cursors.error().kind, name + ": " + cursors.error().message});
  }
  co_return any;
}

void Scheduler::update_hold(std::optional<Held> held) {
  if (held && hold_ != held && (!hold_ || hold_->cause != held->cause)) log::error(sentence(*held));
  if (!held && hold_) {
    log::info("dispatch resumed: the hold was lifted");
    for (to_plan_ = {}; const auto& [name, job] : *setup_->jobs)
      if (!std::holds_alternative<Manual>(job.schedule.kind)) to_plan_.push({database_now(), name});
  }
  hold_ = std::move(held);
}

boost::asio::awaitable<void> Scheduler::dispatch() {
  for (bool more = true; more && !stopping_;) {
    const int room = std::max(setup_->config.concurrency - supervisor_.running(), 0);
    const SetupSnapshot setup = setup_;
    Result<Ledger::Claimed> claimed = co_await ledger_.claim_due(setup->jobs, room);
    if (!claimed) {
      next_due_.reset();
      co_return co_await record_refusal(claiming_, claimed.error());
    }
    next_due_ = claimed->next_due;
    update_hold(std::move(claimed->held));
    more = claimed->more && (!claimed->runs.empty() || claimed->closed > 0);
    for (ClaimedRun& run : claimed->runs) supervisor_.start(std::move(run), setup);
    co_await record_success(claiming_);
  }
}

Instant Scheduler::next_wake() const {
  const Instant now = clock_.now();
  Instant at = now + poll_;
  if (next_due_) at = std::min(at, *next_due_ - offset_);
  if (!to_plan_.empty()) at = std::min(at, to_plan_.top().at - offset_);
  if (rezone_at_) at = std::min(at, *rezone_at_ - offset_);
  // A run may be due by our clock and not by the database's: poll a moment later, without spinning.
  return std::max(at, now + milliseconds{1});
}

}  // namespace nowd
