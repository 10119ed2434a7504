#include "config/model_section.hpp"

#include "config/clocks_section.hpp"

namespace nowd {
namespace {

constexpr int most_calls = 10'000;
constexpr std::int64_t most_tokens = 10'000'000;

void read_limits(const Mapping& map, Limits& limits) {
  assign(limits.wall, map["wall"].duration(seconds{1}, hours{24}));
  if (auto calls = map["model_calls"].integer(1, most_calls)) limits.model_calls = static_cast<int>(*calls);
  if (auto calls = map["tool_calls"].integer(0, most_calls)) limits.tool_calls = static_cast<int>(*calls);
}

void read_output(const Mapping& map, OutputRules& output) {
  assign(output.format, map["format"].choice(format_words));
  const Field schema = map["schema"];
  if (auto json = schema.json_object()) {
    if (output.format != OutputRules::Format::json)
      schema.error("is for format: json only; set that, or remove the schema");
    output.schema = std::move(*json);
  }
  assign(output.min_chars, map["min_chars"].integer(0, 10'000'000));
  assign(output.must_end_with, map["must_end_with"].filled_text());
}

}  // namespace

void read_model_keys(const Mapping& map, Job& job) {
  if (auto tokens = map["max_output_tokens"].integer(1, most_tokens)) job.max_output_tokens = *tokens;
  if (!job.params.is_object()) job.params = Json::object();
  if (auto params = map["params"].json_object()) job.params.update(*params);
  read_output(Mapping(map["output"], Section::output), job.output);
  read_limits(Mapping(map["limits"], Section::limits), job.limits);
  read_clocks(map["clocks"], job);
}

}  // namespace nowd
