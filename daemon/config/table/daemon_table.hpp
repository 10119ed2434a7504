// The keys of nowd.yaml, each in one row: see section.hpp.
#pragma once

#include "config/table/job_table.hpp"
#include "config/table/section.hpp"
#include "config/table/words.hpp"
#include "domain/job/config.hpp"

namespace nowd {

inline constexpr std::int64_t max_per_minute = 1'000'000'000;
inline constexpr int max_runs = 10'000;
inline constexpr milliseconds max_delivery_attempt{minutes{10}};

/// log: of nowd.yaml.
struct LogKeys {
  std::string level, format;
};

template <class V>
void describe(V& v, LogKeys& it) {
  v.about("log", "nowd.yaml.5", "{level: info}");
  v.key("level", it.level, codec::Word{{"debug", "info", "warning", "error"}}, "The least severe lines to write.");
  v.key("format", it.format, codec::Word{{"journal", "json", "text"}}, "The form of a line.");
}

template <class V>
void describe(V& v, SecretSource&) {
  v.about("provider_key", "nowd.yaml.5");
  v.by_hand("credential", codec::ByHand{}, "The name of a systemd credential.");
  v.by_hand("file", codec::ByHand{}, "The path of a file.");
  v.by_hand("env", codec::ByHand{}, "The name of an environment variable.");
}

template <class V>
void describe(V& v, ProviderTimeouts& it) {
  v.about("provider_timeout", "nowd.yaml.5", "{connect: 5s, total: 5m}");
  v.key("connect", it.connect, codec::Duration{milliseconds{1}, max_call}, "For the connection.");
  v.key("first_token", it.first_token, codec::Duration{milliseconds{1}, max_call}, "For the first part of an answer.");
  v.key("idle", it.idle, codec::Duration{milliseconds{1}, max_call}, "For each further part.");
  v.key("total", it.total, codec::Duration{milliseconds{1}, max_call}, "For the whole call.");
}

template <class V>
void describe(V& v, AccountLimits& it) {
  v.about("provider_limits", "nowd.yaml.5", "{requests_per_minute: 60}");
  v.key("requests_per_minute", it.requests_per_minute, codec::Integer{1, max_per_minute}, "");
  v.key("input_tokens_per_minute", it.input_tokens_per_minute, codec::Integer{1, max_per_minute}, "");
  v.key("output_tokens_per_minute", it.output_tokens_per_minute, codec::Integer{1, max_per_minute}, "");
}

template <class V>
void describe(V& v, Prices& it) {
  v.about("prices", "nowd.yaml.5", "{input: 3, output: 15}");
  v.key("input", it.input, codec::Money{}, "US dollars for a million tokens; so are the others.");
  v.key("output", it.output, codec::Money{}, "");
  v.key("cached", it.cached, codec::Money{}, "Read from the cache of the provider.");
  v.key("cache_write", it.cache_write, codec::Money{}, "Written to that cache.");
}

/// A call of a tool in a turn of a script.
struct ScriptCall {};

template <class V>
void describe(V& v, ScriptCall&) {
  v.about("script_call", "nowd.yaml.5", "{name: TOOL, arguments: {…}}");
  v.by_hand("name", codec::ByHand{}, "The tool.");
  v.by_hand("arguments", codec::ByHand{}, "Texts in them are templates.");
}

template <class V>
void describe(V& v, ScriptTurn& it) {
  v.about("script_turn", "nowd.yaml.5", "{text: Hello}");
  v.key("text", it.text, codec::Text{}, "A template.");
  v.by_hand("calls", codec::Inside<ScriptCall>{}, "Calls of tools.");
  v.key("stop", it.stop, codec::FilledText{}, "The raw stop reason.");
  v.key("delay", it.delay, codec::Duration{milliseconds{0}, max_call}, "The turn is answered this much later.");
}

/// Most keys depend on the API, so that code reads them.
template <class V>
void describe(V& v, ProviderConfig&) {
  v.about("provider", "nowd.yaml.5", "{api: openai-chat, base_url: \"https://api.openai.com/v1\", model: NAME}");
  v.by_hand("api", codec::ByHand{}, "The dialect of the server.");
  v.by_hand("base_url", codec::ByHand{}, "The address of the server.");
  v.by_hand("model", codec::ByHand{}, "The model, as the server names it.");
  v.by_hand("key", codec::Inside<SecretSource>{}, "The source of the API key.");
  v.by_hand("timeout", codec::Inside<ProviderTimeouts>{}, "");
  v.by_hand("params", codec::ByHand{}, "Parameters of every call.");
  v.by_hand("max_tokens_field", codec::ByHand{}, "The name of the limit in a request of openai-chat.");
  v.by_hand("script", codec::Inside<ScriptTurn>{}, "The turns of a provider without a network.");
  v.by_hand("prices", codec::Inside<Prices>{}, "");
  v.by_hand("limits", codec::Inside<AccountLimits>{}, "Rate limits of the account.");
  v.by_hand("structured_output", codec::ByHand{}, "Whether the server takes a JSON Schema of the output.");
  v.by_hand("stop_words", codec::ByHand{}, "Stop reasons of this server and their classes.");
}

template <class V>
void describe(V& v, Tool& it) {
  v.about("tool", "nowd.yaml.5", "{exec: [/usr/local/bin/lookup], effect: read}");
  v.key("description", it.description, codec::Text{}, "For the model.");
  v.choice("exec", it.action, codec::Alternative<ExecAction>{},
           "A command; it reads its arguments as JSON from stdin.");
  v.choice("http", it.action, codec::Alternative<HttpAction>{}, "A request.");
  v.by_hand("input", codec::ByHand{}, "JSON Schema of the arguments.");
  v.by_hand("effect", codec::ByHand{}, "read, reversible or irreversible.");
  v.key("timeout", it.timeout, codec::Duration{milliseconds{1}, max_call}, "");
  v.key("max_bytes", it.max_bytes, codec::Size{max_result}, "A longer result is cut.");
  v.by_hand("data_time", codec::ByHand{}, "Where the data has its times.");
  v.key("on_error", it.on_error, codec::OneOf{on_error_words}, "Whether a failed effect fails the run.");
  v.unbuilt("mcp", "", "use exec or http");
  v.unbuilt("effects", "", "give each tool an effect of its own");
  v.unbuilt("approval", "", "remove it, and leave the tool out of jobs that must not use it on their own");
  v.unbuilt("probe", "", "remove it; an effect in doubt is left for a person to settle");
  v.unbuilt("compensate", "", "remove it");
  v.unbuilt("repeat", "", "remove it; a tool beyond read is never repeated after a crash");
  v.unbuilt("effect", "compensable", "use irreversible");
}

template <class V>
void describe(V& v, SuccessRule&) {
  v.about("webhook_success", "nowd.yaml.5", "{pointer: /ok, value: true}");
  v.by_hand("pointer", codec::ByHand{}, "A JSON pointer into the answer.");
  v.by_hand("value", codec::ByHand{}, "The value that means success.");
}

template <class V>
void describe(V& v, WebhookSink& it) {
  v.about("webhook_sink", "nowd.yaml.5", "{url: \"https://example.com/hook\"}");
  v.by_hand("url", codec::ByHand{}, "");
  v.key("form", it.form, codec::OneOf{webhook_form_words}, "The form of the body.");
  v.by_hand("headers", codec::ByHand{}, "Values may hold ${credential:NAME} and ${env:NAME}.");
  v.by_hand("body", codec::ByHand{}, "With form: json, a template of the body.");
  v.by_hand("success", codec::Inside<SuccessRule>{}, "With form: json, the mark of a success in the answer.");
}

template <class V>
void describe(V& v, EmailSink& it) {
  v.about("email_sink", "nowd.yaml.5",
          "{server: \"smtps://mail.example.com:465\", from: nowd@example.com, to: [ops@example.com]}");
  v.by_hand("server", codec::ByHand{}, "");
  v.key("tls", it.tls, codec::OneOf{tls_words}, "");
  v.by_hand("from", codec::ByHand{}, "");
  v.by_hand("to", codec::ByHand{}, "");
  v.key("user", it.user, codec::FilledText{}, "");
  v.by_hand("password", codec::Inside<SecretSource>{}, "");
  v.key("subject", it.subject, codec::FilledText{}, "A template.");
}

template <class V>
void describe(V& v, FileSink&) {
  v.about("file_sink", "nowd.yaml.5", "{path: \"/srv/reports/{{job}}/{{today}}.md\"}");
  v.by_hand("path", codec::ByHand{}, "Absolute; a template.");
  v.by_hand("mode", codec::ByHand{}, "As chmod writes it.");
}

template <class V>
void describe(V& v, Sink& it) {
  v.about("sink", "nowd.yaml.5", "{webhook: {url: \"https://example.com/hook\"}}");
  v.choice("webhook", it.target, codec::Alternative<WebhookSink>{}, "A POST.");
  v.choice("email", it.target, codec::Alternative<EmailSink>{}, "A mail.");
  v.choice("file", it.target, codec::Alternative<FileSink>{}, "A file.");
  v.choice("exec", it.target, codec::Alternative<ExecSink>{}, "A program; it reads the message from stdin.");
  v.key("timeout", it.timeout, codec::Duration{milliseconds{100}, max_delivery_attempt}, "Of one attempt.");
}

template <class V>
void describe(V& v, Defaults& it) {
  v.about("defaults", "nowd.yaml.5", "{timezone: Europe/Berlin}");
  v.by_hand("timezone", codec::ByHand{}, "For schedules that name none.");
  v.by_hand("provider", codec::ByHand{}, "One, or a list in the order of failover.");
  v.by_hand("missed", codec::Inside<MissedRules>{}, "For occurrences that could not start in time.");
  v.by_hand("overlap", codec::Inside<OverlapRules>{}, "For an occurrence that is due while its job runs.");
  describe_common_keys(v, it.job);
  v.unbuilt("heartbeat", "", "write it in the jobs");
  v.unbuilt("schedule", "", "write missed and overlap here without it, and gap, fold and the like in the jobs");
}

template <class V>
void describe(V& v, Config& it) {
  v.about("config", "nowd.yaml.5");
  v.key("database", it.database, codec::FilledText{}, "libpq conninfo or URL of the ledger.");
  v.by_hand("jobs", codec::ByHand{}, "Directories and files of jobs.");
  v.by_hand("state", codec::ByHand{}, "The directory of the daemon.");
  v.by_hand("listen", codec::ByHand{}, "The address of the status page, /metrics and the health checks.");
  v.key("concurrency", it.concurrency, codec::Integer{1, max_runs}, "Runs at the same time.");
  v.by_hand("log", codec::Inside<LogKeys>{{}, true}, "");
  v.key("require_synchronised_clock", it.require_synchronised_clock, codec::Boolean{}, "");
  v.by_hand("defaults", codec::Inside<Defaults>{{}, true}, "For all jobs.");
  v.by_hand("providers", codec::Inside<ProviderConfig>{}, "By name.");
  v.by_hand("tools", codec::Inside<Tool>{}, "By name.");
  v.by_hand("sinks", codec::Inside<Sink>{}, "By name.");
  v.unbuilt("freezes", "", "remove it; schedule: manual holds a job back");
}

}  // namespace nowd
