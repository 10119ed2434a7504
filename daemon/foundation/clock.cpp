#include "foundation/clock.hpp"

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

std::string SystemClock::boot_id() const { return boot_id_; }

SyncState SystemClock::sync_state() const {
  timex state{};
  const int status = adjtimex(&state);
  if (status < 0 || status == TIME_ERROR || (state.status & STA_UNSYNC) != 0) return {false, {}, "unsynchronised"};
  // timesyncd sets maxerror to 0 at each sync: an estimate, never a bound (clocks.md 1).
  return {true, microseconds{state.maxerror}, "kernel-estimate"};
}

void VirtualClock::advance(nanoseconds by) {
  now_ += std::chrono::floor<microseconds>(by);
  tick_ += by;
}

}  // namespace nowd
