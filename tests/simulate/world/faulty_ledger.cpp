#include "simulate/world/faulty_ledger.hpp"

#include "domain/clocks/clock_watch.hpp"

namespace nowd::sim {
namespace {

/// Whether a transaction with this answer may have changed more than the beat.
template <class T>
bool may_have_changed(const Result<T>&) {
  return true;
}
template <>
bool may_have_changed(const Result<Ledger::Claimed>& claimed) {
  return claimed && (!claimed->runs.empty() || claimed->closed > 0);
}
template <>
bool may_have_changed(const Result<Ledger::Sweep>& sweep) {
  return sweep && sweep->ended_runs > 0;
}
template <>
bool may_have_changed(const Result<Outbox::Taken>& taken) {
  return taken && !taken->messages.empty();
}

/// Of everything that a write may change.
std::string print_of(const memory::Store& store) {
  std::string out;
  const auto add = [&](auto number) { out += std::to_string(number) + ' '; };
  for (const auto& [id, run] : store.runs.all()) {
    add(static_cast<int>(run.state));
    add(run.claimed.claim.fence);
    add(run.facts.calls.size() + run.facts.answers.size() + run.facts.outcomes.size() + run.facts.sending.size());
  }
  for (const auto& [key, row] : store.occurrences.all()) add(static_cast<int>(row.state));
  for (const auto& [number, row] : store.outbox.deliveries) add(static_cast<int>(row.state));
  for (const auto& [key, row] : store.budgets) add(row.spent.units + row.reserved.units);
  add(store.requests.size() + store.outbox.alerts.size());
  return out;
}

}  // namespace

/// One connection: one transaction at a time, in order. A turn ends with its coroutine, also when that is destroyed.
class FaultyLedger::Turn {
 public:
  explicit Turn(FaultyLedger& ledger) : ledger_(ledger) {}
  ~Turn() { ledger_.end_turn(); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  FaultyLedger& ledger_;
};

boost::asio::awaitable<void> FaultyLedger::wait_for_turn() {
  if (!std::exchange(busy_, true)) co_return;
  auto turn = std::make_shared<boost::asio::steady_timer>(co_await boost::asio::this_coro::executor,
                                                          boost::asio::steady_timer::time_point::max());
  waiting_.push_back(turn);
  co_await turn->async_wait(boost::asio::bind_cancellation_slot(boost::asio::cancellation_slot(),
                                                                boost::asio::as_tuple(boost::asio::use_awaitable)));
}

void FaultyLedger::end_turn() {
  if (abandoned_) return;
  if (waiting_.empty()) {
    busy_ = false;
    return;
  }
  waiting_.front()->cancel();
  waiting_.pop_front();
}

boost::asio::awaitable<void> FaultyLedger::reach() {
  while (const Fault* away = world_.lasting(FaultKind::away))
    co_await rest(away->at + away->length - world_.process.now() + world_.dice.between(milliseconds{1}, seconds{2}));
  if (const Fault* slow = world_.lasting(FaultKind::slow))
    co_await rest(world_.dice.between(milliseconds{1}, milliseconds{slow->amount}));
}

bool FaultyLedger::refuses() const {
  return world_.lasting(FaultKind::refuses, machine_.number) != nullptr && world_.dice.chance(40);
}

template <class T>
boost::asio::awaitable<Result<T>> FaultyLedger::commit(std::string name, const Body<T>& body) {
  for (;;) {
    co_await reach();
    const Tick sent = machine_.clock.tick();
    co_await world_.point(machine_, Point::before_transaction);
    if (refuses()) {
      world_.note(machine_, name + " is refused");
      co_return invalid("ledger: refused");
    }
    if (world_.strike_connection(FaultKind::lost_before, machine_.number, name.starts_with("write"))) {
      world_.note(machine_, name + " is lost before its commit");
      co_await rest(world_.dice.between(milliseconds{100}, seconds{20}));
      continue;
    }
    Result<T> result = co_await body(*inner_);
    machine_.node = inner_->node();
    world_.checker.see_beat(*machine_.node, world_.process.now());
    if (may_have_changed(result)) {
      world_.note(machine_, name);
      world_.check();
    }
    if (world_.strike_connection(FaultKind::lost_after, machine_.number, name.starts_with("write"))) {
      world_.note(machine_, name + " is committed, and its answer lost");
      co_await rest(world_.dice.between(milliseconds{100}, seconds{20}));
      if (world_.defect == Defect::commit_repeated) continue;
    }
    co_await world_.point(machine_, Point::after_commit);
    if (world_.lasting(FaultKind::away) != nullptr) co_await reach();
    confirmed_ = std::max(confirmed_, sent);
    co_return result;
  }
}

template <class T>
boost::asio::awaitable<Result<T>> FaultyLedger::transact(std::string name, Body<T> body) {
  co_await wait_for_turn();
  std::optional<Turn> turn(std::in_place, *this);
  Result<T> result = co_await commit<T>(std::move(name), body);
  turn.reset();
  co_await world_.point(machine_, Point::after_transaction);
  co_return result;
}

boost::asio::awaitable<void> FaultyLedger::start() {
  co_await wait_for_turn();
  const Turn turn(*this);
  co_await reach();
  co_await world_.point(machine_, Point::before_transaction);
  confirmed_ = machine_.clock.tick();
  if (machine_.node) world_.checker.see_death(*machine_.node);
  inner_ = std::make_unique<MemoryLedger>(world_.store, machine_.ledger_clock, machine_.node);
  machine_.node = inner_->node();
  world_.checker.see_beat(*machine_.node, world_.process.now());
  world_.note(machine_, "registers");
  world_.check();
}

/// As pg::held_at_claim.
std::optional<Held> FaultyLedger::held() const {
  if (judge_offset(world_.database.now() - machine_.clock.now()) != Offset::wrong) return std::nullopt;
  return Held{HoldCause::offset, "the clocks of host and database disagree"};
}

bool FaultyLedger::is_stale(const Claim& claim) const {
  const memory::Run* run = world_.store.runs.find(claim.run);
  return run == nullptr || !run->is_served() || !(run->claimed.claim == claim);
}

boost::asio::awaitable<Result<Written>> FaultyLedger::write_once(MemoryLedger& inner, Claim claim, Facts facts) {
  const bool stale = is_stale(claim);
  const std::string before = stale ? print_of(world_.store) : "";
  if (stale && world_.defect == Defect::fence_ignored) break_fence(claim, facts);
  Usd released;
  for (const AnswerFact& answer : facts.answers) released += answer.cost.value_or(Usd{});
  Result<Written> written = co_await inner.write_facts(claim, std::move(facts));
  if (world_.defect == Defect::spend_released && !stale)
    for (auto& [key, row] : world_.store.budgets)
      row.spent.units = std::max<std::int64_t>(row.spent.units - released.units, 0);
  if (stale && before != print_of(world_.store)) world_.witness.fail("a fenced daemon changed the ledger");
  if (stale && written && !written->fenced) world_.witness.fail("a fenced daemon did not hear of it");
  co_return written;
}

boost::asio::awaitable<Result<Written>> FaultyLedger::write_facts(Claim claim, Facts facts) {
  break_before_write(claim, facts);
  const std::string name =
      "write of run " + to_string(claim.run) +
      (facts.end ? ": " + std::string(to_string(facts.end->state)) + ' ' + std::string(to_string(facts.end->reason))
       : facts.empty()       ? ": nothing"
       : facts.calls.empty() ? ""
                             : ": intent");
  Body<Written> body = [this, claim, facts](MemoryLedger& inner) { return write_once(inner, claim, facts); };
  Result<Written> written = co_await transact<Written>(name, std::move(body));
  if (!facts.calls.empty()) co_await world_.point(machine_, Point::after_intent);
  if (written && world_.defect == Defect::buried_continues) written->fenced = false;
  co_return written;
}

boost::asio::awaitable<Result<std::vector<Cursor>>> FaultyLedger::load_jobs(JobsSnapshot jobs) {
  Body<std::vector<Cursor>> body = [jobs](MemoryLedger& inner) { return inner.load_jobs(jobs); };
  return transact<std::vector<Cursor>>("load", std::move(body));
}

boost::asio::awaitable<Result<std::map<JobName, std::string>>> FaultyLedger::accepted() {
  Body<std::map<JobName, std::string>> body = [](MemoryLedger& inner) { return inner.accepted(); };
  return transact<std::map<JobName, std::string>>("accepted", std::move(body));
}

boost::asio::awaitable<Result<std::vector<Cursor>>> FaultyLedger::plan_jobs(JobsSnapshot jobs,
                                                                            std::vector<JobName> names,
                                                                            seconds horizon) {
  Body<std::vector<Cursor>> body =
      [this, jobs, names, horizon](MemoryLedger& inner) -> boost::asio::awaitable<Result<std::vector<Cursor>>> {
    auto planned = co_await inner.plan_jobs(jobs, held() ? std::vector<JobName>{} : names, horizon);
    if (world_.defect == Defect::cursor_falls_back) break_planning();
    co_return planned;
  };
  return transact<std::vector<Cursor>>("plan", std::move(body));
}

boost::asio::awaitable<Result<std::vector<Cursor>>> FaultyLedger::rezone(JobsSnapshot jobs,
                                                                         std::vector<JobName> names) {
  return plan_jobs(std::move(jobs), std::move(names), seconds{0});
}

boost::asio::awaitable<Result<Ledger::Claimed>> FaultyLedger::claim_due(JobsSnapshot jobs, int limit) {
  Body<Claimed> body = [this, jobs, limit](MemoryLedger& inner) -> boost::asio::awaitable<Result<Claimed>> {
    if (auto why = held()) {
      (void)co_await inner.accepted();  // the beat
      Claimed none;
      none.database_now = world_.database.now();
      none.held = std::move(why);
      co_return none;
    }
    co_return co_await broken_claim(inner, jobs, limit);
  };
  return transact<Claimed>("claim", std::move(body));
}

boost::asio::awaitable<Result<Ledger::Outputs>> FaultyLedger::outputs(ClaimedRun claimed) {
  Body<Outputs> body = [claimed](MemoryLedger& inner) { return inner.outputs(claimed); };
  return transact<Outputs>("outputs", std::move(body));
}

boost::asio::awaitable<Result<Ledger::Sweep>> FaultyLedger::sweep(std::optional<Serving> serving) {
  Body<Sweep> body = [this, serving](MemoryLedger& inner) -> boost::asio::awaitable<Result<Sweep>> {
    if (world_.defect == Defect::living_buried) break_sweep();
    Result<Sweep> swept = co_await inner.sweep(serving);
    if (swept) swept->around = machine_.clock.read();
    co_return swept;
  };
  return transact<Sweep>("sweep", std::move(body));
}

boost::asio::awaitable<Result<Outbox::Taken>> FaultyLedger::take_deliveries(Sending sending) {
  if (world_.defect == Defect::mail_repeated) sending.once.clear();
  Body<Taken> body = [sending](MemoryLedger& inner) { return inner.take_deliveries(sending); };
  return transact<Taken>("take", std::move(body));
}

boost::asio::awaitable<Result<void>> FaultyLedger::settle_delivery(QueuedDelivery sent, SendOutcome outcome,
                                                                   DeliveryStep step) {
  Body<void> body = [=](MemoryLedger& inner) { return inner.settle_delivery(sent, outcome, step); };
  return transact<void>("settle " + std::to_string(sent.delivery.delivery) + ' ' + std::string(to_string(step.state)),
                        std::move(body));
}

boost::asio::awaitable<Result<void>> FaultyLedger::report_troubles(std::vector<Trouble> troubles) {
  Body<void> body = [troubles](MemoryLedger& inner) { return inner.report_troubles(troubles); };
  return transact<void>("report", std::move(body));
}

boost::asio::awaitable<Result<void>> FaultyLedger::resolve_trouble(AlertKind kind, std::string name) {
  Body<void> body = [kind, name](MemoryLedger& inner) { return inner.resolve_trouble(kind, name); };
  return transact<void>("resolve", std::move(body));
}

boost::asio::awaitable<Result<void>> FaultyLedger::record_clock_events(std::vector<ClockEvent>) {
  return report_troubles({});
}

boost::asio::awaitable<Result<std::vector<RemoteClockRow>>> FaultyLedger::remote_clocks(std::string) {
  co_return std::vector<RemoteClockRow>{};
}

boost::asio::awaitable<Result<void>> FaultyLedger::save_remote_clocks(std::string, std::vector<RemoteClockRow>) {
  return report_troubles({});
}

// The defects.

void FaultyLedger::break_before_write(const Claim& claim, Facts& facts) {
  if (world_.defect == Defect::delivery_before_end && facts.end)
    if (const memory::Run* run = world_.store.runs.find(claim.run)) memory::record_end(world_.store, *run, *facts.end);
  if (world_.defect != Defect::intent_after_effect) return;
  std::vector<CallFact>& withheld = withheld_[claim.run];
  if (facts.outcomes.empty() && !facts.end) {
    withheld.insert(withheld.end(), facts.calls.begin(), facts.calls.end());
    facts.calls.clear();
    return;
  }
  facts.calls.insert(facts.calls.begin(), withheld.begin(), withheld.end());
  withheld.clear();
}

void FaultyLedger::break_fence(const Claim& claim, const Facts& facts) {
  memory::Run* run = world_.store.runs.find(claim.run);
  if (run == nullptr) return;
  Facts copy = facts;
  copy.end.reset();
  run->facts.append(std::move(copy));
  if (facts.end) run->state = facts.end->state;
}

boost::asio::awaitable<Result<Ledger::Claimed>> FaultyLedger::broken_claim(MemoryLedger& inner, JobsSnapshot jobs,
                                                                           int limit) {
  const std::map<JobName, memory::JobRow> rows = world_.store.jobs;
  for (auto& [name, row] : world_.store.jobs) {
    if (world_.defect == Defect::busy_lane) row.lane.reset();
    if (world_.defect == Defect::pause_missed) row.paused_at.reset();
  }
  if (world_.defect == Defect::occurrence_lost && world_.dice.chance(5))
    for (const auto& [key, row] : world_.store.occurrences.all())
      if (row.is_planned()) {
        world_.store.occurrences.erase(memory::Key(key));
        break;
      }
  if (world_.defect == Defect::early_start) (void)co_await inner.accepted();  // the beat
  const microseconds early = world_.defect == Defect::early_start ? seconds{2} : seconds{0};
  Result<Claimed> claimed = early.count() > 0
                                ? Result<Claimed>(memory::claim_due(world_.store, *jobs, limit, {}, inner.node(),
                                                                    world_.database.now() + early))
                                : co_await inner.claim_due(jobs, limit);
  for (auto& [name, row] : world_.store.jobs) {
    row.lane = rows.at(name).lane;
    row.paused_at = rows.at(name).paused_at;
  }
  if (claimed && world_.defect == Defect::claim_shared) share_claims(*claimed);
  co_return claimed;
}

void FaultyLedger::share_claims(Claimed& claimed) {
  for (const auto& [id, run] : world_.store.runs.all())
    if (run.is_served() && run.node != inner_->node() && run.claimed.claimed_at + seconds{1} > world_.database.now())
      claimed.runs.push_back(run.claimed);
}

void FaultyLedger::break_sweep() {
  for (auto& [id, node] : world_.store.nodes) {
    if (!node.alive || id == inner_->node() || !world_.dice.chance(2)) continue;
    node.alive = false;
    memory::end_runs_of(world_.store, id, "a defect", world_.database.now());
    return world_.check();
  }
}

void FaultyLedger::break_planning() {
  for (auto& [name, cursor] : world_.store.cursors) cursor.through -= seconds{30};
}

}  // namespace nowd::sim
