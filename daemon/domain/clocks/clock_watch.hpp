// Finds steps, suspends and losses of synchronisation between two readings of this host's clocks. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/time/time.hpp"

namespace nowd {

/// One reading of all clocks, one after the other without a pause.
struct ClockLook {
  Instant wall;
  Tick boot;
  nanoseconds monotonic{};
  bool synchronised = false;
  std::string sync_source;  ///< source of `synchronised`
  std::string tzdata;       ///< release of the zone data
  bool operator==(const ClockLook&) const = default;
};

/// One row of clock_event.
struct ClockEvent {
  enum class Kind { step, suspend, sync_lost, sync_back, tzdata, remote_skew };
  Kind kind = Kind::step;
  Instant at;                       ///< host time at which it was noticed
  std::optional<nanoseconds> size;  ///< step, remote_skew: positive = forward, ahead; suspend: how long
  std::string before, after;        ///< step: expected and actual time; else old and new value
  bool operator==(const ClockEvent&) const = default;
};
std::string_view to_string(ClockEvent::Kind kind);
/// For the log: "the clock of this host was set forward by 1h00m, from … to …".
std::string sentence(const ClockEvent& event);

/// Suspend: the boot clock ran ahead of the monotonic one. Step: the wall clock moved against the boot clock, by more
/// than 500 ms and by more than a slewed clock does in the time between (chronyd slews by up to 8 %).
/// Also loss and return of synchronisation, and a new release of the zone data.
std::vector<ClockEvent> compare(const ClockLook& before, const ClockLook& now);

/// A step over 24 h is more likely a mistake than a correction: it holds dispatch until a person accepts it.
bool needs_a_person(const ClockEvent& event);
inline constexpr hours max_step{24};

/// The distance between this host's clock and the database's.
enum class Offset {
  fine,
  suspicious,  ///< over 2 s: one of them is wrong
  wrong,       ///< over 30 s: no claims, because times in the ledger would mean nothing
};
Offset judge_offset(nanoseconds offset);
/// Also the limit for a clock that is behind the newest time in the ledger.
inline constexpr seconds wrong_offset{30};

/// The error bound of the host's clock from the output of `chronyc -c tracking`: root delay / 2 + root dispersion + the
/// remaining slew (https://chrony-project.org/doc/4.3/chronyc.html, tracking). Nothing if the text has another form, or
/// if chronyd is not synchronised.
std::optional<nanoseconds> chrony_bound(std::string_view tracking);

}  // namespace nowd
