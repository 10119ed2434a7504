// Cron expressions: parsed once into bit sets, then asked whether a local time matches.
#pragma once

#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/error.hpp"
#include "foundation/time.hpp"

namespace nowd {

/// How the two day fields combine when both are restricted (time.md 1).
enum class DayMatch { any, all };  // YAML: or (Vixie), and

/// A parsed expression of 5 fields, or 6 with leading seconds: names, ranges, steps, lists, L, W, #, ?, 7 = Sunday,
/// and @hourly @daily @midnight @weekly @monthly @yearly @annually. Value type; parse() is the only way to make one.
class Cron {
 public:
  /// Errors: `invalid`, naming the field, the value and what is allowed:
  /// "minute '61' is not in 0-59", "day-of-month '30' never comes in month '2'".
  static Result<Cron> parse(std::string_view expression);

  const std::string& text() const { return text_; }
  /// The hour field covers all 24 hours: the job follows real time (time.md 2, rule 1).
  bool is_cadence() const { return hours_.all(); }
  bool matches_day(LocalDay day, DayMatch match) const;
  bool matches(LocalTime local, DayMatch match) const;
  /// Both day fields are restricted, so DayMatch makes a difference.
  bool restricts_both_days() const;

  const std::bitset<60>& seconds() const { return seconds_; }
  const std::bitset<60>& minutes() const { return minutes_; }
  const std::bitset<24>& hours() const { return hours_; }
  const std::bitset<13>& months() const { return months_; }

  bool operator==(const Cron& other) const { return text_ == other.text_; }

 private:
  friend class CronParser;
  Cron() = default;

  std::string text_;
  std::bitset<60> seconds_, minutes_;
  std::bitset<24> hours_;
  std::bitset<13> months_;
  // Whatever else the implementation needs for the day fields (days of month, L, L-n, nW, LW; weekdays, nL, n#k).
  std::bitset<32> days_;
  std::bitset<32> nearest_weekdays_;   // nW
  std::bitset<32> days_before_last_;   // bit n: L-n (bit 0: L)
  bool last_weekday_ = false;          // LW
  bool day_of_month_starts_with_star_ = true;
  std::bitset<7> weekdays_;
  std::bitset<7> last_weekdays_;       // nL
  std::bitset<7 * 6> nth_weekdays_;    // bit weekday * 6 + k: n#k
  bool day_of_week_starts_with_star_ = true;
};

}  // namespace nowd
