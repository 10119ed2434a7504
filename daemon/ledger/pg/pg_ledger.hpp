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

#include "domain/planning/beat_watch.hpp"
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

/// One writer thread, one connection. Awaitables resume on `executor`.
class PgLedger final : public Ledger,
                       public Outbox,
                       public Pruning,
                       public ClockRecord,
                       public ClockLedger,
                       public AccountLedger {
 public:
  /// Connects nowhere yet.
  PgLedger(boost::asio::any_io_executor executor, std::string conninfo, const Clock& clock, pg::NodeIdentity identity);
  ~PgLedger() override;

  /// Waits until the database can be reached, then registers this process as a node.
  /// Errors: `refused` for a login that the server refuses; `invalid` when the schema is not the one this binary knows.
  boost::asio::awaitable<Result<void>> start();

  boost::asio::awaitable<Result<Written>> write(Claim claim, Facts facts) override;
  boost::asio::awaitable<Result<std::vector<Cursor>>> load(JobsSnapshot jobs) override;
  boost::asio::awaitable<Result<std::map<JobName, std::string>>> accepted() override;
  boost::asio::awaitable<Result<std::vector<Cursor>>> plan(JobsSnapshot jobs, std::vector<JobName> names,
                                                           seconds horizon) override;
  boost::asio::awaitable<Result<std::vector<Cursor>>> rezone(JobsSnapshot jobs, std::vector<JobName> names) override;
  boost::asio::awaitable<Result<Claimed>> claim(JobsSnapshot jobs, int limit) override;
  boost::asio::awaitable<Result<Outputs>> outputs(ClaimedRun claimed) override;
  boost::asio::awaitable<Result<Sweep>> sweep(std::optional<Serving> serving = {}) override;
  boost::asio::awaitable<Result<void>> record(std::vector<ClockEvent> events) override;
  boost::asio::awaitable<Result<Taken>> take(Sending sending) override;
  boost::asio::awaitable<Result<void>> settle(QueuedDelivery sent, SendOutcome outcome, DeliveryStep step) override;
  boost::asio::awaitable<Result<void>> report(std::vector<Trouble> troubles) override;
  boost::asio::awaitable<Result<void>> over(std::string kind, std::string name) override;
  boost::asio::awaitable<Result<std::vector<JobName>>> with_retention() override;
  boost::asio::awaitable<Result<Pruned>> prune(std::optional<JobName> job, int batch) override;
  boost::asio::awaitable<Result<int>> drop_empty_months() override;
  boost::asio::awaitable<Result<std::vector<RemoteClockRow>>> remote_clocks(std::string boot_id) override;
  boost::asio::awaitable<Result<void>> keep(std::string boot_id, std::vector<RemoteClockRow> rows) override;
  boost::asio::awaitable<Result<std::vector<AccountRow>>> key_rows() override;
  boost::asio::awaitable<Result<void>> keep(std::vector<AccountRow> rows) override;
  Tick confirmed() const override;
  const std::string& identity() const override { return identity_; }
  const Uuid& node() const { return node_; }
  bool reachable() const override;

  /// Jobs that another daemon has in its files, and neither this one nor those before it.
  boost::asio::awaitable<Result<std::set<JobName>>> jobs_of_others();

  /// Makes the monthly partitions of this month and the next two, and moves rows of the default partition to their
  /// months. Gives how many months it could not make, because others use the tables: try again later.
  boost::asio::awaitable<Result<int>> make_months();
  /// The statement that the database has not answered yet; empty between statements.
  std::string statement() const;
  /// What an operation of this daemon waits for, if another session has held a lock for more than 10 s.
  std::optional<std::string> lock_in_the_way() const;

  /// Finishes what is queued if the database is there, marks the node as stopped: within about 10 s.
  void stop();
  /// The daemon stops. What waits for a database that is away fails with `unavailable`, but for the facts of runs and
  /// the ends of deliveries; so does what is asked for from now on.
  void hurry();
  /// All that waits for a database that is away fails with `unavailable`. Called again, about each second: a statement
  /// that stays unanswered is cut off.
  void give_up();

 private:
  /// What the clocks said at one claim, and what it leaves for those after it.
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
  void keep(const LedgerMark& mark);
  const std::string& host() const;

  const std::string conninfo_;
  const std::unique_ptr<pg::LeftAlone> left_alone_;  // writer's thread only
  std::unique_ptr<pg::Writer> writer_;
  JobsSnapshot loaded_;
  std::string identity_;
  Uuid node_;
  std::optional<Look> last_;  // the claim before, held ones too
  bool claimed_since_mark_ = false;
  Tick marked_at_;
  std::mutex known_mutex_;
  std::optional<LedgerMark> known_;  // how far we have seen the ledger come
  std::atomic<bool> started_{false};
  pg::Unserved unserved_;  // as the sweep before found it
  BeatWatch beats_;        // writer's thread only
};

}  // namespace nowd
