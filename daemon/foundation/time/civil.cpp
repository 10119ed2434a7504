#include "foundation/time/civil.hpp"

#include <date/date.h>
#include <algorithm>
#include <array>
#include <fstream>
#include <locale>
#include <sstream>

#include "foundation/time/zone_data.hpp"

namespace nowd {
namespace {

/// No offset was ever further from UTC than this since 1900.
constexpr hours widest_offset{24};

Instant as_utc(LocalTime local) { return Instant{local.time_since_epoch()}; }

}  // namespace

Result<Zone> Zone::find(std::string_view iana_name) {
  if (iana_name == "UTC") return utc();  // needs no file
  auto data = load_zone(iana_name);
  if (!data) return data.error();
  return Zone(std::move(*data));
}

Zone Zone::utc() {
  static const auto data = std::make_shared<const Data>(
      Data{"UTC", {OffsetPeriod{Instant::min(), Instant::max(), seconds{0}, "UTC"}}, tzdata_version()});
  return Zone(data);
}

const std::string& Zone::name() const { return data_->name; }

const std::string& Zone::release() const { return data_->release; }

OffsetPeriod Zone::period(Instant at) const { return data_->periods[data_->index(at)]; }

seconds Zone::offset(Instant at) const { return data_->periods[data_->index(at)].offset; }

LocalTime Zone::local(Instant at) const {
  return LocalTime{std::chrono::floor<seconds>(at.time_since_epoch()) + offset(at)};
}

Resolution Zone::resolve(LocalTime local) const {
  const auto& periods = data_->periods;
  Resolution found;
  int readings = 0;
  // Each period is asked whether its clocks showed this time; more than two neighbours are never near enough.
  for (std::size_t i = data_->index(as_utc(local) - widest_offset);
       i < periods.size() && periods[i].begin <= as_utc(local) + widest_offset; ++i) {
    const Instant at = as_utc(local) - periods[i].offset;
    if (at >= periods[i].end) continue;
    const bool jumped_over = at < periods[i].begin;
    if (jumped_over && readings > 0) break;
    found.second = jumped_over ? periods[i].begin : at;
    if (readings++ == 0) {
      found.first = found.second;
      found.offset_before = jumped_over ? periods[i - 1].offset : periods[i].offset;
    }
    found.offset_after = periods[i].offset;
    if (jumped_over) {
      found.what = Resolution::Case::nonexistent;
      return found;
    }
  }
  if (readings > 1) found.what = Resolution::Case::ambiguous;
  return found;
}

bool Zone::same_rules(const Zone& other) const {
  const auto same = [](const OffsetPeriod& a, const OffsetPeriod& b) {
    return a.begin == b.begin && a.offset == b.offset && a.abbreviation == b.abbreviation;
  };
  return data_ == other.data_ || std::equal(data_->periods.begin(), data_->periods.end(), other.data_->periods.begin(),
                                            other.data_->periods.end(), same);
}

std::vector<OffsetChange> Zone::changes(Instant from, Instant until) const {
  std::vector<OffsetChange> out;
  const auto& periods = data_->periods;
  for (std::size_t i = data_->index(from) + 1; i < periods.size() && periods[i].begin <= until; ++i)
    if (periods[i].offset != periods[i - 1].offset)
      out.push_back({periods[i].begin, periods[i - 1].offset, periods[i].offset});
  return out;
}

std::string tzdata_version() {
  std::ifstream file(std::string(zoneinfo_directory) + "/tzdata.zi");
  std::string hash, word, version;
  if (file >> hash >> word >> version && hash == "#" && word == "version") return version;
  return "unknown";
}

// Dates and times as text, for templates and for people. Always English: the classic locale, whatever the host's is.

namespace {

constexpr std::string_view conversions = "YmdHMSjVGuaAbBeyzZFT%";

constexpr std::array<std::string_view, 7> weekdays{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};

/// None if every conversion is listed; date has more, but templates must not depend on them.
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
