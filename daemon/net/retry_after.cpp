#include "net/retry_after.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "foundation/json.hpp"
#include "net/http_rules.hpp"

namespace nowd {
namespace {

constexpr milliseconds longest_wait{hours{24}};

milliseconds bounded(double ms) {
  if (!(ms > 0)) return milliseconds{0};
  const auto most = static_cast<double>(longest_wait.count());
  return milliseconds{static_cast<std::int64_t>(std::ceil(std::min(ms, most)))};
}

/// A decimal number without sign and exponent at the start of `text`, which is moved past it.
std::optional<double> take_number(std::string_view& text) {
  const std::size_t size = std::min(text.find_first_not_of("0123456789."), text.size());
  double value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + size, value, std::chars_format::fixed);
  const bool too_large = failed == std::errc::result_out_of_range;
  if ((failed != std::errc{} && !too_large) || end != text.data() + size) return std::nullopt;
  text.remove_prefix(size);
  return too_large ? HUGE_VAL : value;
}

/// "20", "20.5" (seconds), "3s", "1m30s". In the order in which units are tried, "m" may not take the letter of "ms".
std::optional<milliseconds> span_of(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, double>, 4> units{
      {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}}};
  double ms = 0;
  bool has_unit = false;
  while (!text.empty()) {
    const auto number = take_number(text);
    if (!number) return std::nullopt;
    if (text.empty() && !has_unit) return bounded(*number * 1000);
    const auto unit = std::ranges::find_if(units, [&](const auto& one) { return text.starts_with(one.first); });
    if (unit == units.end()) return std::nullopt;
    text.remove_prefix(unit->first.size());
    ms += *number * unit->second;
    has_unit = true;
  }
  return has_unit ? std::optional(bounded(ms)) : std::nullopt;
}

const Json* retry_after_of(const Json& body) {
  if (!body.is_object()) return nullptr;
  if (const auto found = body.find("retry_after"); found != body.end()) return &*found;
  const auto parameters = body.find("parameters");
  return parameters != body.end() ? retry_after_of(*parameters) : nullptr;
}

}  // namespace

std::optional<milliseconds> retry_after(std::string_view header, std::optional<Instant> date, Instant now) {
  const std::string_view text = trimmed(header);
  if (const auto span = span_of(text)) return span;
  const auto until = parse_http_date(text);
  if (!until) return std::nullopt;
  const auto wait = std::chrono::ceil<milliseconds>(*until - date.value_or(now));
  return std::clamp(wait, milliseconds{0}, longest_wait);
}

std::optional<milliseconds> retry_after_in_body(std::string_view body) {
  const auto parsed = parse_json(body);
  const Json* wait = parsed ? retry_after_of(*parsed) : nullptr;
  if (wait == nullptr) return std::nullopt;
  if (wait->is_number())
    return wait->get<double>() >= 0 ? std::optional(bounded(wait->get<double>() * 1000)) : std::nullopt;
  return wait->is_string() ? span_of(trimmed(wait->get_ref<const std::string&>())) : std::nullopt;
}

}  // namespace nowd
