// Gaps in a daemon's polling of the ledger, and their cause where the clocks show it: the host slept, or the clock that
// decides what is due jumped. Pure.
//
// The database's clock decides what is due. The cases, between two claims of one daemon:
//   both on one host, suspended   database and boot clock advanced, monotonic stood still       suspended
//   the daemon's host suspended   the same; another host's daemon may have served what is due   suspended
//   the database's host suspended its clock catches up, ours advanced: an ordinary outage       nothing
//   both on one host, stepped     the database's clock moved against our boot clock             clock_jump
//   the database's host stepped   the same                                                      clock_jump
//   our host stepped              no claim depends on our wall clock: nothing was missed        nothing
// A step back leaves no gap in database time: nothing is missed, and cursors keep the progress of before.
#pragma once

#include <optional>
#include <vector>

#include "domain/model/fate.hpp"
#include "foundation/time/time.hpp"

namespace nowd {

/// Three clocks at one claim.
struct ClaimLook {
  Instant database;
  Tick boot;
  nanoseconds monotonic{};
  bool operator==(const ClaimLook&) const = default;
};

/// How far the database's clock moved beyond the elapsed time: a step (or a slow drift, which stays small).
nanoseconds database_jump(const ClaimLook& before, const ClaimLook& now);

/// `suspended` or `clock_jump`, if that makes up at least half of the time between the two claims; else nothing: the
/// daemon or the database was away.
std::optional<OccurrenceReason> why_unwatched(const ClaimLook& before, const ClaimLook& now);

/// A gap (from, to] of database time without a poll, and its cause.
struct UnwatchedStretch {
  Instant from, to;
  OccurrenceReason reason = OccurrenceReason::down;
  bool operator==(const UnwatchedStretch&) const = default;
};
using Stretches = std::vector<UnwatchedStretch>;

/// Adds a gap; joins it to the last one if they touch and have the same reason. Keeps only the newest 32.
void add_stretch(Stretches& stretches, UnwatchedStretch stretch);

/// The reason of the newest gap that contains the instant.
std::optional<OccurrenceReason> reason_at(const Stretches& stretches, Instant due);

/// The polls of one daemon, by database time: was it able to see an occurrence while that was on time?
class PollHistory {
 public:
  void record_poll(Instant now);
  /// False if it became late during a gap in the polling, or before the first poll. The answer stays false during the
  /// later polls of the 2 s in which that gap is judged.
  bool polled_on_time(Instant due, milliseconds grace) const;
  /// True if it fell due between two polls that lie apart; `now` is the poll under way.
  bool fell_due_unpolled(Instant due, Instant now) const;

 private:
  std::optional<Instant> last_;
  Instant away_from_ = Instant::min(), away_until_ = Instant::max();
};

}  // namespace nowd
