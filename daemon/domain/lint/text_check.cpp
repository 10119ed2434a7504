#include "domain/lint/text_check.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <tuple>

#include "domain/lint/text_claims.hpp"
#include "foundation/text/utf8.hpp"

namespace nowd {
namespace {

constexpr std::size_t max_findings = 50;
constexpr auto near = days{92};         // a date in another year is the run's own if it is that close
constexpr auto nearest = days{200};     // a date without its year is one within this distance
constexpr int oldest_gregorian = 1753;  // weekdays before that depend on the calendar

std::string_view month_name(int month) {
  static constexpr std::array<std::string_view, 12> names{"January",   "February", "March",    "April",
                                                          "May",       "June",     "July",     "August",
                                                          "September", "October",  "November", "December"};
  return names[static_cast<std::size_t>(month - 1)];
}

std::string_view day_word(int shift) {
  static constexpr std::array<std::string_view, 5> words{"the day before yesterday", "yesterday", "today", "tomorrow",
                                                         "the day after tomorrow"};
  return words[static_cast<std::size_t>(shift + 2)];
}

std::string_view shift_word(int shift) { return shift < 0 ? "last " : shift > 0 ? "next " : "this "; }

int weekday_of(LocalDay day) {
  return static_cast<int>(std::chrono::weekday{
      std::chrono::local_days{std::chrono::duration_cast<std::chrono::days>(day.time_since_epoch())}}
                              .c_encoding());
}

std::string_view name_of_weekday(int weekday) {
  const LocalDay sunday{days{3}};  // 1970-01-04
  return weekday_name(sunday + days{weekday});
}

std::string day_text(LocalDay day) { return iso_date(day) + " (" + std::string(weekday_name(day)) + ")"; }

std::string date_text(const TextDate& date) {
  const DayMonth& first = date.readings.front();
  std::string out = std::to_string(first.day) + " " + std::string(month_name(first.month));
  if (date.from_day != 0) out = std::to_string(date.from_day) + "-" + out;
  return date.year == 0 ? out : out + " " + std::to_string(date.year);
}

std::chrono::year_month_day civil(LocalDay day) {
  return std::chrono::year_month_day{
      std::chrono::local_days{std::chrono::duration_cast<std::chrono::days>(day.time_since_epoch())}};
}
int year_of(LocalDay day) { return static_cast<int>(civil(day).year()); }
int month_of(LocalDay day) { return static_cast<int>(static_cast<unsigned>(civil(day).month())); }

/// The dates in the inputs and tool results of the run.
struct Known {
  std::set<int> years;
  std::set<std::tuple<int, int, int>> weekday_dates;  // weekday, month, day
  std::set<std::tuple<int, int, int>> dates;          // month, day, year
};

void learn(std::string_view text, Known& known) {
  const Tokens tokens = tokens_of(text);
  for (const TextToken& token : tokens)
    if (token.digits == 4 && token.value >= 1000 && token.value <= 2199)
      known.years.insert(static_cast<int>(token.value));
  for (const TextClaim& claim : claims_of(text, tokens))
    for (const DayMonth& date : claim.date.readings) {
      if (claim.weekday >= 0) known.weekday_dates.emplace(claim.weekday, date.month, date.day);
      if (claim.date.year != 0) known.dates.emplace(date.month, date.day, claim.date.year);
      if (claim.date.year != 0) known.years.insert(claim.date.year);
    }
}

class Check {
 public:
  Check(std::string_view text, const TextFacts& facts, const std::vector<std::string_view>& given)
      : text_(text),
        tokens_(tokens_of(text)),
        today_(facts.today.value_or(day_of(facts.zone.local(facts.as_of)))),
        offset_(facts.zone.offset(facts.as_of)),
        window_start_(day_of(facts.zone.local(std::min(facts.window_start, facts.as_of)))) {
    for (const std::string_view each : given) learn(each, known_);
  }

  std::vector<TextFinding> run() {
    auto claims = claims_of(text_, tokens_);
    std::sort(claims.begin(), claims.end(), [](const TextClaim& a, const TextClaim& b) {
      return std::tie(a.begin, a.kind) < std::tie(b.begin, b.kind);
    });
    only_slips_ = std::none_of(claims.begin(), claims.end(),
                               [&](const TextClaim& claim) { return is_strange(claim) && !is_slip(claim); });
    for (const TextClaim& claim : claims) {
      if (found_.size() == max_findings) break;
      if (!claim.quoted && claim.begin >= judged_) judge(claim);
    }
    return std::move(found_);
  }

 private:
  void judge(const TextClaim& claim) {
    switch (claim.kind) {
      case TextClaim::Kind::day_date:
        return judge_day_date(claim);
      case TextClaim::Kind::day_weekday:
        return judge_day_weekday(claim);
      case TextClaim::Kind::weekday_date:
        return judge_weekday_date(claim);
      case TextClaim::Kind::year:
        return judge_year(claim);
      case TextClaim::Kind::month:
        return judge_month(claim);
      case TextClaim::Kind::week:
        return judge_week(claim);
      case TextClaim::Kind::week_days:
        return judge_week_days(claim);
      case TextClaim::Kind::dated:
        return judge_dated(claim);
    }
  }

  void find(const TextClaim& claim, std::string says, std::string should_be) {
    const std::size_t from = tokens_[claim.begin].at;
    const TextToken& last = tokens_[claim.end - 1];
    found_.push_back(
        {from, one_line(text_.substr(from, last.at + last.length - from)), std::move(says), std::move(should_be)});
    judged_ = claim.end;  // one phrase is one finding
  }

  static std::string one_line(std::string_view text) {
    constexpr std::size_t most = 120;
    std::string out;
    for (std::size_t at = 0; at < text.size() && out.size() < most;) {
      const Utf8Character c = utf8_at(text, at);
      const bool control = c.code < 0x20 || (c.code >= 0x7F && c.code < 0xA0);
      out += control ? " " : c.code == 0xFFFD ? "?" : text.substr(at, c.length);
      at += c.length;
    }
    return out;
  }

  /// An ISO time with its offset may stand on another date in the run's zone than it is written with.
  days shift(const TextDate& date) const {
    if (!date.utc_minutes) return days{0};
    return std::chrono::floor<days>(minutes{*date.utc_minutes} + offset_);
  }

  bool within(const TextDate& date, LocalDay day) const {
    const auto fits = [&](LocalDay tried) {
      const auto ymd = civil(tried);
      const int month = month_of(tried), of_month = static_cast<int>(static_cast<unsigned>(ymd.day()));
      if (date.year != 0 && date.year != year_of(tried)) return false;
      return std::any_of(date.readings.begin(), date.readings.end(), [&](const DayMonth& reading) {
        const int from = date.from_day == 0 ? reading.day : date.from_day;
        return reading.month == month && from <= of_month && of_month <= reading.day;
      });
    };
    return fits(day) || fits(day - shift(date));
  }

  bool later_than_today(const TextDate& date) const {
    const auto day = day_in(date.readings.front(), date.year != 0 ? date.year : year_of(today_));
    return !day || *day > today_ || date.year == 0;
  }

  void judge_day_date(const TextClaim& claim) {
    const LocalDay day = today_ + days{claim.days};
    if (within(claim.date, day) || (claim.only_past && later_than_today(claim.date))) return;
    const std::string word(day_word(claim.days));
    find(claim, word + " is " + date_text(claim.date), word + " is " + day_text(day));
  }

  void judge_day_weekday(const TextClaim& claim) {
    const LocalDay day = today_ + days{claim.days};
    if (weekday_of(day) == claim.weekday) return;
    const std::string word(day_word(claim.days));
    find(claim, word + " is " + std::string(name_of_weekday(claim.weekday)), word + " is " + day_text(day));
  }

  /// The possible days of a date: in its year, otherwise the nearest ones and those in years that stand nearby.
  std::vector<LocalDay> candidates(const TextClaim& claim) const {
    std::vector<LocalDay> out;
    for (const DayMonth& reading : claim.date.readings) {
      const auto add = [&](int year, bool anyhow) {
        const auto day = day_in(reading, year);
        if (day && (anyhow || (*day >= window_start_ - nearest && *day <= today_ + nearest))) out.push_back(*day);
      };
      if (claim.date.year != 0) add(claim.date.year, true);
      if (claim.date.year != 0) continue;
      for (int year = year_of(window_start_) - 1; year <= year_of(today_) + 1; ++year) add(year, false);
      for (const int year : years_beside(claim)) add(year, true);
      const auto after = known_.dates.lower_bound({reading.month, reading.day, 0});
      for (auto it = after;
           it != known_.dates.end() && std::get<0>(*it) == reading.month && std::get<1>(*it) == reading.day; ++it)
        add(std::get<2>(*it), true);
    }
    return out;
  }

  /// Years within forty tokens: a list under "2019" needs no year in each of its lines.
  std::vector<int> years_beside(const TextClaim& claim) const {
    constexpr std::size_t reach = 40;
    std::vector<int> out;
    const std::size_t from = claim.begin > reach ? claim.begin - reach : 0;
    for (std::size_t at = from; at < std::min(claim.end + reach / 4, tokens_.size()); ++at)
      if (is_year(tokens_, at)) out.push_back(static_cast<int>(tokens_[at].value));
    return out;
  }

  void judge_weekday_date(const TextClaim& claim) {
    if (claim.date.year != 0 && claim.date.year < oldest_gregorian) return;
    for (const DayMonth& reading : claim.date.readings)
      if (known_.weekday_dates.count({claim.weekday, reading.month, reading.day}) > 0) return;
    const auto tried = candidates(claim);
    for (const LocalDay day : tried)
      if (weekday_of(day) == claim.weekday || weekday_of(day + shift(claim.date)) == claim.weekday) return;
    const std::string date = date_text(claim.date);
    find(claim, date + " is a " + std::string(name_of_weekday(claim.weekday)),
         tried.empty() ? "there is no " + date
                       : iso_date(tried.front()) + " is a " + std::string(weekday_name(tried.front())));
  }

  void judge_year(const TextClaim& claim) {
    const int year = year_of(today_) + claim.shift;
    if (claim.value == year) return;
    const std::string what = std::string(shift_word(claim.shift)) + "year is ";
    find(claim, what + std::to_string(claim.value), what + std::to_string(year));
  }

  void judge_month(const TextClaim& claim) {
    const int month = (month_of(today_) - 1 + claim.shift + 12) % 12 + 1;
    if (claim.value == month) return;
    const std::string what = std::string(shift_word(claim.shift)) + "month is ";
    find(claim, what + std::string(month_name(claim.value)), what + std::string(month_name(month)));
  }

  /// Other countries count weeks otherwise: one more or less is right too.
  void judge_week(const TextClaim& claim) {
    for (int by = -1; by <= 1; ++by) {
      const std::string week = iso_week(today_ + days{7 * (claim.shift + by)});
      const bool same_year = claim.year == 0 || std::to_string(claim.year) == week.substr(0, 4);
      if ((by == 0 || claim.year == 0) && same_year && std::stoi(week.substr(6)) == claim.value) return;
    }
    const std::string what = std::string(shift_word(claim.shift)) + "week is ";
    find(claim, what + "week " + std::to_string(claim.value), what + iso_week(today_ + days{7 * claim.shift}));
  }

  void judge_week_days(const TextClaim& claim) {
    const int since_monday = (weekday_of(today_) + 6) % 7;
    const LocalDay monday = today_ - days{since_monday} + days{7 * claim.shift};
    for (LocalDay day = monday - days{1}; day <= monday + days{6}; day += days{1})
      if (within(claim.date, day)) return;
    const std::string what = std::string(shift_word(claim.shift)) + "week is ";
    find(claim, what + date_text(claim.date), what + iso_date(monday) + " to " + iso_date(monday + days{6}));
  }

  /// In a year of the window, or within three months of it.
  bool is_near(const TextDate& date) const {
    if (date.year >= year_of(window_start_) && date.year <= year_of(today_)) return true;
    return std::any_of(date.readings.begin(), date.readings.end(), [&](const DayMonth& reading) {
      const auto day = day_in(reading, date.year);
      return day && *day >= window_start_ - near && *day <= today_ + near;
    });
  }

  bool is_strange(const TextClaim& claim) const {
    return claim.kind == TextClaim::Kind::dated && !is_near(claim.date) && known_.years.count(claim.date.year) == 0;
  }

  /// Today's or yesterday's date, but one to three years off.
  bool is_slip(const TextClaim& claim) const {
    constexpr std::size_t iso_date_alone = 5;
    const int off = year_of(today_) - claim.date.year;
    const bool timed = claim.end - claim.begin > iso_date_alone && claim.date.form == TextDate::Form::iso;
    if (timed || is_sign(tokens_, claim.end + 1, ':')) return false;  // a line of a log
    TextDate yearless = claim.date;
    yearless.year = 0;
    return off >= -3 && off <= 3 && (within(yearless, today_) || within(yearless, today_ - days{1}));
  }

  /// A date of writing in a strange year; or, in a heading, a slip, if nothing says that the past is meant.
  void judge_dated(const TextClaim& claim) {
    if (!is_strange(claim)) return;
    const bool slip =
        claim.in_heading && !claim.of_past && only_slips_ && is_slip(claim) && !right_weekday_before(claim);
    if (!claim.of_today && !slip) return;
    const std::string year = std::to_string(claim.date.year);
    find(claim, "this is written in " + year,
         "today is " + day_text(today_) + ", and nothing that the run was given names " + year);
  }

  /// "Monday, 24 November 2025" with the weekday of that year is meant so.
  bool right_weekday_before(const TextClaim& claim) const {
    const auto day = day_in(claim.date.readings.front(), claim.date.year);
    for (std::size_t by = 1; day && by <= 3 && by <= claim.begin; ++by)
      if (is_weekday(tokens_, claim.begin - by)) return tokens_[claim.begin - by].meaning.weekday == weekday_of(*day);
    return false;
  }

  std::string_view text_;
  Tokens tokens_;
  LocalDay today_;
  seconds offset_;
  LocalDay window_start_;
  Known known_;
  bool only_slips_ = false;  ///< no date in a strange year but this one: a text on the past has others
  std::size_t judged_ = 0;
  std::vector<TextFinding> found_;
};

}  // namespace

TextFacts text_facts(const RunTime& run) { return {run.as_of, run.zone, run.window_start, today_of(run)}; }

std::string to_string(const TextFinding& finding) {
  return "'" + finding.excerpt + "' says that " + finding.says + ", but " + finding.should_be;
}

std::vector<TextFinding> check_text(std::string_view text, const TextFacts& facts,
                                    const std::vector<std::string_view>& given) {
  return Check(text, facts, given).run();
}

}  // namespace nowd
