// output, limits, clocks, stop, missed and overlap: the rules for a run and for its start.
#include "config/job/sections.hpp"

#include <algorithm>

#include "domain/gates/stated_date.hpp"
#include "foundation/text/nearest.hpp"

namespace nowd {
namespace {}  // namespace

void read_clocks(const Field& field, Job& job) {
  if (!field.present()) return;
  if (field.is(Node::Kind::map)) {
    const Mapping map = read_section(field, job.clocks).map();
    if (auto valid = map["valid_for"].duration(seconds{1}, max_validity)) job.valid_for = *valid;
    return;
  }
  const auto word = field.filled_text();
  if (!word) return;
  if (const auto preset = clock_preset(*word))
    job.clocks = *preset;
  else
    field.error_unknown(*word, {"strict", "standard", "observe"});
}

namespace {

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
  for (const KeyRow& key : table_of<StopRules>().keys) read_stop_action(map[key.name], *parse_stop(key.name), rules);
}

void check_ceiling(const Field& field, const Job& job) {
  if (job.max_output_tokens && *job.max_output_tokens_ceiling < *job.max_output_tokens)
    field.error("is less than max_output_tokens (" + std::to_string(*job.max_output_tokens) + "); make it larger");
}

void read_output(const Field& field, OutputRules& output) {
  const KeyReader reader = read_section(field, output);
  if (!reader.has_read("schema")) return;
  const Field schema = reader.map()["schema"];
  if (output.format != OutputRules::Format::json)
    schema.error("is for format: json only; set that, or remove the schema");
  if (const auto found = output.schema.find("properties");
      found != output.schema.end() && found->is_object() && found->contains(stated_date_argument))
    schema.error("has a property '" + std::string(stated_date_argument) +
                 "', in which the model states its date and which is taken out; call it something else");
}

}  // namespace

void read_model_keys(const KeyReader& reader, Job& job) {
  const Mapping& map = reader.map();
  if (reader.has_read("max_output_tokens_ceiling")) check_ceiling(map["max_output_tokens_ceiling"], job);
  read_stop(Mapping(map["stop"], table_of<StopRules>()), job.stop);
  if (!job.params.is_object()) job.params = Json::object();
  if (auto params = map["params"].json_object()) job.params.update(*params);
  read_output(map["output"], job.output);
  read_clocks(map["clocks"], job);
}

namespace {

void read_missed(const Field& field, MissedRules& rules) {
  if (field.is(Node::Kind::scalar)) return assign(rules.policy, field.choice(missed_words));
  rules.not_after.reset();  // of defaults.missed: a mapping replaces it
  const KeyReader reader = read_section(field, rules);
  const Mapping& map = reader.map();
  if (rules.window && *rules.window < rules.grace && !map.has("window"))
    map["grace"].error("(" + human(rules.grace) + ") is longer than the window of defaults.missed (" +
                       human(*rules.window) + "): an occurrence on time could not start; set a window here, too");
  else if (rules.window && *rules.window < rules.grace)
    map["window"].error("(" + human(*rules.window) + ") is shorter than grace (" + human(rules.grace) +
                        "): an occurrence on time could not start; make it at least as long");
  if (reader.has_read("max") && rules.policy != MissedRules::Policy::all)
    map["max"].error("is for policy: all only; set that, or remove it");
}

void read_overlap(const Field& field, OverlapRules& rules) {
  if (field.is(Node::Kind::scalar)) return assign(rules.policy, field.choice(overlap_words));
  const KeyReader reader = read_section(field, rules);
  reader.map().required("policy", "write policy: skip");
  if (reader.has_read("max") && rules.policy != OverlapRules::Policy::buffer_all)
    reader.map()["max"].error("is for policy: buffer_all only; set that, or remove it");
}

/// The irreversible effect of a run of this job, as a part of a message; empty if there is none.
std::string for_good(const Config* config, const Job& job) {
  if (job.command && job.command->repeat == CommandAgent::Repeat::once)
    return "the effects of its command cannot be undone";
  for (const ToolUse& use : job.tools) {
    if (config == nullptr || config->tools.count(use.name) == 0) continue;
    if (config->tools.at(use.name).effect == Effect::irreversible)
      return "the effect of " + in_quotes(use.name) + " is irreversible";
  }
  return "";
}

}  // namespace

void read_missed_and_overlap(const Mapping& map, Job& job) {
  if (map.has("missed")) read_missed(map["missed"], job.missed);
  if (map.has("overlap")) read_overlap(map["overlap"], job.overlap);
}

void warn_of_late_effects(const Field& schedule, bool decided, const Config* config, const Job& job) {
  if (decided || std::holds_alternative<Manual>(job.schedule.kind)) return;
  const std::string what = for_good(config, job);
  if (what.empty()) return;
  schedule.warning(
      "has no missed: key. If nowd was not running when the job was due, the newest missed run starts up "
      "to " +
      human(job.missed.reach()) + " late, and " + what +
      ". Write missed: latest to keep it so, missed: skip to never start late, or missed: {window: 2h} to "
      "start at most that late");
}

}  // namespace nowd
