#include "foundation/time/zone_data.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <numeric>

#include "foundation/text/nearest.hpp"
#include "foundation/text/scan.hpp"
#include "foundation/text/words.hpp"
#include "foundation/time/tzif.hpp"

namespace nowd {
namespace {

constexpr std::array<std::string_view, 5> not_zones{"localtime", "posixrules", "Factory", "posix", "right"};

/// Many people write the city alone.
std::size_t distance_to_name(const std::string& wrong, const std::string& name) {
  const std::size_t city = name.rfind('/') + 1;
  return std::min(edit_distance(wrong, name), edit_distance(wrong, name.substr(city)));
}

/// A place at each whole hour from UTC, so far as people mean one by an offset; [0] is 11 hours behind.
constexpr std::array<std::string_view, 26> places{
    "Pacific/Pago_Pago", "Pacific/Honolulu",   "America/Anchorage", "America/Los_Angeles", "America/Denver",
    "America/Chicago",   "America/New_York",   "America/Halifax",   "America/Sao_Paulo",   "America/Noronha",
    "Atlantic/Azores",   "Europe/London",      "Europe/Berlin",     "Europe/Athens",       "Europe/Istanbul",
    "Asia/Dubai",        "Asia/Karachi",       "Asia/Dhaka",        "Asia/Bangkok",        "Asia/Singapore",
    "Asia/Tokyo",        "Australia/Brisbane", "Pacific/Noumea",    "Pacific/Auckland",    "Pacific/Tongatapu",
    "Pacific/Kiritimati"};

struct SignedOffset {
  bool west = false;
  int hours = 0;
  bool whole = true;  ///< no minutes

  std::string place() const {
    const int east = west ? -hours : hours;
    return east < -11 || east > 14 ? "Europe/Berlin" : std::string(places[static_cast<std::size_t>(east + 11)]);
  }
};

/// "+5", "-03", "+05:30", "+0530"
std::optional<SignedOffset> scan_offset(std::string_view text) {
  Scanner in(text);
  SignedOffset offset;
  offset.west = in.peek() == '-';
  if (!in.take_one_of("+-")) return std::nullopt;
  const std::string_view digits = in.take_while(is_digit);
  if (digits.empty() || digits.size() > 4 || digits.size() == 3) return std::nullopt;
  offset.hours = std::stoi(std::string(digits.substr(0, std::min<std::size_t>(digits.size(), 2))));
  std::string_view minutes = digits.substr(std::min<std::size_t>(digits.size(), 2));
  if (minutes.empty() && in.take(":")) minutes = in.take_while(is_digit);
  offset.whole = minutes.empty() || minutes == "00";
  return in.done() && offset.hours <= 24 ? std::optional(offset) : std::nullopt;
}

std::string hours_text(int hours) { return hours == 1 ? "1 hour" : std::to_string(hours) + " hours"; }

}  // namespace

std::optional<std::string> remedy_for_offset(std::string_view name) {
  std::string rest = lower(name);
  for (const std::string_view prefix : {"etc/", "utc", "gmt"})
    if (rest.starts_with(prefix)) rest.erase(0, prefix.size());
  const auto offset = scan_offset(rest);
  if (!offset) return std::nullopt;
  std::string remedy = "it is an offset; name a region, such as " + offset->place();
  if (!offset->whole || offset->hours == 0 || offset->hours > (offset->west ? 12 : 14)) return remedy;
  return remedy + "; " + hours_text(offset->hours) + (offset->west ? " behind" : " ahead of") +
         " UTC all year round is Etc/GMT" + (offset->west ? "+" : "-") + std::to_string(offset->hours) +
         " (there the sign counts the other way)";
}

std::optional<std::string> note_on_reversed_sign(std::string_view name) {
  constexpr std::string_view prefix = "Etc/GMT";
  if (!name.starts_with(prefix)) return std::nullopt;
  const auto written = scan_offset(name.substr(prefix.size()));
  if (!written || written->hours == 0) return std::nullopt;
  const SignedOffset meant{!written->west, written->hours, true};
  return std::string(name) + " is " + hours_text(written->hours) + (meant.west ? " behind" : " ahead of") +
         " UTC: there the sign counts the other way; name a region, such as " + meant.place();
}

bool is_zone_name_shaped(std::string_view name) {
  const auto allowed = [](char c) {
    return is_letter(c) || is_digit(c) || c == '/' || c == '_' || c == '+' || c == '-';
  };
  const std::string_view top = name.substr(0, name.find('/'));
  // No dots at all, so no "..": no name has one, while the tables beside the zones do (zone.tab).
  return !top.empty() && name.size() <= 64 && name.back() != '/' && std::all_of(name.begin(), name.end(), allowed) &&
         std::find(not_zones.begin(), not_zones.end(), top) == not_zones.end();
}

std::vector<std::string> zone_names() {
  namespace fs = std::filesystem;
  std::vector<std::string> names;
  std::error_code error;
  const fs::path root(zoneinfo_directory);
  for (fs::recursive_directory_iterator it(root, error), end; !error && it != end; it.increment(error)) {
    std::string name = it->path().string().substr(zoneinfo_directory.size() + 1);
    const bool plausible = is_zone_name_shaped(name);
    if (it->is_directory(error)) {
      if (!plausible) it.disable_recursion_pending();
    } else if (plausible && name != "leapseconds") {
      names.push_back(std::move(name));
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::optional<std::string> nearest_zone_name(std::string_view wrong) {
  if (wrong.empty()) return std::nullopt;
  const std::string wanted = lower(wrong.substr(0, 64));
  std::optional<std::string> nearest;
  std::size_t best = std::max<std::size_t>(1, wanted.size() / 4) + 1;
  for (std::string& name : zone_names()) {
    const std::size_t distance = distance_to_name(wanted, lower(name));
    if (distance >= best) continue;
    best = distance;
    nearest = std::move(name);
  }
  return nearest;
}

namespace {

// One more than the last promised year, because a period needs an end.
constexpr int last_year = 2201;

std::string path_of(std::string_view name) { return std::string(zoneinfo_directory) + "/" + std::string(name); }

Error unknown_zone(std::string_view name) {
  std::string message = "time zone '" + std::string(name) + "' is not known: ";
  if (const auto remedy = remedy_for_offset(name)) return invalid(message + *remedy);
  if (const auto nearest = nearest_zone_name(name)) return invalid(message + "did you mean " + *nearest + "?");
  return invalid(message + "write an IANA name such as Europe/Berlin");
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void append(std::vector<OffsetPeriod>& periods, const ZoneChange& change) {
  OffsetPeriod& back = periods.back();
  if (back.offset == change.to.offset && back.abbreviation == change.to.abbreviation) return;
  back.end = change.at;
  periods.push_back({change.at, Instant::max(), change.to.offset, change.to.abbreviation});
}

Result<std::shared_ptr<const Zone::Data>> read_zone(const std::string& name) {
  const std::string content = read_file(path_of(name));
  if (!content.starts_with("TZif")) return unknown_zone(name);
  const auto compiled = parse_tzif(content);
  const auto rule = compiled ? parse_posix_zone(compiled->footer) : std::nullopt;
  if (!compiled || (!rule && !compiled->footer.empty()))
    return invalid(path_of(name) + " is not a zone file of version 2 or later: install tzdata anew");

  auto data = std::make_shared<Zone::Data>();
  data->name = name;
  data->release = tzdata_version();
  data->periods.push_back({Instant::min(), Instant::max(), compiled->first.offset, compiled->first.abbreviation});
  for (const ZoneChange& change : compiled->changes) append(data->periods, change);
  if (!rule) return std::shared_ptr<const Zone::Data>(std::move(data));
  // Without listed changes the footer is valid for all time; nowd promises the years from 1970.
  const Instant last = compiled->changes.empty() ? Instant{} : compiled->changes.back().at;
  for (const ZoneChange& change : rule->changes(last, last_year)) append(data->periods, change);
  return std::shared_ptr<const Zone::Data>(std::move(data));
}

/// The identity of a file: an upgrade of tzdata replaces it by another one.
struct FileStamp {
  std::filesystem::file_time_type written;
  std::uintmax_t size = 0;
  bool operator==(const FileStamp&) const = default;
};

std::optional<FileStamp> stamp_of(const std::string& path) {
  std::error_code error;
  const FileStamp stamp{std::filesystem::last_write_time(path, error), std::filesystem::file_size(path, error)};
  if (error) return std::nullopt;
  return stamp;
}

/// Jobs share their zones. Only a cache: results do not depend on it.
class ZoneMemo {
 public:
  Result<std::shared_ptr<const Zone::Data>> get(const std::string& name) {
    const auto stamp = stamp_of(path_of(name));
    if (!stamp) return unknown_zone(name);
    const std::lock_guard lock(mutex_);
    if (const auto found = zones_.find(name); found != zones_.end() && found->second.stamp == *stamp)
      return found->second.data;
    auto data = read_zone(name);
    if (data) zones_[name] = {*stamp, *data};
    return data;
  }

 private:
  struct Entry {
    FileStamp stamp;
    std::shared_ptr<const Zone::Data> data;
  };
  std::mutex mutex_;
  std::map<std::string, Entry> zones_;
};

}  // namespace

std::size_t Zone::Data::index(Instant at) const {
  const auto later = std::upper_bound(periods.begin(), periods.end(), at,
                                      [](Instant value, const OffsetPeriod& period) { return value < period.begin; });
  return static_cast<std::size_t>(later - periods.begin()) - 1;
}

Result<std::shared_ptr<const Zone::Data>> load_zone(std::string_view name) {
  static ZoneMemo memo;
  if (!is_zone_name_shaped(name)) return unknown_zone(name);
  return memo.get(std::string(name));
}

}  // namespace nowd
