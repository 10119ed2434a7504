#include "runtime/scheduler.hpp"

#include <algorithm>

#include "foundation/log.hpp"

namespace nowd {
namespace {

/// How far ahead occurrences get their rows: long enough to be off the critical path, short enough to stay few.
constexpr seconds horizon{60};
/// Others write too (requests, other daemons): a poll carries correctness, notifications only shorten the wait.
constexpr seconds max_poll{1};
/// How often a daemon looks whether those that have newer revisions of its jobs are still there.
constexpr minutes between_looks_at_held{1};
/// So often in a row the ledger may refuse a claim or a plan before a person has to look.
constexpr int few_refusals = 3;
/// Said the first time, and then not at each try.
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
  Result<std::vector<Cursor>> cursors = co_await ledger_.load(setup->jobs);
  --adopting_;
  if (!cursors) co_return cursors.error();
  setup_ = std::move(setup);
  to_plan_ = {};
  const std::size_t unplanned = std::erase_if(unplanned_, [&](const JobName& name) {
    const auto job = setup_->jobs->find(name);
    return job == setup_->jobs->end() || std::holds_alternative<Manual>(job->second.schedule.kind);
  });
  remember(*cursors);
  plan_the_rest(*cursors);
  if (unplanned > 0 && unplanned_.empty()) co_await note_done(planning_);
  timer_->wake();
  co_return boost::system::in_place_value;
}

boost::asio::awaitable<Result<void>> Scheduler::rezone(SetupSnapshot setup, std::vector<JobName> jobs) {
  // First: what is planned from here on follows the new rules, and what was planned before is seen by the ledger.
  setup_ = std::move(setup);
  to_rezone_.insert(jobs.begin(), jobs.end());
  return rezone_waiting();
}

/// What the ledger does not answer for stays to be done: it was refused, or dispatch is held.
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
  remember(*cursors);  // beside what was to be planned before: planning once more than needed changes nothing
  timer_->wake();
  co_return boost::system::in_place_value;
}

std::optional<std::string> Scheduler::refused() const {
  for (const Work* work : {&claiming_, &planning_})
    if (work->refusals >= few_refusals)
      return work->consequence + ", the ledger refused the last " + std::to_string(work->refusals) +
             " attempts: " + work->why;
  return std::nullopt;
}

boost::asio::awaitable<void> Scheduler::note_refused(Work& work, const Error& error) {
  if (error.kind == ErrorKind::unavailable) co_return;  // nowd is being stopped
  work.why = error.message;
  if (work.refusals++ % refusals_between_lines == 0)
    log::error(work.name + " failed, trying again: " + work.why, {{"refusals", std::to_string(work.refusals)}});
  if (work.refusals < few_refusals || work.reported == true || outbox_ == nullptr) co_return;
  std::vector<Trouble> troubles{{"held", work.name, "refused", *refused(), "", {}, database_now()}};
  const Result<void> told = co_await outbox_->report_troubles(std::move(troubles));
  work.reported = told.has_value();
}

boost::asio::awaitable<void> Scheduler::note_done(Work& work) {
  if (work.refusals >= few_refusals)
    log::info("the ledger takes " + work.name + " again", {{"refusals", std::to_string(work.refusals)}});
  work.refusals = 0;
  if (work.reported == false || outbox_ == nullptr) co_return;
  const Result<void> told = co_await outbox_->resolve_trouble("held", work.name);
  if (told) work.reported = false;
}

void Scheduler::remember(const std::vector<Cursor>& cursors) {
  for (const Cursor& cursor : cursors)
    if (cursor.held)
      held_until_ = held_until_.value_or(database_now() + between_looks_at_held);
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
      clocks_->look();
      co_await clocks_->record_news();
    }
    // What is due by now is handed over before anything is recomputed, whatever the clocks did meanwhile; and a claim
    // knows first why nobody looked.
    co_await dispatch();
    co_await look_at_held();
    if (rezone_at_ && *rezone_at_ <= database_now()) (void)co_await rezone_waiting();
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
  if (!cursors) co_return co_await plan_one_by_one(names);
  for (const JobName& name : names) unplanned_.erase(name);
  remember(*cursors);
  // Another daemon held these cursors, or plans a newer revision: look again, it costs little.
  const std::set<JobName> done = jobs_in(*cursors);
  for (const JobName& name : names)
    if (done.count(name) == 0) plan_soon(name);
  if (unplanned_.empty()) co_await note_done(planning_);
  co_return true;
}

/// A plan was refused: one job may be the cause, and the others go on.
boost::asio::awaitable<bool> Scheduler::plan_one_by_one(const std::vector<JobName>& names) {
  bool any = false;
  for (const JobName& name : names) {
    if (stopping_) break;
    const Result<std::vector<Cursor>> cursors = co_await ledger_.plan(setup_->jobs, {name}, horizon);
    if (cursors) {
      unplanned_.erase(name);
      remember(*cursors);
      any = true;
    }
    if (!cursors || cursors->empty()) plan_soon(name);
    if (cursors) continue;
    unplanned_.insert(name);
    co_await note_refused(planning_, {cursors.error().kind, name + ": " + cursors.error().message});
  }
  co_return any;
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
      next_due_.reset();
      co_return co_await note_refused(claiming_, claimed.error());
    }
    next_due_ = claimed->next_due;
    note_held(std::move(claimed->held));
    more = claimed->more && (!claimed->runs.empty() || claimed->closed > 0);
    for (ClaimedRun& run : claimed->runs) supervisor_.start(std::move(run), setup);
    co_await note_done(claiming_);
  }
}

Instant Scheduler::next_look() const {
  const Instant now = clock_.now();
  Instant at = now + poll_;
  if (next_due_) at = std::min(at, *next_due_ - offset_);
  if (!to_plan_.empty()) at = std::min(at, to_plan_.top().at - offset_);
  if (rezone_at_) at = std::min(at, *rezone_at_ - offset_);
  // Due, but not yet by the database's clock: a moment later, without spinning.
  return std::max(at, now + milliseconds{1});
}

}  // namespace nowd
