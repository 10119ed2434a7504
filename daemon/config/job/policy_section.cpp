#include "config/job/policy_section.hpp"

namespace nowd {
namespace {

constexpr milliseconds max_lateness{days{31}};
constexpr int max_at_once = 1'000;

std::optional<seconds> time_of_day(const Field& field) {
  const auto text = field.filled_text();
  if (!text) return std::nullopt;
  const auto slot = parse_local("2000-01-01T" + *text);
  if (slot) return std::chrono::duration_cast<seconds>(*slot - LocalTime{day_of(*slot)});
  field.error(in_quotes(*text) + " is not a time of day; write it like \"18:00\", in quotes");
  return std::nullopt;
}

void read_missed(const Field& field, MissedRules& rules) {
  if (field.is(Node::Kind::scalar)) return assign(rules.policy, field.choice(missed_words));
  const Mapping map(field, Section::missed);
  assign(rules.policy, map["policy"].choice(missed_words));
  assign(rules.grace, map["grace"].duration(milliseconds{0}, max_lateness));
  if (auto window = map["window"].duration(seconds{1}, max_lateness)) rules.window = *window;
  if (rules.window && *rules.window < rules.grace && !map.has("window"))
    map["grace"].error("(" + human(rules.grace) + ") is longer than the window of defaults.missed (" +
                       human(*rules.window) + "): what is on time could not start; set a window here, too");
  else if (rules.window && *rules.window < rules.grace)
    map["window"].error("(" + human(*rules.window) + ") is shorter than grace (" + human(rules.grace) +
                        "): what is on time could not start; make it at least as long");
  rules.not_after = time_of_day(map["not_after"]);
  if (auto max = map["max"].integer(1, max_at_once)) {
    rules.max = static_cast<int>(*max);
    if (rules.policy != MissedRules::Policy::all) map["max"].error("is for policy: all only; set that, or remove it");
  }
}

void read_overlap(const Field& field, OverlapRules& rules) {
  if (field.is(Node::Kind::scalar)) return assign(rules.policy, field.choice(overlap_words));
  const Mapping map(field, Section::overlap);
  assign(rules.policy, map.required("policy", "write policy: skip").choice(overlap_words));
  if (auto max = map["max"].integer(1, max_at_once)) {
    rules.max = static_cast<int>(*max);
    if (rules.policy != OverlapRules::Policy::buffer_all)
      map["max"].error("is for policy: buffer_all only; set that, or remove it");
  }
}

/// What a run of this job does that nobody can undo; empty if it does nothing of the kind.
std::string for_good(const Config* config, const Job& job) {
  if (job.command && job.command->repeat == CommandAgent::Repeat::once) return "what its command does cannot be undone";
  for (const ToolUse& use : job.tools) {
    if (config == nullptr || config->tools.count(use.name) == 0) continue;
    if (config->tools.at(use.name).effect == Effect::irreversible)
      return "what " + in_quotes(use.name) + " does is irreversible";
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
