// What is known of one key (api, base URL, credential), shared by all jobs that use it: whether it may be called now.
// Pure: time is an argument.
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

/// Go, after a wait: one that the server asked for, or one that spreads runs before a limit is hit.
struct Go {
  milliseconds wait{};
  bool operator==(const Go&) const = default;
};
/// Nothing is sent; what it is like, as if the server had said so.
struct Refused {
  RetryClass retry = RetryClass::overload;
  std::optional<milliseconds> retry_after;
  std::string why;
  bool operator==(const Refused&) const = default;
};
using Admission = std::variant<Go, Refused>;

/// How a key stands, for people and for the time after a restart.
struct AccountStanding {
  enum class State { closed, open, half_open, paused };
  State state = State::closed;
  std::optional<Tick> until;  ///< open: when one call may look; paused: when calls are made again
  std::string cause;
  int overloads = 0;  ///< in a row; 0 unless open or half open
  bool operator==(const AccountStanding&) const = default;
};
std::string_view to_string(AccountStanding::State state);
std::optional<AccountStanding::State> parse_account_standing(std::string_view word);

/// A limit as the server tells it after a call. What is left may be used: `resets_in` is when all of it is there again,
/// and says nothing of the next call.
struct LimitSeen {
  std::int64_t limit = 0;
  std::int64_t remaining = 0;
  milliseconds resets_in{};
  bool of_requests = true;  ///< else of tokens: nobody knows how many the next call takes
};

/// How far apart runs begin so that what is left of a limit lasts until it is full again; 0 while it is not near.
milliseconds spread_of(const LimitSeen& seen);

/// What a call is to its run, and to the calls before it.
struct Asking {
  bool retry = false;      ///< else it is one of the calls that retries may be a share of
  bool under_way = false;  ///< its run has called before: it is not held up by a forecast
  milliseconds patience{};
};

class AccountState {
 public:
  /// Asked once before each call. One that the server wants to wait longer than its patience is refused; a forecast of
  /// a limit only ever slows the beginning of runs, by seconds, and refuses none.
  Admission admit(Tick now, const Asking& asking);
  /// Whether nobody may call now: for one that was admitted a while ago, and waited since.
  std::optional<Refused> shut(Tick now) const;
  bool may_retry(Tick now) { return ratio_.has_room(now); }
  /// A retry was decided: it counts from now on, not only when its wait is over.
  void retried(Tick now) { ratio_.retried(now); }

  // What came of it.
  void answered();
  void overloaded(Tick now);
  /// The call was given up by us: it proves nothing, and another one may look.
  void abandoned() { looking_ = false; }
  void asked_to_wait(Tick now, milliseconds wait);
  /// The limits as the server tells them with an answer: for the next `lasts`, runs begin that far apart.
  void spread_runs(Tick now, milliseconds apart, milliseconds lasts);
  void out_of_money(Tick now, std::string why);
  /// The configuration was read anew, or the credential is another one.
  void resume() { paused_until_.reset(); }

  AccountStanding standing() const;
  /// As it stood before a restart; one that has been called since then knows better.
  void take_up(Tick now, const AccountStanding& standing);

 private:
  std::optional<Refused> refused(Tick now);
  std::string overloaded_words() const;

  RetryRatio ratio_;
  int overloads_ = 0;  // in a row
  std::optional<Tick> open_until_;
  milliseconds open_for_{};
  bool looking_ = false;  // half open, and one call is under way
  std::optional<Tick> paused_until_;
  std::string paused_why_;
  Tick next_at_{};        // no call leaves before: the server said so
  Tick next_run_at_{};    // no run begins before: a forecast
  milliseconds apart_{};  // between two runs, until `slow_until_`
  Tick slow_until_{};
};

}  // namespace nowd
