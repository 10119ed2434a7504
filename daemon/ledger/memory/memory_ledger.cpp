#include "ledger/memory/memory_ledger.hpp"

#include <algorithm>
#include <iterator>

namespace nowd {
MemoryLedger::MemoryLedger(memory::Store& store, const Clock& clock, std::optional<Uuid> predecessor)
    : store_(store), clock_(clock), node_(store.fresh_uuid()) {
  store_.nodes.emplace(node_, memory::NodeRow{});
  const auto before = predecessor ? store_.nodes.find(*predecessor) : store_.nodes.end();
  if (before == store_.nodes.end() || !before->second.alive) return;
  before->second.alive = false;
  memory::end_runs_of(store_, before->first, "the daemon that ran it was killed", clock_.now());
}

Instant MemoryLedger::begin() {
  if (!store_.nodes.at(node_).alive) {
    node_ = store_.fresh_uuid();
    store_.nodes.emplace(node_, memory::NodeRow{});
  }
  ++store_.nodes.at(node_).beat;
  confirmed_ = clock_.tick();
  return clock_.now();
}

boost::asio::awaitable<Result<Written>> MemoryLedger::write_facts(Claim claim, Facts facts) {
  const Instant now = begin();
  co_return memory::write_facts(store_, claim, std::move(facts), now);
}

boost::asio::awaitable<Result<std::vector<Cursor>>> MemoryLedger::load_jobs(JobsSnapshot jobs) {
  const Instant now = begin();
  co_return memory::load_jobs(store_, *jobs, now);
}

boost::asio::awaitable<Result<std::map<JobName, std::string>>> MemoryLedger::accepted() {
  begin();
  std::map<JobName, std::string> specs;
  for (const auto& [name, job] : store_.jobs)
    if (!job.retired) specs[name] = store_.specs.at({name, job.revision});
  co_return specs;
}

boost::asio::awaitable<Result<std::vector<AccountRow>>> MemoryLedger::account_rows() {
  begin();
  std::vector<AccountRow> rows;
  for (const auto& [unused, row] : store_.keys)
    if (row.state != AccountStanding::State::closed) rows.push_back(row);
  co_return rows;
}

boost::asio::awaitable<Result<void>> MemoryLedger::save_accounts(std::vector<AccountRow> rows) {
  begin();
  for (AccountRow& row : rows) store_.keys[{row.api, row.base_url, row.credential}] = std::move(row);
  co_return boost::system::in_place_value;
}

boost::asio::awaitable<Result<std::vector<Cursor>>> MemoryLedger::plan_jobs(JobsSnapshot jobs,
                                                                            std::vector<JobName> names,
                                                                            seconds horizon) {
  const Instant now = begin();
  co_return memory::plan_jobs(store_, *jobs, names, horizon, now);
}

boost::asio::awaitable<Result<std::vector<Cursor>>> MemoryLedger::rezone(JobsSnapshot jobs,
                                                                         std::vector<JobName> names) {
  co_return co_await plan_jobs(std::move(jobs), std::move(names), seconds{0});
}

boost::asio::awaitable<Result<Ledger::Claimed>> MemoryLedger::claim_due(JobsSnapshot jobs, int limit) {
  const Instant now = begin();
  Claimed claimed = memory::claim_due(store_, *jobs, limit, polls_, node_, now);
  polls_.record_poll(now);
  co_return claimed;
}

boost::asio::awaitable<Result<Ledger::Outputs>> MemoryLedger::outputs(ClaimedRun claimed) {
  begin();
  Outputs outputs;
  for (const auto& [id, run] : store_.runs.all()) {
    const bool before = run.claimed.job == claimed.job && id < claimed.claim.run;
    if (before && run.state == RunState::succeeded && !run.claimed.dry_run) outputs.previous = run.output();
  }
  if (claimed.after_run)
    if (const memory::Run* leader = store_.runs.find(*claimed.after_run)) outputs.after = leader->output();
  co_return outputs;
}

boost::asio::awaitable<Result<Outbox::Taken>> MemoryLedger::take_deliveries(Sending sending) {
  const Instant now = begin();
  memory::queue_alert_messages(store_, sending.sinks_of, now);
  co_return memory::take_deliveries(store_, sending, node_, now);
}

boost::asio::awaitable<Result<void>> MemoryLedger::settle_delivery(QueuedDelivery sent, SendOutcome outcome,
                                                                   DeliveryStep step) {
  const Instant now = begin();
  memory::settle_delivery(store_, sent, outcome, step, node_, now);
  co_return boost::system::in_place_value;
}

boost::asio::awaitable<Result<void>> MemoryLedger::report_troubles(std::vector<Trouble> troubles) {
  begin();
  memory::record_troubles(store_, troubles);
  co_return boost::system::in_place_value;
}

boost::asio::awaitable<Result<void>> MemoryLedger::resolve_trouble(AlertKind kind, std::string name) {
  const Instant now = begin();
  memory::close_alerts(store_, kind, name, now);
  co_return boost::system::in_place_value;
}

std::vector<CancelRequest> MemoryLedger::cancels() const {
  std::vector<CancelRequest> found;
  for (const RunId id : store_.runs.live_of(node_))
    if (const auto& cancel = store_.runs.find(id)->cancel) found.push_back(*cancel);
  return found;
}

boost::asio::awaitable<Result<Ledger::Sweep>> MemoryLedger::sweep(std::optional<Serving> serving) {
  Sweep sweep;
  sweep.database_now = begin();
  sweep.around = clock_.read();
  sweep.cancels = cancels();
  sweep.ended_runs = memory::wake_deferred(store_, sweep.database_now) + bury_the_silent(sweep.database_now);
  if (serving) sweep.ended_runs += end_lost(*serving, sweep.database_now);
  co_return sweep;
}

int MemoryLedger::end_lost(const Serving& serving, Instant now) {
  std::set<RunId> missing;
  for (const RunId run : store_.runs.live_of(node_))
    if (!serving.runs.contains(run)) missing.insert(run);
  int ended = 0;
  for (const RunId run : missing)
    if (unserved_.contains(run)) {
      memory::end_lost_run(store_, run, "the daemon that had it lost it, and lives", now);
      ++ended;
    }
  unserved_ = std::move(missing);
  const std::set<std::int64_t> unsent = memory::unserved_deliveries(store_, node_, serving.messages);
  std::set<std::int64_t> lost;
  std::set_intersection(unsent.begin(), unsent.end(), unsent_.begin(), unsent_.end(), std::inserter(lost, lost.end()));
  memory::release_deliveries_of(store_, node_, "the daemon that had it lost it, and lives", now, &lost);
  unsent_ = unsent;
  return ended;
}

int MemoryLedger::bury_the_silent(Instant now) {
  std::map<Uuid, std::string> beats;
  for (const auto& [id, node] : store_.nodes)
    if (node.alive && id != node_) beats.emplace(id, std::to_string(node.beat));
  int ended = 0;
  for (const Uuid& id : beats_.find_silent(beats, clock_.tick())) {
    store_.nodes.at(id).alive = false;
    ended += memory::end_runs_of(store_, id, "its daemon gave no sign of life for 15 s", now);
  }
  return ended;
}

}  // namespace nowd
