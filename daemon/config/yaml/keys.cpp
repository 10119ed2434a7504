#include "config/yaml/keys.hpp"

#include <algorithm>

namespace nowd {
namespace {

using ProviderAccounts = std::span<const std::string_view>;
using Name = std::string_view;

constexpr Name config_keys[] = {
    "database", "jobs",      "state", "listen", "concurrency", "log", "require_synchronised_clock",
    "defaults", "providers", "tools", "sinks"};
constexpr Name log_keys[] = {"level", "format"};
constexpr Name defaults_keys[] = {"timezone", "provider",   "missed",    "overlap", "clocks",
                                  "deliver",  "on_failure", "retention", "system",  "max_output_tokens",
                                  "params",   "output",     "limits",    "stop",    "max_output_tokens_ceiling",
                                  "priority"};
constexpr Name provider_keys[] = {
    "api",    "base_url",          "model",     "key", "timeout", "params", "max_tokens_field", "script", "prices",
    "limits", "structured_output", "stop_words"};
constexpr Name provider_limits_keys[] = {"requests_per_minute", "input_tokens_per_minute", "output_tokens_per_minute"};
constexpr Name prices_keys[] = {"input", "output", "cached", "cache_write"};
constexpr Name provider_use_keys[] = {"name", "prompt"};
constexpr Name provider_key_keys[] = {"credential", "file", "env"};
constexpr Name provider_timeout_keys[] = {"connect", "first_token", "idle", "total"};
constexpr Name script_turn_keys[] = {"text", "calls", "stop", "delay"};
constexpr Name script_call_keys[] = {"name", "arguments"};
constexpr Name tool_keys[] = {"description", "exec",      "http",      "input",   "effect",
                              "timeout",     "max_bytes", "data_time", "on_error"};
constexpr Name sink_keys[] = {"webhook", "email", "file", "exec", "timeout"};
constexpr Name webhook_sink_keys[] = {"url", "form", "headers", "body", "success"};
constexpr Name webhook_success_keys[] = {"pointer", "value"};
constexpr Name email_sink_keys[] = {"server", "tls", "from", "to", "user", "password", "subject"};
constexpr Name file_sink_keys[] = {"path", "mode"};
constexpr Name job_keys[] = {"name",      "description",
                             "schedule",  "inputs",
                             "prompt",    "system",
                             "provider",  "max_output_tokens",
                             "params",    "command",
                             "tools",     "output",
                             "clocks",    "limits",
                             "when",      "after",
                             "deliver",   "on_failure",
                             "heartbeat", "retention",
                             "stop",      "max_output_tokens_ceiling",
                             "priority"};
constexpr Name retention_keys[] = {"bodies", "runs"};
constexpr Name command_keys[] = {"argv", "directory", "user", "environment", "repeat", "max_bytes"};
constexpr Name when_keys[] = {"exec", "sql", "timeout"};
constexpr Name prompt_keys[] = {"file"};
constexpr Name job_clocks_keys[] = {"as_of",   "valid_for",   "fresh", "rollover", "skew",
                                    "on_skew", "model_as_of", "data",  "lint",     "probe"};
constexpr Name schedule_keys[] = {"cron",   "every",     "at",     "manual",         "timezone", "gap",
                                  "fold",   "day_match", "jitter", "anchor",         "from",     "until",
                                  "except", "overlap",   "missed", "concurrency_key"};
constexpr Name missed_keys[] = {"policy", "grace", "window", "not_after", "max"};
constexpr Name overlap_keys[] = {"policy", "max"};
constexpr Name input_keys[] = {"exec", "http", "file", "sql", "data_time", "max_bytes", "required", "timeout"};
constexpr Name tool_use_keys[] = {"name", "bind"};
constexpr Name output_keys[] = {"format", "schema", "min_chars", "must_end_with", "must_call"};
constexpr Name limits_keys[] = {"wall",          "model_calls", "tool_calls", "input_tokens",
                                "output_tokens", "usd",         "usd_per_day"};
constexpr Name stop_keys[] = {
    "stop_sequence",  "truncated_output", "truncated_context", "filtered",    "refused",    "prompt_blocked",
    "paused",         "compacted",        "malformed",         "tool_misuse", "loop_limit", "budget_exceeded",
    "provider_error", "cancelled",        "in_progress",       "missing",     "stream_cut", "unknown"};
constexpr Name sql_keys[] = {"query", "database"};
constexpr Name http_keys[] = {"method", "url", "headers", "body", "allow_private", "hosts"};

using enum Section;

struct Example {
  Section section;
  Name text;
};
constexpr Example examples[] = {
    {log, "{level: info}"},
    {defaults, "{timezone: Europe/Berlin}"},
    {provider, "{api: openai-chat, base_url: \"https://api.openai.com/v1\", model: NAME}"},
    {provider_timeout, "{connect: 5s, total: 5m}"},
    {provider_limits, "{requests_per_minute: 60}"},
    {prices, "{input: 3, output: 15}"},
    {script_turn, "{text: Hello}"},
    {script_call, "{name: TOOL, arguments: {…}}"},
    {tool, "{exec: [/usr/local/bin/lookup], effect: read}"},
    {sink, "{webhook: {url: \"https://example.com/hook\"}}"},
    {webhook_sink, "{url: \"https://example.com/hook\"}"},
    {webhook_success, "{pointer: /ok, value: true}"},
    {email_sink, "{server: \"smtps://mail.example.com:465\", from: nowd@example.com, to: [ops@example.com]}"},
    {file_sink, "{path: \"/srv/reports/{{job}}/{{today}}.md\"}"},
    {when, "{exec: [/usr/bin/test, -e, /srv/ready]}"},
    {job_clocks, "{fresh: 1h}"},
    {command, "{argv: [/usr/local/bin/agent]}"},
    {schedule, "{cron: \"0 9 * * *\", timezone: Europe/Berlin}"},
    {input, "{exec: [/usr/bin/uptime]}"},
    {output, "{format: json}"},
    {limits, "{wall: 10m, model_calls: 20}"},
    {retention, "{bodies: 30d, runs: 365d}"},
    {http, "{url: \"https://example.com/data\"}"},
};

/// The mappings that stand in a job and in nowd.yaml, by their keys.
struct Inside {
  Section outer;
  Name key;
  Section inner;
};
constexpr Inside insides[] = {
    {job, "schedule", schedule}, {job, "command", command},     {job, "output", output}, {job, "limits", limits},
    {job, "clocks", job_clocks}, {job, "retention", retention}, {config, "log", log},    {config, "defaults", defaults},
};

bool is_in(ProviderAccounts keys, Name key) { return std::find(keys.begin(), keys.end(), key) != keys.end(); }

constexpr Unbuilt unbuilt_table[] = {
    // Jobs
    {job, "slo", "", "remove it"},
    {job, "degrade", "", "remove it"},
    // nowd.yaml
    {config, "freezes", "", "remove it; schedule: manual holds a job back"},
    {defaults, "heartbeat", "", "write it in the jobs"},
    {defaults, "schedule", "", "write missed and overlap here without it, and gap, fold and the like in the jobs"},
    {tool, "mcp", "", "use exec or http"},
    {tool, "effects", "", "give each tool an effect of its own"},
    {tool, "approval", "", "remove it, and leave the tool out of jobs that must not use it on their own"},
    {tool, "probe", "", "remove it; an effect in doubt is left for a person to settle"},
    {tool, "compensate", "", "remove it"},
    {tool, "repeat", "", "remove it; a tool beyond read is never repeated after a crash"},
    {tool, "effect", "compensable", "use irreversible"},
};

}  // namespace

ProviderAccounts known_keys(Section section) {
  switch (section) {
    case config:
      return config_keys;
    case log:
      return log_keys;
    case defaults:
      return defaults_keys;
    case provider:
      return provider_keys;
    case provider_limits:
      return provider_limits_keys;
    case provider_key:
      return provider_key_keys;
    case provider_timeout:
      return provider_timeout_keys;
    case script_turn:
      return script_turn_keys;
    case script_call:
      return script_call_keys;
    case tool:
      return tool_keys;
    case sink:
      return sink_keys;
    case webhook_sink:
      return webhook_sink_keys;
    case webhook_success:
      return webhook_success_keys;
    case email_sink:
      return email_sink_keys;
    case file_sink:
      return file_sink_keys;
    case job:
      return job_keys;
    case retention:
      return retention_keys;
    case when:
      return when_keys;
    case prompt:
      return prompt_keys;
    case job_clocks:
      return job_clocks_keys;
    case command:
      return command_keys;
    case schedule:
      return schedule_keys;
    case missed:
      return missed_keys;
    case overlap:
      return overlap_keys;
    case input:
      return input_keys;
    case tool_use:
      return tool_use_keys;
    case output:
      return output_keys;
    case limits:
      return limits_keys;
    case stop:
      return stop_keys;
    case prices:
      return prices_keys;
    case provider_use:
      return provider_use_keys;
    case http:
      return http_keys;
    case sql:
      return sql_keys;
  }
  return {};
}

std::string_view example_of(Section section) {
  const auto found = std::ranges::find(examples, section, &Example::section);
  return found == std::end(examples) ? std::string_view{} : found->text;
}

std::string_view home_of(Section section, std::string_view key) {
  for (const Inside& one : insides)
    if (one.outer == section && is_in(known_keys(one.inner), key)) return one.key;
  return {};
}

std::span<const Unbuilt> unbuilt() { return unbuilt_table; }

const Unbuilt* find_unbuilt(Section section, std::string_view key, std::string_view value) {
  const auto found = std::find_if(std::begin(unbuilt_table), std::end(unbuilt_table), [&](const Unbuilt& one) {
    return one.section == section && one.key == key && one.value == value;
  });
  return found == std::end(unbuilt_table) ? nullptr : found;
}

std::string not_supported_yet(const Unbuilt& unbuilt) {
  std::string thing = std::string(unbuilt.key);
  if (unbuilt.value == "file")
    thing += ": {file: …}";
  else if (unbuilt.value == "mapping")
    thing += " as a mapping";
  else if (!unbuilt.value.empty())
    thing += ": " + std::string(unbuilt.value);
  return "'" + thing + "' is not supported yet; " + std::string(unbuilt.meanwhile);
}

std::vector<std::string> all_keys(Section section) {
  const ProviderAccounts known = known_keys(section);
  std::vector<std::string> out(known.begin(), known.end());
  for (const Unbuilt& one : unbuilt_table)
    if (one.section == section && one.value.empty()) out.emplace_back(one.key);
  return out;
}

}  // namespace nowd
