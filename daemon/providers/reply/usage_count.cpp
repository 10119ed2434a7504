#include "providers/reply/usage_count.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "providers/wire/wire.hpp"

namespace nowd {
namespace {

using Count = std::optional<std::int64_t>;

std::optional<double> number_of(const Json& value) {
  if (value.is_number()) return value.get<double>();
  if (!value.is_string()) return {};
  const std::string& text = value.get_ref<const std::string&>();
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool good = error == std::errc() && end == text.data() + text.size();
  return good ? std::optional(number) : std::nullopt;
}

/// Adds the rest of the total to the missing count, or else to the output, which costs more.
void add_rest_of_total(Usage& usage, Count total) {
  const std::int64_t rest = total.value_or(0) - usage.input - usage.output;
  if (rest <= 0 || (usage.input == 0 && usage.output == 0)) return;
  (usage.input == 0 ? usage.input : usage.output) += rest;
}

/// A part larger than its whole was counted in addition to it, unless the total confirms the whole.
void limit_parts(Usage& usage, Count total) {
  const bool witnessed = total == usage.input + usage.output;
  if (!witnessed) usage.input = std::max(usage.input, usage.cached + usage.cache_write);
  if (!witnessed && usage.reasoning > usage.output) usage.output += usage.reasoning;
  usage.input = std::min(usage.input, max_token_count);
  usage.output = std::min(usage.output, max_token_count);
  usage.cached = std::min(usage.cached, usage.input);
  usage.cache_write = std::min(usage.cache_write, usage.input - usage.cached);
  usage.reasoning = std::min(usage.reasoning, usage.output);
}

}  // namespace

Count token_count(const Json& value, const char* name) {
  const Json* found = member(value, name);
  const auto number = found ? number_of(*found) : std::nullopt;
  if (!number || !(*number >= 0)) return {};
  return static_cast<std::int64_t>(std::ceil(std::min(*number, static_cast<double>(max_token_count))));
}

void keep_larger(TokenCounts& counts, const TokenCounts& more) {
  const auto keep = [&](Count TokenCounts::* part) {
    if (more.*part && (!(counts.*part) || *(more.*part) > *(counts.*part))) counts.*part = more.*part;
  };
  for (const auto part : {&TokenCounts::input, &TokenCounts::cached, &TokenCounts::output, &TokenCounts::reasoning,
                          &TokenCounts::cache_write, &TokenCounts::total})
    keep(part);
}

std::optional<CountedUsage> usage_from(const TokenCounts& counts, bool answered) {
  if (!counts.input && !counts.output && !counts.reasoning) return {};
  CountedUsage out{{.input = counts.input.value_or(0),
                    .cached = counts.cached.value_or(0),
                    .output = counts.output.value_or(0),
                    .reasoning = counts.reasoning.value_or(0),
                    .cache_write = counts.cache_write.value_or(0)},
                   false};
  add_rest_of_total(out.usage, counts.total);
  limit_parts(out.usage, counts.total);
  out.whole = out.usage.input > 0 && (out.usage.output > 0 || !answered);
  return out;
}

}  // namespace nowd
