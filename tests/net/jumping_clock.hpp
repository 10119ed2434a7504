// A clock for tests of timeouts: a timeout comes when the test says so, and not because the machine was slow.
#pragma once

#include "foundation/time/clock.hpp"

namespace nowd::test {

/// The system's clock until it is told to jump: then an hour has passed.
class JumpingClock final : public Clock {
 public:
  Instant now() const override { return clock_.now(); }
  Tick tick() const override { return clock_.tick() + jumped_; }
  nanoseconds monotonic() const override { return clock_.monotonic() + jumped_; }
  std::string boot_id() const override { return clock_.boot_id(); }
  SyncState sync_state() const override { return clock_.sync_state(); }
  void jump() { jumped_ += hours{1}; }

 private:
  SystemClock clock_;
  nanoseconds jumped_{0};
};

}  // namespace nowd::test
