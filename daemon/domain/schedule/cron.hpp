// Cron expressions: parsed once into bit sets, which find the next matching local time.
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "foundation/error.hpp"
#include "foundation/time/time.hpp"

namespace nowd {

/// How the two day fields combine when both are restricted (docs/schedules.md).
enum class DayMatch { any, all };  // YAML: or (Vixie), and

/// A parsed expression of 5 fields, or 6 with leading seconds: names, ranges, steps, lists, L, W, #, ?, 7 = Sunday,
/// and @hourly @daily @midnight @weekly @monthly @yearly @annually. Value type; parse() is the only way to make one.
///
/// Day fields, after Vixie's cron and Quartz:
/// - one that starts with * (also */2) or is ? is not restricted; if either is not, a day must match both. If both are
///   restricted, DayMatch decides;
/// - day-of-month: L is the last day, L-3 the third before it, 15W the weekday (Monday to Friday) nearest to the
///   15th in the same month, LW the last weekday. A month without that day has no match;
/// - day-of-week: friL or 5L is the last Friday, mon#2 the second Monday.
class Cron {
 public:
  /// Errors: `invalid`, with the field, the value and the allowed range:
  /// "minute '61' is not in 0-59", "day-of-month '30' never comes in month '2'".
  static Result<Cron> parse(std::string_view expression);

  const std::string& text() const { return text_; }
  /// The hour field covers all 24 hours: the job follows real time (docs/schedules.md).
  bool is_cadence() const { return hours_.all(); }
  bool matches_day(LocalDay day, DayMatch match) const;
  bool matches(LocalTime local, DayMatch match) const;
  /// Both day fields are restricted, so DayMatch makes a difference.
  bool restricts_both_days() const { return !day_of_month_is_open_ && !day_of_week_is_open_; }
  /// Some day of the calendar matches. parse() ensures it for DayMatch::any; with `all` an expression may still match
  /// no day ("0 0 31 * mon#1").
  bool can_fire(DayMatch match) const;
  /// The first matching local time in [from, before).
  std::optional<LocalTime> first_match(LocalTime from, LocalTime before, DayMatch match) const;

  const std::bitset<60>& seconds() const { return seconds_; }
  const std::bitset<60>& minutes() const { return minutes_; }
  const std::bitset<24>& hours() const { return hours_; }
  const std::bitset<13>& months() const { return months_; }

  bool operator==(const Cron& other) const { return text_ == other.text_; }

 private:
  friend class CronParser;
  Cron() = default;

  using DayBits = std::uint32_t;  // bit n: day n of a month; bit 0 is never set
  struct Month;

  DayBits days_of(const Month& month, DayMatch match) const;
  DayBits by_day_of_month(const Month& month) const;
  DayBits by_day_of_week(const Month& month) const;
  std::optional<LocalDay> first_day(LocalDay from, LocalDay until, DayMatch match) const;
  std::optional<nowd::seconds> first_time_of_day(nowd::seconds from) const;

  std::string text_;  // as written, fields separated by one space
  std::bitset<60> seconds_, minutes_;
  std::bitset<24> hours_;
  std::bitset<13> months_;
  std::bitset<32> days_;
  std::bitset<32> days_before_last_;  // bit n: L-n (bit 0: L)
  std::bitset<32> nearest_weekdays_;  // bit n: nW
  bool last_weekday_ = false;         // LW
  bool day_of_month_is_open_ = true;  // starts with * or is ?
  std::bitset<7> weekdays_;           // bit 0: Sunday
  std::bitset<7> last_weekdays_;      // nL
  std::bitset<7 * 6> nth_weekdays_;   // bit weekday * 6 + k: n#k
  bool day_of_week_is_open_ = true;
};

}  // namespace nowd
