#include "domain/clocks/chrony.hpp"

#include <charconv>
#include <cmath>
#include <vector>

namespace nowd {
namespace {

// Reference id, name, stratum, reference time, system time, last offset, RMS offset, frequency, residual, skew, root
// delay, root dispersion, update interval, leap status.
constexpr std::size_t fields = 14, system_time = 4, root_delay = 10, root_dispersion = 11, leap_status = 13;
constexpr double most_seconds = 1e6;

std::vector<std::string_view> split(std::string_view line) {
  std::vector<std::string_view> out;
  for (std::size_t comma = 0; comma != std::string_view::npos;) {
    comma = line.find(',');
    out.push_back(line.substr(0, comma));
    line.remove_prefix(comma == std::string_view::npos ? line.size() : comma + 1);
  }
  return out;
}

std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc{} || end != text.data() + text.size() || !(std::abs(value) < most_seconds))
    return std::nullopt;
  return std::abs(value);
}

}  // namespace

std::optional<nanoseconds> chrony_bound(std::string_view tracking) {
  const auto row = split(tracking.substr(0, tracking.find('\n')));
  if (row.size() != fields || row[leap_status] == "Not synchronised") return std::nullopt;
  const auto to_slew = number(row[system_time]), delay = number(row[root_delay]),
             dispersion = number(row[root_dispersion]);
  if (!to_slew || !delay || !dispersion) return std::nullopt;
  return nanoseconds{static_cast<std::int64_t>(std::ceil((*to_slew + *delay / 2 + *dispersion) * 1e9))};
}

}  // namespace nowd
