// One deterministic world: some daemons of the real runtime, one database, the job files, the models, tools and sinks
// outside, and the faults of a seed. One thread; time is virtual.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "runtime/setup.hpp"
#include "simulate/check/checker.hpp"
#include "simulate/engine/clocks.hpp"
#include "simulate/engine/trace.hpp"
#include "simulate/world/defect.hpp"
#include "simulate/world/fault.hpp"
#include "simulate/world/outside.hpp"

namespace nowd::sim {

class Daemon;
class World;

/// A host: it survives the death of its daemon.
struct Machine {
  Machine(World& world, int number);
  ~Machine();

  const int number;
  MachineClock clock;
  LedgerClock ledger_clock;
  OutsideTools tools;
  OutsideSenders senders;
  std::unique_ptr<Loop> loop;
  std::unique_ptr<Daemon> daemon;      ///< null: it does not run
  std::optional<Uuid> node;            ///< in the ledger, of the last daemon here
  std::optional<milliseconds> doomed;  ///< killed at its next rest, and down for so long
  bool frozen = false;
  nanoseconds thawed_at{-1};  ///< the last time
  bool awake = true;          ///< something happened to it: run its loop
  nanoseconds next{0};        ///< when its next timer is due
};

class World {
 public:
  World(std::uint64_t seed, std::vector<Fault> faults, Defect defect, bool keep_trace);
  ~World();

  /// To its end, or to the first failure.
  void run();
  const std::optional<std::string>& failure() const { return witness.failure(); }

  // For the parts of the world.

  milliseconds now() const { return std::chrono::floor<milliseconds>(process.now()); }
  void note(std::string_view text) { trace.add(process.now(), text); }
  void note(const Machine& machine, std::string_view text);
  /// The first such fault that lasts now.
  const Fault* lasting(FaultKind kind, int host = any_host) const;
  /// The first such fault that has not struck yet, of those that strike once from their time on; it has, then.
  const Fault* strike(FaultKind kind, int host, Point point = Point::any);
  /// Whether the connection is lost in this transaction: half of these faults wait for the facts of a run.
  bool strike_connection(FaultKind kind, int host, bool of_run);
  /// A moment in the work of a daemon: it may take some time, or be the last one.
  boost::asio::awaitable<void> point(Machine& machine, Point point);
  void do_at(nanoseconds at, std::function<void()> work) { events_.emplace(at, std::move(work)); }
  /// After a transaction that may have changed something.
  void check();
  SetupSnapshot setup_for(Machine& machine);

  static constexpr int any_host = -1;
  const std::uint64_t seed;
  const Defect defect;
  Trace trace;
  Process process;
  Dice dice;
  MachineClock database;
  memory::Store store;
  Witness witness;
  Checker checker;
  Files files;
  std::set<JobName> removed;

 private:
  void start(Machine& machine);
  void kill(Machine& machine);
  void freeze(Machine& machine, milliseconds span);
  bool work(Machine& machine);
  bool step(nanoseconds until);
  void run_until(nanoseconds until);
  void run_to_rest();
  void arrange_faults();
  void arrange(const Fault& fault);
  void strike_alone(const Fault& fault);
  void change_files(const Fault& fault);
  void ask(const Fault& fault);
  void backfill(const Fault& fault);
  void cancel(const Fault& fault);
  void pause(const Fault& fault);
  void files_changed();

  std::vector<Fault> faults_;
  std::set<int> struck_;
  std::multimap<nanoseconds, std::function<void()>> events_;
  std::vector<std::unique_ptr<Machine>> machines_;
  long steps_ = 0;
};

/// Waits, and cannot be cut: as a transaction.
boost::asio::awaitable<void> rest(nanoseconds span);
/// Waits; a cancellation of the coroutine ends it with an exception.
boost::asio::awaitable<void> pass(nanoseconds span);

/// When all faults are over, and when the simulation ends at the latest.
inline constexpr seconds end_of_faults{260};
inline constexpr minutes end_of_schedules{5};
inline constexpr minutes end_of_world{40};
/// The number of daemons of a seed, and of the jobs that faults may name.
int machines_of(std::uint64_t seed);

}  // namespace nowd::sim
