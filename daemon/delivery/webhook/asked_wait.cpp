#include "delivery/webhook/asked_wait.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "foundation/json.hpp"
#include "net/http/http_rules.hpp"
#include "net/http/retry_after.hpp"

namespace nowd {
namespace {

constexpr milliseconds longest_wait{hours{24}};

const Json* retry_after_of(const Json& body) {
  if (!body.is_object()) return nullptr;
  if (const auto found = body.find("retry_after"); found != body.end()) return &*found;
  const auto parameters = body.find("parameters");
  return parameters != body.end() ? retry_after_of(*parameters) : nullptr;
}

std::optional<milliseconds> seconds_of(double count) {
  if (!(count >= 0)) return std::nullopt;
  const double ms = std::min(std::ceil(count * 1000), static_cast<double>(longest_wait.count()));
  return milliseconds{static_cast<std::int64_t>(ms)};
}

}  // namespace

std::optional<milliseconds> retry_after(std::string_view header, std::optional<Instant> date, Instant now) {
  const std::string_view text = trimmed(header);
  const auto wait = retry_after(text, date.value_or(now));
  if (wait) return std::clamp(*wait, milliseconds{0}, longest_wait);
  const bool is_huge = !text.empty() && text.find_first_not_of("0123456789") == text.npos;
  return is_huge ? std::optional(longest_wait) : std::nullopt;
}

std::optional<milliseconds> retry_after_in_body(std::string_view body) {
  const auto parsed = parse_json(body);
  const Json* wait = parsed ? retry_after_of(*parsed) : nullptr;
  if (wait == nullptr) return std::nullopt;
  if (wait->is_number()) return seconds_of(wait->get<double>());
  return wait->is_string() ? retry_after(wait->get_ref<const std::string&>(), std::nullopt, Instant{}) : std::nullopt;
}

}  // namespace nowd
