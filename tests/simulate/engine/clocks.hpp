// The clocks of a world: the true time, and those of hosts and of the database, which step, drift and disagree.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>

#include "foundation/time/clock.hpp"
#include "net/timer.hpp"
#include "simulate/engine/process.hpp"

namespace nowd::sim {

/// Wall and boot clock of one machine. Both run at the same rate; only the wall clock steps.
class MachineClock final : public Clock {
 public:
  MachineClock(const Process& process, Instant start, microseconds off, std::int64_t drift_ppm)
      : process_(process), start_(start + off), drift_ppm_(drift_ppm) {}

  Instant now() const override { return start_ + std::chrono::floor<microseconds>(run()) + stepped_; }
  Tick tick() const override { return Tick{seconds{1000} + run() - overslept_}; }
  nanoseconds monotonic() const override { return seconds{1000} + run(); }
  std::string boot_id() const override { return "simulated"; }
  SyncState sync_state() const override { return {true, milliseconds{1}, "simulated"}; }

  /// Wakes those that wait for a moment of this clock.
  void step(microseconds by) {
    stepped_ += by;
    for (const auto& [unused, wake] : std::map(waiting_)) wake();
  }
  /// The boot clock loses a span, as no boot clock should.
  void oversleep(nanoseconds span) { overslept_ += span; }
  /// Returns a number for forget(). They are woken in the order in which they came, which does not depend on addresses.
  int wait_for_steps(std::function<void()> wake) {
    waiting_.emplace(++last_, std::move(wake));
    return last_;
  }
  void forget(int waiter) { waiting_.erase(waiter); }

 private:
  nanoseconds run() const { return process_.now() + process_.now() / 1'000'000 * drift_ppm_; }

  const Process& process_;
  Instant start_;
  std::int64_t drift_ppm_;
  microseconds stepped_{0};
  nanoseconds overslept_{0};
  std::map<int, std::function<void()>> waiting_;
  int last_ = 0;
};

/// The database's wall clock with the boot clock of one host: the clock of the ledger that this host uses.
class LedgerClock final : public Clock {
 public:
  LedgerClock(const Clock& database, const Clock& host) : database_(database), host_(host) {}
  Instant now() const override { return database_.now(); }
  Tick tick() const override { return host_.tick(); }
  nanoseconds monotonic() const override { return host_.monotonic(); }
  std::string boot_id() const override { return host_.boot_id(); }
  SyncState sync_state() const override { return host_.sync_state(); }

 private:
  const Clock& database_;
  const Clock& host_;
};

/// As WallTimer: due at a moment of the machine's wall clock, and woken when that is set.
class MachineTimer final : public Timer {
 public:
  MachineTimer(boost::asio::any_io_executor executor, MachineClock& clock);
  ~MachineTimer() override;
  boost::asio::awaitable<Woken> wait_until(Instant at) override;
  void wake() override;

 private:
  MachineClock& clock_;
  boost::asio::steady_timer timer_;
  bool called_ = false;
  bool set_ = false;
  int waiter_;
};

}  // namespace nowd::sim
