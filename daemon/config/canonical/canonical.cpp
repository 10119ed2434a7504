#include "config/canonical/canonical.hpp"

#include "config/yaml/words.hpp"
#include "foundation/random.hpp"

namespace nowd {
namespace {

// Json::object, because compilers differ on whether {{key, value}} is an object or an array of two.
Json action_json(const ExecAction& exec) { return Json::object({{"exec", exec.argv}}); }
Json action_json(const FileAction& file) { return Json::object({{"file", file.path}}); }
Json action_json(const HttpAction& http) {
  return Json::object({{"http",
                        {{"method", http.method},
                         {"url", http.url},
                         {"headers", http.headers},
                         {"body", http.body ? Json(*http.body) : Json()},
                         {"allow_private", http.allow_private},
                         {"hosts", http.hosts}}}});
}

Json action_json(const SqlAction& sql) {
  return Json::object({{"sql", {{"query", sql.query}, {"database", sql.database}}}});
}

Json input_json(const Input& input) {
  Json out = std::visit([](const auto& action) { return action_json(action); }, input.action);
  out["name"] = input.name;
  out["data_time"] = input.data_time;
  out["max_bytes"] = input.max_bytes;
  out["required"] = input.required;
  out["timeout_ms"] = input.timeout.count();
  return out;
}

Json command_json(const CommandAgent& command) {
  return {{"argv", command.argv},
          {"directory", command.directory},
          {"user", command.user},
          {"environment", Json(command.environment)},
          {"repeat", word_of(repeat_words, command.repeat)},
          {"max_bytes", command.max_bytes}};
}

Json tool_use_json(const ToolUse& use) { return {{"name", use.name}, {"bind", Json(use.bind)}}; }

template <class T, class ToJson>
Json array_of(const std::vector<T>& values, ToJson to_json) {
  Json out = Json::array();
  for (const T& value : values) out.push_back(to_json(value));
  return out;
}

Json kind_json(const Manual&) { return Json::object({{"manual", true}}); }
Json kind_json(const Cron& cron) { return Json::object({{"cron", cron.text()}}); }
Json kind_json(const Every& every) { return {{"every_s", every.period.count()}, {"anchor", rfc3339(every.anchor)}}; }
Json kind_json(const At& at) {
  return Json::object({{"at", array_of(at.slots, [](LocalTime slot) { return Json(iso(slot)); })}});
}

Json day_json(const std::optional<LocalDay>& day) { return day ? Json(iso_date(*day)) : Json(); }

}  // namespace

Json to_canonical(const Schedule& schedule) {
  Json out = std::visit([](const auto& kind) { return kind_json(kind); }, schedule.kind);
  out["timezone"] = schedule.zone.name();
  out["gap"] = word_of(gap_words, schedule.gap);
  out["fold"] = word_of(fold_words, schedule.fold);
  out["day_match"] = word_of(day_match_words, schedule.day_match);
  out["jitter_s"] = schedule.jitter.count();
  out["from"] = day_json(schedule.from);
  out["until"] = day_json(schedule.until);
  out["except"] = array_of(schedule.except, [](LocalDay day) { return Json(iso_date(day)); });
  return out;
}

namespace {

Json missed_json(const MissedRules& rules) {
  Json out = {{"policy", word_of(missed_words, rules.policy)}, {"max", rules.max}};
  if (rules.window) out["window_ms"] = rules.window->count();
  if (rules.not_after) out["not_after_s"] = rules.not_after->count();
  return out;
}

Json clocks_json(const ClockRules& rules) {
  return {{"as_of", word_of(authority_words, rules.as_of)},
          {"expiry", word_of(response_words, rules.expiry)},
          {"fresh_ms", rules.fresh ? Json(rules.fresh->count()) : Json()},
          {"rollover", word_of(response_words, rules.rollover)},
          {"skew_ms", rules.skew.count()},
          {"on_skew", word_of(response_words, rules.on_skew)},
          {"model_as_of", word_of(stating_words, rules.model_as_of)},
          {"data", word_of(response_words, rules.data)},
          {"lint", word_of(response_words, rules.lint)},
          {"probe_percent", rules.probe_percent}};
}

void add_inference_keys(const Job& job, Json& out) {
  if (job.max_output_tokens_ceiling) out["max_output_tokens_ceiling"] = *job.max_output_tokens_ceiling;
  if (job.priority != Priority::normal) out["priority"] = word_of(priority_words, job.priority);
  for (const auto& [stop, action] : job.stop) out["stop"][std::string(to_string(stop))] = to_string(action);
  for (const Fallback& each : job.fallbacks)
    out["fallbacks"].push_back({{"provider", each.provider}, {"prompt", each.prompt}});
  if (job.limits.input_tokens) out["limits"]["input_tokens"] = *job.limits.input_tokens;
  if (job.limits.output_tokens) out["limits"]["output_tokens"] = *job.limits.output_tokens;
  if (job.limits.usd) out["limits"]["usd"] = to_string(*job.limits.usd);
  if (job.limits.usd_per_day) out["limits"]["usd_per_day"] = to_string(*job.limits.usd_per_day);
}

/// ProviderAccounts that came later stand only where they are set: the revision of a job that has none stays what it
/// was.
void add_later_keys(const Job& job, Json& out) {
  if (job.when) {
    out["when"] = std::visit([](const auto& action) { return action_json(action); }, job.when->action);
    out["when"]["timeout_ms"] = job.when->timeout.count();
  }
  MissedRules usual;
  usual.grace = job.missed.grace;  // stands in a key of its own, from the beginning
  if (job.missed != usual) out["missed"] = missed_json(job.missed);
  if (job.overlap != OverlapRules{})
    out["overlap"] = {{"policy", word_of(overlap_words, job.overlap.policy)}, {"max", job.overlap.max}};
  if (!job.concurrency_key.empty()) out["concurrency_key"] = job.concurrency_key;
  if (job.after) out["after"] = *job.after;
  if (!job.deliver.empty()) out["deliver"] = job.deliver;
  if (!job.on_failure.empty()) out["on_failure"] = job.on_failure;
  if (!job.heartbeat.empty()) out["heartbeat"] = job.heartbeat;
  if (job.valid_for) out["valid_for_ms"] = job.valid_for->count();
  if (const auto& kept = job.retention.bodies) out["retention"]["bodies_ms"] = kept->count();
  if (const auto& kept = job.retention.runs) out["retention"]["runs_ms"] = kept->count();
  if (job.clocks != ClockRules{}) out["clocks"] = clocks_json(job.clocks);
  if (job.command) out["command"] = command_json(*job.command);
  if (!job.output.must_call.empty()) out["output"]["must_call"] = job.output.must_call;
  add_inference_keys(job, out);
}

}  // namespace

Json to_canonical(const Job& job) {
  Json out = {{"name", job.name},
              {"description", job.description},
              {"schedule", to_canonical(job.schedule)},
              {"grace_ms", job.missed.grace.count()},
              {"inputs", array_of(job.inputs, input_json)},
              {"prompt", job.prompt},
              {"system", job.system},
              {"provider", job.provider},
              {"max_output_tokens", job.max_output_tokens ? Json(*job.max_output_tokens) : Json()},
              {"params", job.params},
              {"tools", array_of(job.tools, tool_use_json)},
              {"output",
               {{"format", word_of(format_words, job.output.format)},
                {"schema", job.output.schema},
                {"min_chars", job.output.min_chars},
                {"must_end_with", job.output.must_end_with}}},
              {"limits",
               {{"wall_ms", job.limits.wall.count()},
                {"model_calls", job.limits.model_calls},
                {"tool_calls", job.limits.tool_calls}}}};
  add_later_keys(job, out);
  return out;
}

void set_canonical(Job& job) {
  job.canonical = dump_json(to_canonical(job));
  job.revision = sha256_hex(job.canonical);
  job.schedule_revision = sha256_hex(dump_json(to_canonical(job.schedule)));
}

}  // namespace nowd
