// Clocks: the interface, the system's clocks, and a virtual clock for tests and rehearsal.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "foundation/time/time.hpp"

namespace nowd {

/// One reading of one clock, as the ledger stores it (clock_reading).
struct Reading {
  Instant wall;
  std::optional<nanoseconds> uncertainty;  ///< half-width around `wall`; empty = unknown
  Tick boot;                               ///< this host's boot clock at the same moment
  std::string boot_id;                     ///< the boot from which `boot` counts
  std::string source;                      ///< of the reading: "host", "kernel-estimate", "http-date", "database" …

  bool operator==(const Reading&) const = default;
};

/// The state of synchronisation, as the kernel or chronyd reports it.
struct SyncState {
  bool synchronised = false;
  std::optional<nanoseconds> uncertainty;
  std::string source;  ///< "chrony", "kernel-estimate", or "unsynchronised"
};

/// The only source of the time. domain/ has no clock: there `now` is an argument.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
  virtual Tick tick() const = 0;
  /// Stands still while the host is suspended, unlike tick(): the difference is the time in suspend.
  virtual nanoseconds monotonic() const = 0;
  virtual std::string boot_id() const = 0;
  virtual SyncState sync_state() const = 0;

  /// Both clocks at one moment, with this host's uncertainty.
  Reading read() const;
};

/// The operating system's clocks. May be used from any thread.
class SystemClock final : public Clock {
 public:
  SystemClock();
  Instant now() const override;
  Tick tick() const override;
  nanoseconds monotonic() const override;
  std::string boot_id() const override;
  /// Source `chrony` if chronyd reported a bound in the last minutes, else adjtimex (`kernel-estimate`).
  SyncState sync_state() const override;

  /// Stores a report of chronyd: the clock is right to within `bound`.
  void set_chrony_bound(nanoseconds bound);

 private:
  std::string boot_id_;
  std::atomic<std::int64_t> chrony_bound_{0};
  std::atomic<std::int64_t> chrony_heard_{0};  ///< boot time; 0 = never
};

/// A clock that tests move. advance() moves all three clocks, step() the wall clock only, suspend() all but monotonic.
class VirtualClock final : public Clock {
 public:
  explicit VirtualClock(Instant start) : now_(start) {}
  Instant now() const override { return now_; }
  Tick tick() const override { return tick_; }
  nanoseconds monotonic() const override { return monotonic_; }
  std::string boot_id() const override { return "virtual"; }
  SyncState sync_state() const override { return sync_; }

  void advance(nanoseconds by);
  void suspend(nanoseconds by);
  void step(microseconds by) { now_ += by; }
  void set_sync(SyncState sync) { sync_ = std::move(sync); }

 private:
  Instant now_;
  Tick tick_{seconds{1000}};
  nanoseconds monotonic_{seconds{1000}};
  SyncState sync_{true, milliseconds{1}, "virtual"};
};

}  // namespace nowd
