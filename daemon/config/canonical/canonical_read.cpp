// The way back from the canonical form.
#include "config/actions/tool_section.hpp"
#include "config/canonical/canonical.hpp"
#include "config/canonical/schedule_text.hpp"
#include "config/load.hpp"
#include "config/yaml/words.hpp"
#include "foundation/random.hpp"

namespace nowd {
namespace {

/// Thrown inside this file only: the form holds a value that no version of nowd wrote.
struct NotCanonical {
  std::string message;
};

template <class T>
T unwrap(Result<T> result) {
  if (!result) throw NotCanonical{result.error().message};
  return std::move(*result);
}

/// Keeps the default of `into` where the key is absent or null.
template <class T>
void read(const Json& object, const char* key, T& into) {
  const auto found = object.find(key);
  if (found != object.end() && !found->is_null()) into = found->get<T>();
}
void read(const Json& object, const char* key, Json& into) {
  if (const auto found = object.find(key); found != object.end()) into = *found;
}
template <class Rep, class Period>
void read(const Json& object, const char* key, std::chrono::duration<Rep, Period>& into) {
  Rep count = into.count();
  read(object, key, count);
  into = std::chrono::duration<Rep, Period>(count);
}
template <class T, std::size_t size>
void read(const Json& object, const char* key, const Words<T, size>& words, T& into) {
  std::string word = word_of(words, into);
  read(object, key, word);
  const auto meaning = meaning_of(words, word);
  if (!meaning) throw NotCanonical{std::string(key) + " has the unknown value '" + word + "'"};
  into = *meaning;
}

const Json& part(const Json& object, const char* key) {
  static const Json empty = Json::object();
  const auto found = object.find(key);
  return found == object.end() ? empty : *found;
}

std::optional<LocalDay> day_at(const Json& object, const char* key) {
  std::string text;
  read(object, key, text);
  return text.empty() ? std::nullopt : std::optional(unwrap(parse_local_day(text)));
}

void read_kind(const Json& json, Schedule& schedule) {
  if (json.contains("cron")) {
    schedule.kind = unwrap(Cron::parse(json["cron"].get<std::string>()));
  } else if (json.contains("every_s")) {
    Every every{seconds(json["every_s"].get<std::int64_t>()), Instant{}};
    if (every.period < seconds{1}) throw NotCanonical{"every_s is less than one second"};
    if (json.contains("anchor")) every.anchor = unwrap(parse_rfc3339(json["anchor"].get<std::string>()));
    schedule.kind = every;
  } else if (json.contains("at")) {
    At at;
    for (const Json& slot : json["at"]) at.slots.push_back(unwrap(parse_local(slot.get<std::string>())));
    if (at.slots.empty()) throw NotCanonical{"at is empty"};
    schedule.kind = std::move(at);
  }
}

Schedule read_schedule(const Json& json) {
  Schedule schedule;
  read_kind(json, schedule);
  std::string zone = "UTC";
  read(json, "timezone", zone);
  schedule.zone = unwrap(Zone::find(zone));
  read(json, "gap", gap_words, schedule.gap);
  read(json, "fold", fold_words, schedule.fold);
  read(json, "day_match", day_match_words, schedule.day_match);
  read(json, "jitter_s", schedule.jitter);
  schedule.from = day_at(json, "from");
  schedule.until = day_at(json, "until");
  for (const Json& day : part(json, "except"))
    schedule.except.push_back(unwrap(parse_local_day(day.get<std::string>())));
  schedule.text = schedule_text(schedule);
  return schedule;
}

HttpAction read_http(const Json& json) {
  HttpAction http;
  read(json, "method", http.method);
  read(json, "url", http.url);
  read(json, "headers", http.headers);
  if (json.contains("body") && !json["body"].is_null()) http.body = json["body"].get<std::string>();
  read(json, "allow_private", http.allow_private);
  read(json, "hosts", http.hosts);
  return http;
}

ExecAction read_exec(const Json& argv) { return {argv.get<std::vector<std::string>>()}; }

SqlAction read_sql(const Json& json) {
  SqlAction sql;
  read(json, "query", sql.query);
  read(json, "database", sql.database);
  return sql;
}

Input read_input(const Json& json) {
  Input input;
  if (json.contains("exec")) input.action = read_exec(json["exec"]);
  if (json.contains("sql")) input.action = read_sql(json["sql"]);
  if (json.contains("http")) input.action = read_http(json["http"]);
  if (json.contains("file")) input.action = FileAction{json["file"].get<std::string>()};
  read(json, "name", input.name);
  read(json, "data_time", input.data_time);
  read(json, "max_bytes", input.max_bytes);
  read(json, "required", input.required);
  read(json, "timeout_ms", input.timeout);
  return input;
}

ToolUse read_tool_use(const Json& json) {
  ToolUse use;
  read(json, "name", use.name);
  for (const auto& [argument, value] : part(json, "bind").items()) use.bind[argument] = value;
  return use;
}

CommandAgent read_command(const Json& json) {
  CommandAgent command;
  read(json, "argv", command.argv);
  if (command.argv.empty() || command.argv.front().empty()) throw NotCanonical{"command names no program"};
  read(json, "directory", command.directory);
  read(json, "user", command.user);
  read(json, "environment", command.environment);
  read(json, "repeat", repeat_words, command.repeat);
  read(json, "max_bytes", command.max_bytes);
  return command;
}

void read_rules(const Json& json, Job& job) {
  const Json& output = part(json, "output");
  read(output, "format", format_words, job.output.format);
  read(output, "schema", job.output.schema);
  read(output, "min_chars", job.output.min_chars);
  read(output, "must_end_with", job.output.must_end_with);
  read(output, "must_call", job.output.must_call);
  const Json& limits = part(json, "limits");
  read(limits, "wall_ms", job.limits.wall);
  read(limits, "model_calls", job.limits.model_calls);
  read(limits, "tool_calls", job.limits.tool_calls);
}

void read_policies(const Json& json, Job& job) {
  const Json& missed = part(json, "missed");
  read(missed, "policy", missed_words, job.missed.policy);
  read(missed, "max", job.missed.max);
  if (missed.contains("window_ms")) job.missed.window = milliseconds(missed["window_ms"].get<std::int64_t>());
  if (missed.contains("not_after_s")) job.missed.not_after = seconds(missed["not_after_s"].get<std::int64_t>());
  const Json& overlap = part(json, "overlap");
  read(overlap, "policy", overlap_words, job.overlap.policy);
  read(overlap, "max", job.overlap.max);
  read(json, "concurrency_key", job.concurrency_key);
}

void read_clock_rules(const Json& json, ClockRules& rules) {
  read(json, "as_of", authority_words, rules.as_of);
  read(json, "expiry", response_words, rules.expiry);
  if (json.contains("fresh_ms")) {
    const Json& fresh = json["fresh_ms"];
    rules.fresh = fresh.is_number() ? std::optional(milliseconds(fresh.get<std::int64_t>())) : std::nullopt;
  }
  read(json, "rollover", response_words, rules.rollover);
  read(json, "skew_ms", rules.skew);
  read(json, "on_skew", response_words, rules.on_skew);
  read(json, "model_as_of", stating_words, rules.model_as_of);
  read(json, "data", response_words, rules.data);
  read(json, "lint", response_words, rules.lint);
  read(json, "probe_percent", rules.probe_percent);
}

std::optional<Usd> usd_at(const Json& json, const char* key) {
  std::string text;
  read(json, key, text);
  return text.empty() ? std::nullopt : std::optional(unwrap(parse_usd(text)));
}

std::optional<std::int64_t> number_at(const Json& json, const char* key) {
  const Json& value = part(json, key);
  return value.is_number() ? std::optional(value.get<std::int64_t>()) : std::nullopt;
}

void read_inference_keys(const Json& json, Job& job) {
  job.max_output_tokens_ceiling = number_at(json, "max_output_tokens_ceiling");
  for (const auto& [word, value] : part(json, "stop").items()) {
    const auto stop = parse_stop(word);
    const auto action = parse_stop_action(value.get<std::string>());
    if (!stop || !action) throw NotCanonical{"stop has the unknown entry '" + word + "'"};
    job.stop[*stop] = *action;
  }
  read(json, "priority", priority_words, job.priority);
  for (const Json& each : part(json, "fallbacks"))
    job.fallbacks.push_back({each.at("provider").get<std::string>(), each.at("prompt").get<std::string>()});
  const Json& limits = part(json, "limits");
  job.limits.input_tokens = number_at(limits, "input_tokens");
  job.limits.output_tokens = number_at(limits, "output_tokens");
  job.limits.usd = usd_at(limits, "usd");
  job.limits.usd_per_day = usd_at(limits, "usd_per_day");
}

void read_later_keys(const Json& json, Job& job) {
  read_inference_keys(json, job);
  read_policies(json, job);
  read_clock_rules(part(json, "clocks"), job.clocks);
  if (json.contains("when")) {
    When when;
    if (json["when"].contains("exec")) when.action = read_exec(json["when"]["exec"]);
    if (json["when"].contains("sql")) when.action = read_sql(json["when"]["sql"]);
    read(json["when"], "timeout_ms", when.timeout);
    job.when = std::move(when);
  }
  if (json.contains("after")) {
    job.after = json["after"].get<std::string>();
    if (std::holds_alternative<Manual>(job.schedule.kind)) job.schedule.text = "after " + *job.after;
  }
  read(json, "deliver", job.deliver);
  read(json, "on_failure", job.on_failure);
  read(json, "heartbeat", job.heartbeat);
  if (json.contains("retention")) {
    const auto kept = [&](const char* key) {
      const Json& value = json["retention"].contains(key) ? json["retention"][key] : Json();
      return value.is_number() ? std::optional(milliseconds(value.get<std::int64_t>())) : std::nullopt;
    };
    job.retention = {kept("bodies_ms"), kept("runs_ms")};
  }
  if (json.contains("valid_for_ms")) job.valid_for = milliseconds(json["valid_for_ms"].get<std::int64_t>());
}

Job read_job(const Json& json) {
  Job job;
  read(json, "name", job.name);
  if (!is_job_name(job.name)) throw NotCanonical{"it has no job name"};
  read(json, "description", job.description);
  job.schedule = read_schedule(part(json, "schedule"));
  read(json, "grace_ms", job.missed.grace);
  for (const Json& input : part(json, "inputs")) job.inputs.push_back(read_input(input));
  read(json, "prompt", job.prompt);
  read(json, "system", job.system);
  read(json, "provider", job.provider);
  if (json.contains("command")) job.command = read_command(json["command"]);
  if (const Json& tokens = part(json, "max_output_tokens"); tokens.is_number())
    job.max_output_tokens = tokens.get<std::int64_t>();
  job.params = Json::object();
  read(json, "params", job.params);
  for (const Json& use : part(json, "tools")) job.tools.push_back(read_tool_use(use));
  read_rules(json, job);
  read_later_keys(json, job);
  return job;
}

Error missing(const Job& job, const std::string& thing, const std::string& name) {
  return invalid("job '" + job.name + "': its last good revision uses " + thing + " '" + name +
                 "', which nowd.yaml no longer has; bring it back, or mend the job's file");
}

}  // namespace

/// The text given stays the canonical form, so the revision is the one that the ledger knows, even where a newer nowd
/// would write more keys.
Result<Job> job_from_canonical(const std::string& canonical, const Config* config) {
  const auto json = parse_json(canonical);
  if (!json) return invalid("the ledger's form of a job is " + json.error().message);
  if (!json->is_object()) return invalid("the ledger's form of a job is not a JSON object");
  try {
    Job job = read_job(*json);
    if (config != nullptr && !job.command && !config->providers.contains(job.provider))
      return missing(job, "provider", job.provider);
    for (const Fallback& each : job.fallbacks)
      if (config != nullptr && !config->providers.contains(each.provider))
        return missing(job, "provider", each.provider);
    for (const ToolUse& use : job.tools)
      if (config != nullptr && use.name != clock_tool_name && !config->tools.contains(use.name))
        return missing(job, "tool", use.name);
    for (const std::string& sink : job.deliver)
      if (config != nullptr && !config->sinks.contains(sink)) return missing(job, "sink", sink);
    job.canonical = dump_json(*json);  // a database may have given the same value in other bytes
    job.revision = sha256_hex(job.canonical);
    job.schedule_revision = sha256_hex(dump_json(part(*json, "schedule")));
    job.source = "ledger";
    return job;
  } catch (const NotCanonical& e) {
    return invalid("the ledger's form of a job cannot be read: " + e.message);
  } catch (const Json::exception& e) {
    return invalid(std::string("the ledger's form of a job cannot be read: ") + e.what());
  }
}

}  // namespace nowd
