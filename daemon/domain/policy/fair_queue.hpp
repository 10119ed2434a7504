// Who may call with a key that has limits by the minute, and when: calls stand in line, one line for each priority.
// Pure.
//
// Never more than the limit is used in any 60 seconds: calls and input count from the moment at which a call is let go,
// output from then on until a minute after it was answered. What is reserved is replaced by what was used.
//
// Lines that wait are served in shares (high : normal : low as 16 : 4 : 1), so none starves another. Where somebody of
// a higher priority has called lately, lower ones leave it a part of the minute free, or it would wait for the next.
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

  void limit(const AccountLimits& limits) { limits_ = limits; }
  const AccountLimits& limits() const { return limits_; }

  /// Stands in line. Requires: never_fits() has nothing against the call.
  Ticket enter(Tick now, Priority priority, const Planned& call);
  /// Lets go all whose turn has come, in order.
  std::vector<Ticket> grant(Tick now);
  bool waits(Ticket ticket) const;
  /// How long it will wait if nobody else comes, and all calls under way use what they reserved.
  milliseconds expected_wait(Tick now, Ticket ticket) const;

  /// It was answered. Without usage, what was reserved counts as used.
  void settle(Tick now, Ticket ticket, const std::optional<Spent>& used);
  /// It was not made: it left the line, or its turn, unused.
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
  void let_go(Tick now, Priority priority);
  void count(Priority priority, const Amounts& amounts, int sign);
  std::optional<std::int64_t> most(int kind) const;
  std::int64_t used(int kind, Priority up_to) const;
  bool room(const Amounts& amounts, Priority up_to, int percent) const;
  bool keeps_free(Tick now, Priority priority) const;
  std::optional<Priority> next_line(Tick now) const;
  double share_of_a_minute(const Amounts& amounts) const;

  AccountLimits limits_;
  Ticket last_ = 0;
  std::array<std::deque<Waiting>, priorities> lines_;
  std::map<Ticket, UnderWay> under_way_;
  std::deque<Past> past_;                              // of the last 60 s, oldest first
  std::array<Amounts, priorities> used_{};             // past and under way
  std::array<double, priorities> served_{};            // by its share: the least goes next
  double now_served_ = 0;                              // where a line that was empty begins
  std::array<std::optional<Tick>, priorities> asked_;  // when last
};

}  // namespace nowd
