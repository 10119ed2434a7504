#include "foundation/zone_names.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <numeric>

#include "foundation/nearest.hpp"
#include "foundation/scan.hpp"

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

}  // namespace

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
