#include "foundation/time/clock.hpp"

#include <sys/timex.h>
#include <time.h>

#include <fstream>

namespace nowd {
namespace {

timespec read_clock(clockid_t id) {
  timespec value{};
  clock_gettime(id, &value);
  return value;
}

/// Validity of a report of chronyd, and the growth of its uncertainty meanwhile (RFC 5905: 15 ppm).
constexpr seconds chrony_counts_for{150};
constexpr std::int64_t one_in = 66'667;

nanoseconds since_zero(timespec value) { return seconds{value.tv_sec} + nanoseconds{value.tv_nsec}; }

}  // namespace

Reading Clock::read() const {
  const SyncState sync = sync_state();
  return {now(), sync.uncertainty, tick(), boot_id(), sync.source};
}

SystemClock::SystemClock() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  if (!(file >> boot_id_)) boot_id_ = "unknown";
}

Instant SystemClock::now() const {
  return Instant{std::chrono::floor<microseconds>(since_zero(read_clock(CLOCK_REALTIME)))};
}

Tick SystemClock::tick() const { return Tick{since_zero(read_clock(CLOCK_BOOTTIME))}; }

nanoseconds SystemClock::monotonic() const { return since_zero(read_clock(CLOCK_MONOTONIC)); }

std::string SystemClock::boot_id() const { return boot_id_; }

SyncState SystemClock::sync_state() const {
  timex state{};
  const int status = adjtimex(&state);
  if (status < 0 || status == TIME_ERROR || (state.status & STA_UNSYNC) != 0) return {false, {}, "unsynchronised"};
  const std::int64_t heard = chrony_heard_.load();
  const nanoseconds age = tick().time_since_epoch() - nanoseconds{heard};
  if (heard != 0 && age < chrony_counts_for) return {true, nanoseconds{chrony_bound_.load()} + age / one_in, "chrony"};
  // timesyncd sets maxerror to 0 at each sync: an estimate, never a bound (docs/clocks.md).
  return {true, microseconds{state.maxerror}, "kernel-estimate"};
}

void SystemClock::set_chrony_bound(nanoseconds bound) {
  chrony_bound_ = bound.count();
  chrony_heard_ = tick().time_since_epoch().count();
}

void VirtualClock::advance(nanoseconds by) {
  suspend(by);
  monotonic_ += by;
}

void VirtualClock::suspend(nanoseconds by) {
  now_ += std::chrono::floor<microseconds>(by);
  tick_ += by;
}

}  // namespace nowd
