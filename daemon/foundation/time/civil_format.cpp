// Dates and times as text, for templates and for people. Always English: the classic locale, whatever the host's is.
#include <date/date.h>

#include <array>
#include <locale>
#include <sstream>

#include "foundation/time/civil.hpp"

namespace nowd {
namespace {

constexpr std::string_view conversions = "YmdHMSjVGuaAbBeyzZFT%";

constexpr std::array<std::string_view, 7> weekdays{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};

/// Nothing if every conversion is one of ours; date knows more, which a template must not come to rely on.
std::optional<Error> unknown_conversion(std::string_view format) {
  for (std::size_t i = format.find('%'); i != std::string_view::npos; i = format.find('%', i + 2)) {
    const std::string_view conversion = format.substr(i, 2);
    if (conversion.size() < 2 || conversions.find(conversion[1]) == std::string_view::npos)
      return invalid("'" + std::string(conversion) +
                     "' is not a date format: use %Y %m %d %H %M %S %j %V %G %u %a %A %b %B %e %y %z %Z %F %T or %%");
  }
  return std::nullopt;
}

std::size_t weekday_index(LocalDay day) { return date::weekday{date::local_days{day.time_since_epoch()}}.c_encoding(); }

}  // namespace

Result<std::string> format_local(std::string_view format, LocalTime local, seconds utc_offset, std::string_view zone) {
  if (auto error = unknown_conversion(format)) return *std::move(error);
  const date::local_seconds time{local.time_since_epoch()};
  const auto day = date::floor<date::days>(time);
  const date::fields<seconds> fields{date::year_month_day{day}, date::hh_mm_ss<seconds>{time - day}};
  const std::string abbreviation(zone);
  std::ostringstream out;
  out.imbue(std::locale::classic());
  date::to_stream(out, std::string(format).c_str(), fields, &abbreviation, &utc_offset);
  return std::move(out).str();
}

std::string_view weekday_name(LocalDay day) { return weekdays[weekday_index(day)]; }

std::string_view weekday_short(LocalDay day) { return weekday_name(day).substr(0, 3); }

std::string iso_week(LocalDay day) { return *format_local("%G-W%V", LocalTime{day}, seconds{0}, "UTC"); }

LocalDay day_of(LocalTime local) { return std::chrono::floor<days>(local); }

}  // namespace nowd
