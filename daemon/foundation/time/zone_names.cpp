#include "foundation/time/zone_names.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <numeric>

#include "foundation/text/nearest.hpp"
#include "foundation/text/scan.hpp"

namespace nowd {
namespace {

constexpr std::array<std::string_view, 5> not_zones{"localtime", "posixrules", "Factory", "posix", "right"};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

/// People write the city alone as often as they misspell the whole.
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

}  // namespace nowd
