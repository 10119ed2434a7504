#include "config/job/model_section.hpp"

#include <algorithm>

#include "config/daemon/provider_section.hpp"
#include "config/job/clocks_section.hpp"
#include "domain/gates/stated_date.hpp"

namespace nowd {
namespace {

constexpr int max_calls = 10'000;
constexpr std::int64_t max_token_count = 10'000'000;
constexpr std::int64_t max_budget = 1'000'000'000;

void read_limits(const Mapping& map, Limits& limits) {
  assign(limits.wall, map["wall"].duration(seconds{1}, hours{24}));
  if (auto calls = map["model_calls"].integer(1, max_calls)) limits.model_calls = static_cast<int>(*calls);
  if (auto calls = map["tool_calls"].integer(0, max_calls)) limits.tool_calls = static_cast<int>(*calls);
  if (auto tokens = map["input_tokens"].integer(1, max_budget)) limits.input_tokens = *tokens;
  if (auto tokens = map["output_tokens"].integer(1, max_budget)) limits.output_tokens = *tokens;
  if (auto usd = read_usd(map["usd"])) limits.usd = *usd;
  if (auto usd = read_usd(map["usd_per_day"])) limits.usd_per_day = *usd;
}

void read_stop_action(const Field& field, Stop stop, StopRules& rules) {
  const auto word = field.filled_text();
  if (!word) return;
  const auto offered = offered_actions(stop);
  const auto action = parse_stop_action(*word);
  if (action && std::ranges::find(offered, *action) != offered.end()) {
    rules[stop] = *action;
    return;
  }
  std::string known;
  for (const StopAction each : offered) known += (known.empty() ? "" : ", ") + std::string(to_string(each));
  field.error("'" + *word + "' cannot be done about " + std::string(to_string(stop)) + "; use " + known);
}

void read_stop(const Mapping& map, StopRules& rules) {
  for (const std::string_view key : known_keys(Section::stop)) read_stop_action(map[key], *parse_stop(key), rules);
}

void read_ceiling(const Field& field, Job& job) {
  const auto tokens = field.integer(1, max_token_count);
  if (!tokens) return;
  job.max_output_tokens_ceiling = *tokens;
  if (job.max_output_tokens && *tokens < *job.max_output_tokens)
    field.error("is less than max_output_tokens (" + std::to_string(*job.max_output_tokens) + "); make it larger");
}

void read_output(const Mapping& map, OutputRules& output) {
  assign(output.format, map["format"].choice(format_words));
  const Field schema = map["schema"];
  if (auto json = schema.json_object()) {
    if (output.format != OutputRules::Format::json)
      schema.error("is for format: json only; set that, or remove the schema");
    if (json->contains("properties") && json->at("properties").is_object() &&
        json->at("properties").contains(stated_date_argument))
      schema.error("has a property '" + std::string(stated_date_argument) +
                   "', in which the model states its date and which is taken out; call it something else");
    output.schema = std::move(*json);
  }
  assign(output.min_chars, map["min_chars"].integer(0, 10'000'000));
  assign(output.must_end_with, map["must_end_with"].filled_text());
  assign(output.must_call, map["must_call"].texts());
}

}  // namespace

void read_model_keys(const Mapping& map, Job& job) {
  if (auto tokens = map["max_output_tokens"].integer(1, max_token_count)) job.max_output_tokens = *tokens;
  read_ceiling(map["max_output_tokens_ceiling"], job);
  read_stop(Mapping(map["stop"], Section::stop), job.stop);
  if (!job.params.is_object()) job.params = Json::object();
  if (auto params = map["params"].json_object()) job.params.update(*params);
  read_output(Mapping(map["output"], Section::output), job.output);
  read_limits(Mapping(map["limits"], Section::limits), job.limits);
  assign(job.priority, map["priority"].choice(priority_words));
  read_clocks(map["clocks"], job);
}

}  // namespace nowd
