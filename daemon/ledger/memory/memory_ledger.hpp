// The ledger in memory, for tests, rehearsal and simulation: the same contract as the one in Postgres, with an injected
// clock. Its data ends with the process.
//
// Authority: the Store is the database, and its clock decides when an occurrence is due. Several daemons may share a
// Store, each with its own MemoryLedger; each operation is one transaction, and the daemon's beat.
#pragma once

#include <map>
#include <optional>

#include "domain/clocks/beat_watch.hpp"
#include "foundation/time/clock.hpp"
#include "ledger/memory/store.hpp"
#include "ledger/outbox.hpp"
#include "ledger/records.hpp"

namespace nowd {

class MemoryLedger final : public Ledger, public Outbox, public AccountLedger {
 public:
  /// Registers as a node. `predecessor`: the last owner of the state directory; dead as soon as we register.
  MemoryLedger(memory::Store& store, const Clock& clock, std::optional<Uuid> predecessor = {});

  boost::asio::awaitable<Result<Written>> write_facts(Claim claim, Facts facts) override;
  boost::asio::awaitable<Result<std::vector<Cursor>>> load_jobs(JobsSnapshot jobs) override;
  boost::asio::awaitable<Result<std::map<JobName, std::string>>> accepted() override;
  boost::asio::awaitable<Result<std::vector<Cursor>>> plan_jobs(JobsSnapshot jobs, std::vector<JobName> names,
                                                                seconds horizon) override;
  /// The same as plan_jobs(): the zone rules cannot change during the life of this ledger.
  boost::asio::awaitable<Result<std::vector<Cursor>>> rezone(JobsSnapshot jobs, std::vector<JobName> names) override;
  boost::asio::awaitable<Result<Claimed>> claim_due(JobsSnapshot jobs, int limit) override;
  boost::asio::awaitable<Result<Outputs>> outputs(ClaimedRun claimed) override;
  boost::asio::awaitable<Result<Sweep>> sweep(std::optional<Serving> serving = {}) override;
  boost::asio::awaitable<Result<Taken>> take_deliveries(Sending sending) override;
  boost::asio::awaitable<Result<void>> settle_delivery(QueuedDelivery sent, SendOutcome outcome,
                                                       DeliveryStep step) override;
  boost::asio::awaitable<Result<void>> report_troubles(std::vector<Trouble> troubles) override;
  boost::asio::awaitable<Result<void>> resolve_trouble(AlertKind kind, std::string name) override;
  boost::asio::awaitable<Result<std::vector<AccountRow>>> account_rows() override;
  boost::asio::awaitable<Result<void>> save_accounts(std::vector<AccountRow> rows) override;
  Tick confirmed() const override { return confirmed_; }
  const std::string& identity() const override { return store_.identity; }
  bool reachable() const override { return true; }

  const Uuid& node() const { return node_; }
  /// The cancel requests that sweep() would return.
  std::vector<CancelRequest> cancels() const;

 private:
  /// Begins a transaction: beats, and returns its time. A node that others declared dead registers anew.
  Instant begin();
  int bury_the_silent(Instant now);
  int end_lost(const Serving& serving, Instant now);

  memory::Store& store_;
  const Clock& clock_;
  Uuid node_;
  Tick confirmed_{};
  PollHistory polls_;
  BeatWatch beats_;
  std::set<RunId> unserved_;  ///< at the sweep before
  std::set<std::int64_t> unsent_;
};

namespace memory {

/// The bodies of the transactions.
std::vector<Cursor> load_jobs(Store& store, const Jobs& jobs, Instant now);
std::vector<Cursor> plan_jobs(Store& store, const Jobs& jobs, const std::vector<JobName>& names, seconds horizon,
                              Instant now);
Ledger::Claimed claim_due(Store& store, const Jobs& jobs, int limit, const PollHistory& polls, const Uuid& node,
                          Instant now);
Written write_facts(Store& store, const Claim& claim, Facts facts, Instant now);
/// The same as pg::wake_deferred and pg::end_runs_of; they return the number of runs.
int wake_deferred(Store& store, Instant now);
int end_runs_of(Store& store, const Uuid& node, const std::string& why, Instant now);
void end_lost_run(Store& store, RunId run, const std::string& why, Instant now);

}  // namespace memory
}  // namespace nowd
