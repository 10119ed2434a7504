// Civil time: zones, offsets, and the instants of a local date and time. Only foundation uses date::.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/time/time.hpp"

namespace nowd {

/// The instants of a local time in a zone. Exactly one of three cases; callers switch over all of them.
struct Resolution {
  enum class Case {
    unique,       ///< one instant: `first` (== `second`)
    nonexistent,  ///< the zone jumped over it: `first` == `second` == the first instant after the gap;
                  ///< `gap` is the gap's length, so shifting later by it gives local + gap
    ambiguous,    ///< the zone repeats it: `first` is the earlier instant, `second` the later
  };
  Case what = Case::unique;
  Instant first;
  Instant second;
  seconds offset_before{};  ///< UTC offset before the transition (unique: the offset)
  seconds offset_after{};   ///< UTC offset after it (unique: the offset)

  seconds gap() const { return offset_after - offset_before; }  ///< positive only when nonexistent
  bool operator==(const Resolution&) const = default;
};

/// A stretch of constant UTC offset [begin, end) of a zone.
struct OffsetPeriod {
  Instant begin;
  Instant end;
  seconds offset{};
  std::string abbreviation;
};

/// A change of a zone's UTC offset at one instant.
struct OffsetChange {
  Instant at;
  seconds before{};
  seconds after{};
};

/// An IANA time zone: a cheap value that may be copied and used from any thread. Its rules never change under it: after
/// an upgrade of tzdata (see tzdata_version) find() gives the new ones, and values found before keep the old.
/// Right from 1970 to 2200: past the last explicit transition of the compiled file it follows the file's POSIX footer
/// (RFC 9636, 3.3), which Debian's libdate-tz ignores.
class Zone {
 public:
  /// Reads /usr/share/zoneinfo only; $TZDIR and $TZ are ignored.
  /// Errors: `invalid`, naming the zone and the nearest known name. Names are case-sensitive, as IANA writes them.
  static Result<Zone> find(std::string_view iana_name);
  static Zone utc();

  const std::string& name() const;
  const std::string& release() const;  ///< of the zone data that it was read from
  OffsetPeriod period(Instant at) const;
  seconds offset(Instant at) const;
  LocalTime local(Instant at) const;  ///< floor to the second
  Resolution resolve(LocalTime local) const;
  /// The changes of offset in (from, until], ascending.
  std::vector<OffsetChange> changes(Instant from, Instant until) const;

  /// True if both have the same rules: a zone that was found before an upgrade of tzdata may have older ones.
  bool same_rules(const Zone& other) const;

  bool operator==(const Zone& other) const { return name() == other.name(); }

  struct Data;

 private:
  explicit Zone(std::shared_ptr<const Data> data) : data_(std::move(data)) {}
  std::shared_ptr<const Data> data_;
};

/// The release of the zone data in use ("2026a"), from line 1 of tzdata.zi, or "unknown".
std::string tzdata_version();

/// strftime-like formatting of a local time for templates: %Y %m %d %H %M %S %j %V %G %u %a %A %b %B %e %y %z %Z %F %T
/// and %%, in English. Errors: `invalid`, naming the unknown conversion.
Result<std::string> format_local(std::string_view format, LocalTime local, seconds utc_offset, std::string_view zone);

/// Weekday names in English: 0 = Sunday.
std::string_view weekday_name(LocalDay day);   // "Monday"
std::string_view weekday_short(LocalDay day);  // "Mon"
std::string iso_week(LocalDay day);            // "2026-W23"
LocalDay day_of(LocalTime local);

}  // namespace nowd
