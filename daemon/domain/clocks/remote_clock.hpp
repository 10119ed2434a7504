// Estimates the offset of a remote clock from HTTP exchanges. A `Date` was written no later than its headers arrived,
// so it proves that a clock is ahead, even from a cache. A clock behind can only be suspected (docs/clocks.md).
#pragma once

#include <optional>
#include <string>

#include "foundation/time/time.hpp"

namespace nowd {

/// One request and its response, on this host's clocks. `uncertainty` is the half-width around `sent_wall`; nothing:
/// unknown, and then the exchange proves nothing.
struct DateExchange {
  Instant sent_wall;
  std::optional<nanoseconds> uncertainty;
  Tick sent;
  Tick headers;
  std::optional<Instant> date;  ///< the header `Date`: whole seconds, cut off
  std::optional<seconds> age;   ///< the header `Age`: above 0, a cache answered
  bool operator==(const DateExchange&) const = default;
};

/// The estimate at one moment. The offset is the remote clock minus the true time.
struct RemoteOffset {
  std::optional<microseconds> proven_ahead_by;  ///< lower bound, with all uncertainties
  std::optional<microseconds>
      suspected_behind_by;       ///< by five exchanges or more over a minute: recorded, never acted on
  int samples = 0;               ///< exchanges that the estimate rests on
  std::optional<Instant> since;  ///< when the first of them was sent
  bool operator==(const RemoteOffset&) const = default;
};
/// "5.2 s ahead, proven by 3 exchanges", "perhaps 4 s behind, after 7 exchanges", "nothing proven by 3 exchanges".
std::string to_string(const RemoteOffset& offset);

/// An estimate in the ledger: instants, no ticks.
struct RemoteClockRow {
  std::string remote;               ///< scheme, host and port: "https://api.example.com:443"
  std::optional<microseconds> low;  ///< the hard bound, as it was at `low_at`
  std::optional<Instant> low_at;
  std::optional<microseconds> high;  ///< the soft bound, as it was at `high_at`
  std::optional<Instant> high_at;
  int samples = 0;
  std::optional<Instant> first;
  std::optional<Instant> last;
  int behind_samples = 0;  ///< the last exchanges in unbroken order that each say "behind"
  std::optional<Instant> behind_since;
  std::optional<microseconds> behind_high;  ///< the bound that all of them allow
  bool operator==(const RemoteClockRow&) const = default;
};

/// The estimate for one scheme, host and port: an interval [low, high] of its offset, widened by 200 ppm of its age.
/// Invariant: while the remote clock is not stepped and drifts by at most 200 ppm, and our uncertainty is honest, its
/// offset is at least `low`. A step backwards is followed when an exchange contradicts `low`, and after an hour at
/// most.
class RemoteClock {
 public:
  /// Adds one exchange. Without a Date, with Age above 0, with an unknown uncertainty or with ticks in the wrong order
  /// it changes nothing. If it contradicts the known bounds (the remote clock was stepped, or its Date came from a
  /// cache), its own bounds replace them.
  void observe(const DateExchange& exchange);
  /// Forgets the estimate, after this host's own clock was stepped, slept or lost its source.
  void forget() { *this = RemoteClock{}; }

  RemoteOffset offset(Tick now) const;

  /// `wall` and `now` are one moment: they convert between ticks and instants. from_row() drops bounds from the future
  /// and those older than an hour.
  RemoteClockRow to_row(std::string remote, Instant wall, Tick now) const;
  static RemoteClock from_row(const RemoteClockRow& row, Instant wall, Tick now);

  bool operator==(const RemoteClock&) const = default;

 private:
  struct Bound {
    microseconds value{};
    Tick at;
    bool operator==(const Bound&) const = default;
  };
  struct Behind {  // the latest exchanges that each say "behind"
    int samples = 0;
    Tick since;
    microseconds high{};
    bool operator==(const Behind&) const = default;
  };

  void drop_before(Tick now);
  void suspect(Bound high);
  std::optional<microseconds> low(Tick now) const;
  std::optional<microseconds> high(Tick now) const;
  std::optional<microseconds> behind(Tick now) const;

  std::optional<Bound> low_;
  std::optional<Bound> high_;
  std::optional<Behind> behind_;
  int samples_ = 0;
  std::optional<Instant> first_;
  Tick last_;
};

}  // namespace nowd
