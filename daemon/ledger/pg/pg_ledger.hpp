// The ledger in Postgres.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "domain/clocks/beat_watch.hpp"
#include "foundation/time/clock.hpp"
#include "ledger/ledger.hpp"
#include "ledger/outbox.hpp"
#include "ledger/pg/dispatch/due.hpp"
#include "ledger/pg/fleet/recovery.hpp"
#include "ledger/pg/session/session.hpp"
#include "ledger/pruning.hpp"
#include "ledger/records.hpp"

namespace nowd {

namespace pg {
class LeftAlone;
class Writer;
struct Planning;
}  // namespace pg

/// One writer thread, one connection. Awaitables resume on `executor`. The promises stand at the interfaces.
class PgLedger final : public Ledger,
                       public Outbox,
                       public Pruning,
                       public ClockRecord,
                       public ClockLedger,
                       public AccountLedger {
 public:
  /// Does not connect yet.
  PgLedger(boost::asio::any_io_executor executor, std::string conninfo, const Clock& clock, pg::NodeIdentity identity);
  ~PgLedger() override;

  /// Waits until the database can be reached, then registers this process as a node.
  /// Errors: `refused` for a login that the server refuses; `invalid` when the schema is not the one this binary knows.
  boost::asio::awaitable<Result<void>> start();
  /// Makes the monthly partitions of this month and the next two, and moves rows of the default partition to their
  /// months. Returns the number of months that could not be made because other sessions use the tables: try again
  /// later.
  boost::asio::awaitable<Result<int>> make_months();
  /// Jobs in the files of another daemon, but not in the files of this one or its predecessors.
  boost::asio::awaitable<Result<std::set<JobName>>> jobs_of_others();
  const Uuid& node() const { return node_; }
  /// Name of the statement that the database has not answered yet; empty between statements.
  std::string statement() const;
  /// The statement that waits for a lock of another session, and for how long; none if that is less than 10 s.
  std::optional<std::string> lock_in_the_way() const;

  /// Writes the queue if the database is there, and marks the node as stopped: within about 10 s.
  void stop();
  /// The daemon stops. From now on operations that wait for a missing database fail with `unavailable`, except facts of
  /// runs and outcomes of deliveries.
  void hurry();
  /// All operations that wait for a missing database fail with `unavailable`. Call it about once a second: it cuts off
  /// a statement that stays unanswered.
  void give_up();

  // Ledger
  boost::asio::awaitable<Result<Written>> write_facts(Claim claim, Facts facts) override;
  boost::asio::awaitable<Result<std::vector<Cursor>>> load_jobs(JobsSnapshot jobs) override;
  boost::asio::awaitable<Result<std::vector<Cursor>>> plan_jobs(JobsSnapshot jobs, std::vector<JobName> names,
                                                                seconds horizon) override;
  boost::asio::awaitable<Result<std::vector<Cursor>>> rezone(JobsSnapshot jobs, std::vector<JobName> names) override;
  boost::asio::awaitable<Result<std::map<JobName, std::string>>> accepted() override;
  boost::asio::awaitable<Result<Claimed>> claim_due(JobsSnapshot jobs, int limit) override;
  boost::asio::awaitable<Result<Outputs>> outputs(ClaimedRun claimed) override;
  boost::asio::awaitable<Result<Sweep>> sweep(std::optional<Serving> serving = {}) override;
  Tick confirmed() const override;
  const std::string& identity() const override { return identity_; }
  bool reachable() const override;

  // Outbox
  boost::asio::awaitable<Result<Taken>> take_deliveries(Sending sending) override;
  boost::asio::awaitable<Result<void>> settle_delivery(QueuedDelivery sent, SendOutcome outcome,
                                                       DeliveryStep step) override;
  boost::asio::awaitable<Result<void>> report_troubles(std::vector<Trouble> troubles) override;
  boost::asio::awaitable<Result<void>> resolve_trouble(AlertKind kind, std::string name) override;

  // Pruning
  boost::asio::awaitable<Result<std::vector<JobName>>> jobs_with_retention() override;
  boost::asio::awaitable<Result<Pruned>> prune(std::optional<JobName> job, int batch) override;
  boost::asio::awaitable<Result<int>> drop_empty_months() override;

  // ClockRecord and ClockLedger
  boost::asio::awaitable<Result<void>> record_clock_events(std::vector<ClockEvent> events) override;
  boost::asio::awaitable<Result<std::vector<RemoteClockRow>>> remote_clocks(std::string boot_id) override;
  boost::asio::awaitable<Result<void>> save_remote_clocks(std::string boot_id,
                                                          std::vector<RemoteClockRow> rows) override;

  // AccountLedger
  boost::asio::awaitable<Result<std::vector<AccountRow>>> account_rows() override;
  boost::asio::awaitable<Result<void>> save_accounts(std::vector<AccountRow> rows) override;

 private:
  /// The clocks at one claim, and the polls and gaps that later claims must know.
  struct Look {
    std::optional<Held> held;
    pg::LookedBefore before;
    ClaimLook at;
  };
  Look look(pg::Session::Context& context, const std::optional<Look>& last) const;
  boost::asio::awaitable<Result<std::vector<Cursor>>> planned(
      std::function<std::vector<Cursor>(pg::Session::Context&, const pg::Planning&)> work);
  void greet(pg::Session::Context& context);
  Sweep sweep_once(pg::Session::Context& context);
  boost::asio::awaitable<int> end_lost(pg::Unserved seen);
  bool mark_is_due() const;
  void store_mark(const LedgerMark& mark);
  const std::string& host() const;

  const std::string conninfo_;
  const std::unique_ptr<pg::LeftAlone> left_alone_;  // writer's thread only
  std::unique_ptr<pg::Writer> writer_;
  JobsSnapshot loaded_;
  std::string identity_;
  Uuid node_;
  std::optional<Look> last_;  // at the claim before, also if it was held
  bool claimed_since_mark_ = false;
  Tick marked_at_;
  std::mutex known_mutex_;
  std::optional<LedgerMark> known_;  // the newest mark that this daemon has seen
  std::atomic<bool> started_{false};
  pg::Unserved unserved_;  // at the sweep before
  BeatWatch beats_;        // writer's thread only
};

}  // namespace nowd
