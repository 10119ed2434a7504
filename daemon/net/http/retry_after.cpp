#include "net/http/retry_after.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <utility>

namespace nowd {
namespace {

constexpr milliseconds max_wait = days{10 * 366};

/// Consumes a decimal number without sign and exponent at the start of `text`.
std::optional<double> consume_number(std::string_view& text) {
  const std::size_t size = std::min(text.find_first_not_of("0123456789."), text.size());
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + size, value, std::chars_format::fixed);
  if (error != std::errc() || end != text.data() + size) return {};
  text.remove_prefix(size);
  return value;
}

std::optional<milliseconds> wait_of(double ms) {
  if (!(ms >= 0 && ms <= static_cast<double>(max_wait.count()))) return {};
  return milliseconds{static_cast<std::int64_t>(std::ceil(ms))};
}

std::string_view without_blanks(std::string_view text) {
  constexpr const char* blanks = " \t\"";
  const std::size_t first = text.find_first_not_of(blanks);
  return first == text.npos ? "" : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

}  // namespace

std::optional<milliseconds> parse_wire_number(std::string_view text, double ms_each) {
  const auto number = consume_number(text);
  return number && text.empty() ? wait_of(*number * ms_each) : std::nullopt;
}

std::optional<milliseconds> parse_wire_duration(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, double>, 5> units{
      {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
  if (text.empty()) return {};
  double ms = 0;
  while (!text.empty()) {
    const auto number = consume_number(text);
    const auto unit = std::ranges::find_if(units, [&](const auto& one) { return text.starts_with(one.first); });
    if (!number || unit == units.end()) return {};
    text.remove_prefix(unit->first.size());
    ms += *number * unit->second;
  }
  return wait_of(ms);
}

std::optional<milliseconds> retry_after(std::string_view value, Instant now) {
  const std::string_view text = without_blanks(value);
  if (const auto number = parse_wire_number(text, 1000)) return number;
  if (const auto duration = parse_wire_duration(text)) return duration;
  const auto until = parse_http_date(text);
  if (!until || *until - now > max_wait) return {};
  return std::max(milliseconds{0}, std::chrono::ceil<milliseconds>(*until - now));
}

}  // namespace nowd
