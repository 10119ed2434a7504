// The ledger in Postgres.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <map>
#include <memory>
#include <string>

#include "foundation/clock.hpp"
#include "ledger/clock_ledger.hpp"
#include "ledger/ledger.hpp"
#include "ledger/outbox.hpp"
#include "ledger/pg/session.hpp"
#include "ledger/pruning.hpp"

namespace nowd {

namespace pg {
class Writer;
}

/// One writer thread, one connection. Awaitables resume on `executor`.
class PgLedger final : public Ledger, public Outbox, public Pruning, public ClockLedger {
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
  boost::asio::awaitable<Result<Claimed>> claim(JobsSnapshot jobs, int limit) override;
  boost::asio::awaitable<Result<Outputs>> outputs(ClaimedRun claimed) override;
  boost::asio::awaitable<Result<Sweep>> sweep() override;
  boost::asio::awaitable<Result<Taken>> take(Sending sending) override;
  boost::asio::awaitable<Result<void>> settle(Outgoing sent, SendOutcome outcome, DeliveryStep step) override;
  boost::asio::awaitable<Result<void>> report(std::vector<Trouble> troubles) override;
  boost::asio::awaitable<Result<void>> over(std::string kind, std::string name) override;
  boost::asio::awaitable<Result<std::vector<JobName>>> with_retention() override;
  boost::asio::awaitable<Result<Pruned>> prune(JobName job, int batch) override;
  boost::asio::awaitable<Result<int>> drop_empty_months() override;
  boost::asio::awaitable<Result<std::vector<RemoteClockRow>>> remote_clocks(std::string boot_id) override;
  boost::asio::awaitable<Result<void>> keep(std::string boot_id, std::vector<RemoteClockRow> rows) override;
  Tick confirmed() const override;
  const std::string& identity() const override { return identity_; }
  const Uuid& node() const { return node_; }
  bool reachable() const override;

  /// Finishes what is queued if the database is there, marks the node as stopped.
  void stop();
  /// What waits for a database that is not there fails with `unavailable`; for a stop before the start is over.
  void give_up();

 private:
  /// What this daemon has seen of another's beat, on its own boot clock.
  struct Watched {
    std::string beat;
    Tick unchanged_since;
  };
  Sweep sweep_once(pg::Session::Context& context);

  const std::string conninfo_;
  std::unique_ptr<pg::Writer> writer_;
  std::string identity_;
  Uuid node_;
  std::optional<Instant> last_look_;  // database time of the last claim
  std::map<Uuid, Watched> watched_;   // writer's thread only
  std::optional<Tick> last_sweep_;    // writer's thread only
};

}  // namespace nowd
