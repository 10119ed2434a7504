// The state of one provider account (api, base URL, credential), shared by all jobs that use it: circuit breaker,
// pause, and pacing. Pure.
//
//   closed ──5 overloads in a row──► open ──30 s──► half open (one call) ──► closed, or open for twice as long
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "domain/policy/retry.hpp"

namespace nowd {

/// The call may be sent after a wait: a wait that the server asked for, or one that spreads runs before a limit.
struct Go {
  milliseconds wait{};
  bool operator==(const Go&) const = default;
};
/// The call is not sent; the run treats it like this failure of the provider.
struct Refused {
  RetryClass retry = RetryClass::overload;
  std::optional<milliseconds> retry_after;
  std::string why;
  bool operator==(const Refused&) const = default;
};
using Admission = std::variant<Go, Refused>;

/// The standing of an account, for people and for the ledger.
struct AccountStanding {
  enum class State { closed, open, half_open, paused };
  State state = State::closed;
  std::optional<Tick> until;  ///< open: when one call may probe; paused: when calls are sent again
  std::string cause;
  int overloads = 0;  ///< in a row; 0 unless open or half open
  bool operator==(const AccountStanding&) const = default;
};
std::string_view to_string(AccountStanding::State state);
std::optional<AccountStanding::State> parse_account_standing(std::string_view word);

/// A rate limit in a server's response. The remaining amount may be used at once; `resets_in` is the time until the
/// full limit is available again.
struct LimitSeen {
  std::int64_t limit = 0;
  std::int64_t remaining = 0;
  milliseconds resets_in{};
  bool of_requests = true;  ///< else of tokens, and the size of the next call is unknown
};

/// The time between starts of runs so that the remaining amount lasts until the reset; 0 while 10 % or more remain.
milliseconds spread_of(const LimitSeen& seen);

/// The circumstances of a call.
struct Asking {
  bool retry = false;      ///< not a first attempt
  bool under_way = false;  ///< its run has called before: a forecast does not delay it
  milliseconds patience{};
};

class AccountState {
 public:
  /// Requires: called once before each call. Refuses a call that would have to wait longer than its patience. A
  /// forecast of a limit only delays the start of runs, by at most 30 s, and refuses none.
  Admission admit(Tick now, const Asking& asking);
  /// The refusal, while the account is paused or its breaker open: for a call that was admitted and waited since.
  std::optional<Refused> refusal(Tick now) const;
  bool may_retry(Tick now) { return ratio_.has_room(now); }
  /// Counts a retry at its decision, not at the end of its wait.
  void record_retry(Tick now) { ratio_.record_retry(now); }

  // Outcomes of calls.
  void record_answer();
  void record_overload(Tick now);
  /// We cancelled the call: it proves nothing, and another one may probe.
  void record_abandoned() { probing_ = false; }
  void delay_calls(Tick now, milliseconds wait);
  /// During the next `lasts`, runs start `apart` from each other.
  void spread_runs(Tick now, milliseconds apart, milliseconds lasts);
  void pause_without_money(Tick now, std::string why);
  /// Ends a pause, after a reload or a changed credential.
  void resume() { paused_until_.reset(); }

  AccountStanding standing() const;
  /// Restores the standing of before a restart, unless a call has changed it since.
  void restore(Tick now, const AccountStanding& standing);

 private:
  std::optional<Refused> refused(Tick now);
  std::string overload_text() const;

  RetryRatio ratio_;
  int overloads_ = 0;  // in a row
  std::optional<Tick> open_until_;
  milliseconds open_for_{};
  bool probing_ = false;  // half open, and one call is under way
  std::optional<Tick> paused_until_;
  std::string paused_why_;
  Tick next_at_{};        // the server asked to send no call before
  Tick next_run_at_{};    // a forecast: no run starts before
  milliseconds apart_{};  // between two runs, until `slow_until_`
  Tick slow_until_{};
};

}  // namespace nowd
