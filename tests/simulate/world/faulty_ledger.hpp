// The ledger as one daemon reaches it: the shared ledger in memory behind one connection, with a possible fault behind
// each await. As the real one (docs/durability.md): transactions wait, in order, while the database is away; a commit
// without an answer is looked up, so it happened or is made again.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <memory>

#include "ledger/memory/memory_ledger.hpp"
#include "simulate/world/world.hpp"

namespace nowd::sim {

class FaultyLedger final : public Ledger, public Outbox, public ClockRecord, public ClockLedger {
 public:
  FaultyLedger(World& world, Machine& machine) : world_(world), machine_(machine) {}
  /// Before the coroutines of its daemon are destroyed.
  void abandon() { abandoned_ = true; }

  /// Registers the daemon, which ends the runs that its predecessor on this host left.
  boost::asio::awaitable<void> start();

  boost::asio::awaitable<Result<Written>> write_facts(Claim claim, Facts facts) override;
  boost::asio::awaitable<Result<std::vector<Cursor>>> load_jobs(JobsSnapshot jobs) override;
  boost::asio::awaitable<Result<std::map<JobName, std::string>>> accepted() override;
  boost::asio::awaitable<Result<std::vector<Cursor>>> plan_jobs(JobsSnapshot jobs, std::vector<JobName> names,
                                                                seconds horizon) override;
  boost::asio::awaitable<Result<std::vector<Cursor>>> rezone(JobsSnapshot jobs, std::vector<JobName> names) override;
  boost::asio::awaitable<Result<Claimed>> claim_due(JobsSnapshot jobs, int limit) override;
  boost::asio::awaitable<Result<Outputs>> outputs(ClaimedRun claimed) override;
  boost::asio::awaitable<Result<Sweep>> sweep(std::optional<Serving> serving = {}) override;
  Tick confirmed() const override { return confirmed_; }
  const std::string& identity() const override { return world_.store.identity; }
  bool reachable() const override { return world_.lasting(FaultKind::away) == nullptr; }

  boost::asio::awaitable<Result<Taken>> take_deliveries(Sending sending) override;
  boost::asio::awaitable<Result<void>> settle_delivery(QueuedDelivery sent, SendOutcome outcome,
                                                       DeliveryStep step) override;
  boost::asio::awaitable<Result<void>> report_troubles(std::vector<Trouble> troubles) override;
  boost::asio::awaitable<Result<void>> resolve_trouble(AlertKind kind, std::string name) override;

  boost::asio::awaitable<Result<void>> record_clock_events(std::vector<ClockEvent> events) override;
  boost::asio::awaitable<Result<std::vector<RemoteClockRow>>> remote_clocks(std::string boot_id) override;
  boost::asio::awaitable<Result<void>> save_remote_clocks(std::string boot_id,
                                                          std::vector<RemoteClockRow> rows) override;

 private:
  template <class T>
  using Body = std::function<boost::asio::awaitable<Result<T>>(MemoryLedger&)>;
  class Turn;

  template <class T>
  boost::asio::awaitable<Result<T>> transact(std::string name, Body<T> body);
  template <class T>
  boost::asio::awaitable<Result<T>> commit(std::string name, const Body<T>& body);
  boost::asio::awaitable<void> wait_for_turn();
  void end_turn();
  boost::asio::awaitable<void> reach();
  bool refuses() const;
  std::optional<Held> held() const;
  bool is_stale(const Claim& claim) const;
  boost::asio::awaitable<Result<Written>> write_once(MemoryLedger& inner, Claim claim, Facts facts);

  // The defects.
  void break_before_write(const Claim& claim, Facts& facts);
  void break_fence(const Claim& claim, const Facts& facts);
  boost::asio::awaitable<Result<Claimed>> broken_claim(MemoryLedger& inner, JobsSnapshot jobs, int limit);
  void share_claims(Claimed& claimed);
  void break_sweep();
  void break_planning();

  World& world_;
  Machine& machine_;
  std::unique_ptr<MemoryLedger> inner_;
  Tick confirmed_{};
  bool busy_ = false;
  bool abandoned_ = false;
  std::deque<std::shared_ptr<boost::asio::steady_timer>> waiting_;
  std::map<RunId, std::vector<CallFact>> withheld_;  ///< defect intent_after_effect
};

}  // namespace nowd::sim
