// Weighted fair queue of calls over a sliding 60 s window, with one queue per priority. Pure.
//
// The usage in any 60 seconds never exceeds the limit: calls and input count from the grant of a call, output from then
// until a minute after its answer. Actual usage replaces the reserved amounts.
//
// Waiting queues receive shares (high : normal : low as 16 : 4 : 1), so none starves another. For ten minutes after a
// call of a higher priority, lower ones leave a part of each minute free for it.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "domain/policy/account_limits.hpp"
#include "domain/policy/budget.hpp"
#include "foundation/time/time.hpp"

namespace nowd {

class FairQueue {
 public:
  using Ticket = std::uint64_t;

  void set_limits(const AccountLimits& limits) { limits_ = limits; }
  const AccountLimits& limits() const { return limits_; }

  /// Adds a call. Requires: never_fits() gives nothing for it.
  Ticket join(Tick now, Priority priority, const Planned& call);
  /// Grants all calls whose turn has come, in order.
  std::vector<Ticket> grant_calls(Tick now);
  bool is_waiting(Ticket ticket) const;
  /// The expected wait, if no other call joins and all calls under way use their reserved amounts.
  milliseconds expected_wait(Tick now, Ticket ticket) const;

  /// The call was answered. Without usage, the reserved amounts count as used.
  void settle(Tick now, Ticket ticket, const std::optional<Spent>& used);
  /// The call was not sent: it leaves the queue, or frees its grant.
  void leave(Ticket ticket);

 private:
  static constexpr int kinds = 3;  // calls, input tokens, output tokens
  using Amounts = std::array<std::int64_t, kinds>;
  struct Waiting {
    Ticket ticket = 0;
    Amounts amounts{};
  };
  struct Past {
    Ticket ticket = 0;
    Priority priority = Priority::normal;
    Tick at;
    Amounts amounts{};
  };
  struct UnderWay {
    Priority priority = Priority::normal;
    std::int64_t output = 0;
  };

  void forget(Tick now);
  void grant_first(Tick now, Priority priority);
  void count(Priority priority, const Amounts& amounts, int sign);
  std::optional<std::int64_t> limit_of(int kind) const;
  std::int64_t usage(int kind, Priority up_to) const;
  bool fits(const Amounts& amounts, Priority up_to, int percent) const;
  bool keeps_free(Tick now, Priority priority) const;
  std::optional<Priority> next_queue(Tick now) const;
  double share_of_a_minute(const Amounts& amounts) const;

  AccountLimits limits_;
  Ticket last_ = 0;
  std::array<std::deque<Waiting>, priorities> queues_;
  std::map<Ticket, UnderWay> under_way_;
  std::deque<Past> past_;                    // of the last 60 s, oldest first
  std::array<Amounts, priorities> used_{};   // past and under way
  std::array<double, priorities> served_{};  // weighted by its share: the smallest is next
  double now_served_ = 0;                    // start value of a queue that was empty
  std::array<std::optional<Tick>, priorities> last_join_;
};

}  // namespace nowd
