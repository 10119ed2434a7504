// Why nobody looked at the ledger for a while, where the clocks can tell: the host slept, or the clock that says what
// is due jumped. Pure.
//
// What is due is decided by the database's clock. The cases, between two claims of one daemon:
//   both on one host, suspended   database and boot clock went on, monotonic stood still        suspended
//   the daemon's host suspended   the same; another host's daemon may have served what is due   suspended
//   the database's host suspended its clock catches up, ours went on: an ordinary outage        nothing
//   both on one host, stepped     the database's clock moved against our boot clock             clock_jump
//   the database's host stepped   the same                                                      clock_jump
//   our host stepped              no claim depends on our wall clock: nothing was missed        nothing
// A step back leaves no stretch of database time without a look: nothing is missed, and cursors keep what was served.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "foundation/time/time.hpp"

namespace nowd {

/// What three clocks said at one claim.
struct ClaimLook {
  Instant database;
  Tick boot;
  nanoseconds monotonic{};
  bool operator==(const ClaimLook&) const = default;
};

/// How far the database's clock moved beyond the time that passed: a step (or a slow drift, which stays small).
nanoseconds database_jump(const ClaimLook& before, const ClaimLook& now);

/// "suspended" or "clock_jump", if that makes up at least half of the time between the two; else nothing: the daemon or
/// the database was away.
std::optional<std::string> why_unwatched(const ClaimLook& before, const ClaimLook& now);

/// A stretch (from, to] of database time in which nobody looked, and why.
struct UnwatchedStretch {
  Instant from, to;
  std::string reason;
  bool operator==(const UnwatchedStretch&) const = default;
};
using Stretches = std::vector<UnwatchedStretch>;

/// Joins a gap to the last one where it goes on with the same reason. Only the newest few are kept.
void add_stretch(Stretches& stretches, UnwatchedStretch stretch);

/// Of the newest gap that holds the instant.
std::optional<std::string> reason_at(const Stretches& stretches, Instant due);

/// One daemon's looks at what is due, by database time: whether something late was seen while it was on time.
class Looks {
 public:
  void look(Instant now);
  /// False for what fell due, and became late, before the first look or within the newest stretch without one; also at
  /// the later looks that it takes to judge all of that.
  bool saw_on_time(Instant due, milliseconds grace) const;
  /// Whether what fell due then found nobody looking, between two looks of this daemon; `now`: the look under way.
  bool unseen(Instant due, Instant now) const;

 private:
  std::optional<Instant> last_;
  Instant away_from_ = Instant::min(), away_until_ = Instant::max();
};

}  // namespace nowd
