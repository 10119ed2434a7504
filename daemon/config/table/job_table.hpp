// The keys of a job file, each in one row: see section.hpp. The help texts are the descriptions in
// config/nowd-job.schema.json.
#pragma once

#include "config/table/section.hpp"
#include "config/table/words.hpp"
#include "domain/job/job.hpp"

namespace nowd {

inline constexpr std::int64_t max_result = 64 * 1024 * 1024;  ///< bytes of a tool's, an input's or a command's output
inline constexpr milliseconds max_call{hours{24}};
inline constexpr milliseconds max_lateness{days{31}};
inline constexpr milliseconds max_validity{days{366}};
inline constexpr milliseconds min_retention{hours{1}};
inline constexpr milliseconds max_retention{days{36'500}};
inline constexpr seconds max_jitter{hours{24}};
inline constexpr int max_at_once = 1'000;
inline constexpr int max_calls = 10'000;
inline constexpr std::int64_t max_token_count = 10'000'000;
inline constexpr std::int64_t max_budget = 1'000'000'000;

/// {file: PATH} in place of a text.
struct TextFile {};

template <class V>
void describe(V& v, TextFile&) {
  v.about("prompt", "nowd-job.5");
  v.by_hand("file", codec::ByHand{"filled_text"}, "The path of the text; a relative path counts from the job file.");
}

template <class V>
void describe(V& v, HttpAction& it) {
  v.about("http", "nowd-job.5", "{url: \"https://example.com/data\"}");
  v.key("method", it.method, codec::Word{{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"}}, "");
  v.key("url", it.url, codec::ByHand{"url"}, "An http or https URL; a template.");
  v.key("headers", it.headers, codec::ByHand{"headers"}, "Values may hold ${credential:NAME} and ${env:NAME}.");
  v.key("body", it.body, codec::ByHand{"text"}, "A template.", Kept::or_null);
  v.key("allow_private", it.allow_private, codec::Boolean{}, "Allow loopback, private and link-local addresses.");
  v.key("hosts", it.hosts, codec::ByHand{"texts"}, "Hosts that are allowed besides the host in url.");
}

template <class V>
void describe(V& v, SqlAction& it) {
  v.about("sql", "nowd-job.5");
  v.key("query", it.query, codec::ByHand{"filled_text"}, "Runs read-only; templates become parameters.");
  v.key("database", it.database, codec::FilledText{}, "libpq conninfo or URL. Default: the database of the ledger.");
}

template <class V>
void describe(V& v, Input& it) {
  v.about("input", "nowd-job.5", "{exec: [/usr/bin/uptime]}");
  v.kept("name", it.name);
  v.choice("exec", it.action, codec::Alternative<ExecAction>{"argv"}, "A command; its elements are templates.");
  v.choice("http", it.action, codec::Alternative<HttpAction>{"http"}, "A request.");
  v.choice("file", it.action, codec::Alternative<FileAction>{"filled_text"}, "A path; a template.");
  v.choice("sql", it.action, codec::Alternative<SqlAction>{"query_or_mapping"}, "A query.");
  v.key("data_time", it.data_time, codec::ByHand{"data_time"},
        "Where the data has its times: a JSON pointer with *, or header:NAME for http.");
  v.key("max_bytes", it.max_bytes, codec::Size{max_result}, "A longer result is cut.");
  v.key("required", it.required, codec::Boolean{}, "Whether the run fails without this input.");
  v.key("timeout", it.timeout, codec::Duration{milliseconds{1}, max_call}, "");
}

template <class V>
void describe(V& v, CommandAgent& it) {
  v.about("command", "nowd-job.5", "{argv: [/usr/local/bin/agent]}");
  v.key("argv", it.argv, codec::ByHand{"argv"}, "The program and its arguments.");
  v.key("directory", it.directory, codec::ByHand{"absolute_path"}, "The directory in which it starts. Default: /.");
  v.key("user", it.user, codec::Name{},
        "The user it runs as. Another user than nowd's needs a nowd that runs as root.");
  v.key("environment", it.environment, codec::ByHand{"environment"},
        "Variables besides PATH, HOME, USER, LOGNAME, LANG and NOWD_*. Values may hold ${credential:NAME} and "
        "${env:NAME}.");
  v.key("repeat", it.repeat, codec::OneOf{repeat_words},
        "once: a run that a crash interrupted is not started again. pure: the command changes nothing, so it may be.");
  v.key("max_bytes", it.max_bytes, codec::Size{max_result}, "Of stdout; a longer output fails the run.");
}

template <class V>
void describe(V& v, ToolUse& it) {
  v.about("tool_use", "nowd-job.5");
  v.key("name", it.name, codec::ByHand{"name"}, "A tool of nowd.yaml.");
  v.key("bind", it.bind, codec::ByHand{"object"}, "Arguments that nowd fills in and hides from the model; templates.");
}

template <class V>
void describe(V& v, Fallback& it) {
  v.about("provider_use", "nowd-job.5");
  v.by_hand("name", codec::ByHand{"name"}, "A provider of nowd.yaml.");
  v.kept("provider", it.provider);
  v.key("prompt", it.prompt, codec::Inside<TextFile>{"text_or_file"}, "A prompt for this provider alone.");
}

template <class V>
void describe(V& v, When& it) {
  v.about("when", "nowd-job.5", "{exec: [/usr/bin/test, -e, /srv/ready]}");
  v.choice("exec", it.action, codec::Alternative<ExecAction>{"argv"}, "Exit status 0 = yes, 1 = no.");
  v.choice("sql", it.action, codec::Alternative<SqlAction>{"query_or_mapping"}, "No row, false, 0 or null = no.");
  v.key("timeout", it.timeout, codec::Duration{milliseconds{1}, max_call}, "");
}

template <class V>
void describe(V& v, MissedRules& it) {
  v.about("missed", "nowd-job.5");
  v.key("policy", it.policy, codec::OneOf{missed_words},
        "latest: the newest missed occurrence runs for all of them. all: each runs, oldest first. skip: none runs.");
  v.key("grace", it.grace, codec::Duration{milliseconds{0}, max_lateness}, "A start at most this late is on time.",
        Kept::elsewhere);
  v.key("window", it.window, codec::Duration{seconds{1}, max_lateness},
        "A start may be at most this late. Default: the greater of grace and 2h.");
  v.key("not_after", it.not_after, codec::TimeOfDay{}, "A late start must be before this local time, on the same day.");
  v.key("max", it.max, codec::Integer{1, max_at_once}, "With policy: all, the newest so many run.");
}

template <class V>
void describe(V& v, OverlapRules& it) {
  v.about("overlap", "nowd-job.5");
  v.key("policy", it.policy, codec::OneOf{overlap_words}, "");
  v.key("max", it.max, codec::Integer{1, max_at_once}, "With policy: buffer_all, at most so many wait.");
}

/// schedule: as a mapping. The canonical form has the kind of the schedule besides these rows.
template <class V>
void describe(V& v, Schedule& it) {
  v.about("schedule", "nowd-job.5", "{cron: \"0 9 * * *\", timezone: Europe/Berlin}");
  v.by_hand("cron", codec::ByHand{"text"},
            "5 fields, or 6 with leading seconds: names, ranges, steps, lists, L, W, #, ?; or @hourly @daily @weekly "
            "@monthly @yearly.");
  v.by_hand("every", codec::ByHand{"duration"}, "Elapsed time, counted from anchor.");
  v.by_hand("at", codec::ByHand{"local_times"}, "One local time, or a list.");
  v.by_hand("manual", codec::ByHand{"only_true"}, "Runs only on request: nowctl run JOB.");
  v.key("timezone", it.zone, codec::ByHand{"text"},
        "IANA name. Required for local times, unless defaults.timezone is set.");
  v.key("gap", it.gap, codec::OneOf{gap_words}, "For a local time that the clocks jump over.");
  v.key("fold", it.fold, codec::OneOf{fold_words}, "For a local time that occurs twice.");
  v.key("day_match", it.day_match, codec::OneOf{day_match_words}, "How two restricted day fields combine.");
  v.key("jitter", it.jitter, codec::WholeSeconds{seconds{0}, max_jitter},
        "The greatest delay of a start; the same on every host.");
  v.by_hand("anchor", codec::ByHand{"text"}, "every counts from this time. Default: the epoch.");
  v.key("from", it.from, codec::Date{}, "The first day.", Kept::or_null);
  v.key("until", it.until, codec::Date{}, "The first day without occurrences.", Kept::or_null);
  v.key("except", it.except, codec::ByHand{"dates"}, "Local dates without occurrences.");
  v.by_hand("overlap", codec::Inside<OverlapRules>{"overlap_or_word"},
            "For an occurrence that is due while the job runs. Default: skip.");
  v.by_hand("missed", codec::Inside<MissedRules>{"missed_or_word"},
            "For occurrences that could not start in time. Default: latest.");
  v.by_hand("concurrency_key", codec::ByHand{"name"}, "Jobs with the same key never run at the same time.");
}

template <class V>
void describe(V& v, OutputRules& it) {
  v.about("output", "nowd-job.5", "{format: json}");
  v.key("format", it.format, codec::OneOf{format_words}, "");
  v.key("schema", it.schema, codec::JsonObject{},
        "JSON Schema of an object; only with format: json. nowd sends it to the model and checks the answer with it.");
  v.key("min_chars", it.min_chars, codec::Integer{0, 10'000'000}, "A shorter output fails the run.");
  v.key("must_end_with", it.must_end_with, codec::FilledText{}, "An output with another end fails the run.");
  v.key("must_call", it.must_call, codec::Texts{},
        "Tools of this job. A run without a successful call of each of them fails: effect_missing.", Kept::when_set);
}

template <class V>
void describe(V& v, ClockRules& it) {
  v.about("clocks", "nowd-job.5", "{fresh: 1h}");
  v.key("as_of", it.as_of, codec::OneOf{authority_words}, "The moment that today and every relative word count from.");
  v.by_hand("valid_for", codec::Duration{seconds{1}, max_validity},
            "An effect or a delivery later than this after its moment is refused. Default: 2h and limits.wall.");
  v.kept("expiry", it.expiry);
  v.key("fresh", it.fresh, codec::Duration{seconds{1}, max_validity},
        "The greatest age of the newest clock block when the model asks for an effect. Default: 10m.", Kept::or_null);
  v.key("rollover", it.rollover, codec::OneOf{firm_response_words}, "If an effect falls on another date than as_of.");
  v.key("skew", it.skew, codec::Duration{milliseconds{0}, days{1}}, "A remote clock may be ahead by this much.");
  v.key("on_skew", it.on_skew, codec::OneOf{firm_response_words}, "If a remote clock is further ahead.");
  v.key("model_as_of", it.model_as_of, codec::OneOf{stating_words},
        "Whether the model must state the date it uses, with each effect and in JSON output.");
  v.key("data", it.data, codec::OneOf{response_words}, "If none of the data (data_time) lies in the window.");
  v.key("lint", it.lint, codec::OneOf{response_words}, "If a text contradicts the clock block.");
  v.key("probe", it.probe_percent, codec::Percent{}, "The share of runs in which the model is asked for the date.");
}

template <class V>
void describe(V& v, Limits& it) {
  v.about("limits", "nowd-job.5", "{wall: 10m, model_calls: 20}");
  v.key("wall", it.wall, codec::Duration{seconds{1}, hours{24}}, "The whole time of a run.");
  v.key("model_calls", it.model_calls, codec::Integer{1, max_calls}, "Of a run.");
  v.key("tool_calls", it.tool_calls, codec::Integer{0, max_calls}, "Of a run.");
  v.key("input_tokens", it.input_tokens, codec::Integer{1, max_budget}, "Of all model calls of a run.");
  v.key("output_tokens", it.output_tokens, codec::Integer{1, max_budget}, "Of all model calls of a run.");
  v.key("usd", it.usd, codec::Money{}, "The cost of a run.");
  v.key("usd_per_day", it.usd_per_day, codec::Money{}, "The cost of the runs of one UTC day.");
}

template <class V>
void describe(V& v, Retention& it) {
  v.about("retention", "nowd-job.5", "{bodies: 30d, runs: 365d}");
  v.key("bodies", it.bodies, codec::Duration{min_retention, max_retention},
        "Prompts, answers, results and outputs are deleted this long after the end of their run.");
  v.key("runs", it.runs, codec::Duration{min_retention, max_retention},
        "Runs are deleted with all that belongs to them. The fate of each occurrence stays.");
}

/// stop: a key for each class of stop for which a job may choose the action.
template <class V>
void describe(V& v, StopRules&) {
  v.about("stop", "nowd-job.5");
  for (int each = 0; each <= static_cast<int>(Stop::unknown); ++each) {
    const auto stop = static_cast<Stop>(each);
    std::vector<std::string> words;
    for (const StopAction action : offered_actions(stop)) words.emplace_back(to_string(action));
    if (!words.empty()) v.by_hand(to_string(stop), codec::Word{words}, "");
  }
}

/// The keys that a job may have, and that defaults: in nowd.yaml may set for all jobs.
template <class V>
void describe_common_keys(V& v, Job& it) {
  v.key("system", it.system, codec::Inside<TextFile>{"text_or_file"},
        "The constant part of the system prompt. No templates: they defeat the prompt cache of the provider.");
  v.key("max_output_tokens", it.max_output_tokens, codec::Integer{1, max_token_count}, "The limit of one answer.",
        Kept::or_null);
  v.key("params", it.params, codec::ByHand{"object"}, "Parameters for the provider, merged over those of nowd.yaml.");
  v.key("output", it.output, codec::Inside<OutputRules>{"output", true}, "Checks of the output.");
  v.key("clocks", it.clocks, codec::Inside<ClockRules>{"clocks_or_word", true},
        "Rules about the clocks of a run. standard (default); strict refuses where standard flags; observe refuses "
        "nothing; or a mapping.",
        Kept::when_set);
  v.key("limits", it.limits, codec::Section<Limits>{}, "Limits of a run.");
  v.key("deliver", it.deliver, codec::ByHand{"sinks"}, "The output of a successful run goes to these sinks.",
        Kept::when_set);
  v.key("on_failure", it.on_failure, codec::ByHand{"sinks"},
        "Alerts go to these sinks: once for each cause, again after a cooldown, and on recovery.", Kept::when_set);
  v.key("retention", it.retention, codec::Inside<Retention>{"retention", true},
        "How long the ledger keeps the texts and runs of the job. Default: for ever.", Kept::when_set);
  v.key("stop", it.stop, codec::Inside<StopRules>{"stop"},
        "The action for an answer that is not complete, by its class of stop.", Kept::when_set);
  v.key("max_output_tokens_ceiling", it.max_output_tokens_ceiling, codec::Integer{1, max_token_count},
        "The largest limit for the retry of a cut answer. Default: four times max_output_tokens.");
  v.key("priority", it.priority, codec::OneOf{priority_words},
        "Calls of a higher priority go first where jobs share the rate limits of a provider account.", Kept::when_set);
}

template <class V>
void describe(V& v, Job& it) {
  v.about("job", "nowd-job.5");
  v.key("name", it.name, codec::ByHand{"job_name"}, "Identifies the job: its history in the ledger has this name.");
  v.key("description", it.description, codec::Text{}, "For people.");
  v.key("schedule", it.schedule, codec::Inside<Schedule>{"schedule_or_text", true}, "When the job runs.");
  v.key("inputs", it.inputs, codec::Inside<Input>{"inputs"},
        "Data that nowd fetches before the model runs, in this order, for the window of the run: {{inputs.NAME}}.");
  v.key("prompt", it.prompt, codec::Inside<TextFile>{"text_or_file"},
        "The task of the model, or {file: PATH}. Templates: {{today}} {{yesterday}} {{tomorrow}} {{as_of}} {{now}} "
        "{{window.start}} {{window.end}} {{scheduled_at}} {{run}} {{job}} {{inputs.NAME}} {{previous.output}} "
        "{{after.output}} {{input}} {{input.NAME}}, with formats: {{today:%d.%m.%Y}}.");
  v.key("provider", it.provider, codec::Inside<Fallback>{"provider_or_list"},
        "A provider of nowd.yaml, or a list in the order of failover. Default: defaults.provider, else the only one.");
  v.kept("fallbacks", it.fallbacks, Kept::when_set);
  v.key("command", it.command, codec::Inside<CommandAgent>{"command_or_argv", true},
        "A program that is the agent, in place of a provider: it reads the prompt from stdin and writes the output to "
        "stdout.");
  v.key("tools", it.tools, codec::Inside<ToolUse>{"tools"},
        "The tools of nowd.yaml that the model may use, and the built-in clock.");
  v.key("when", it.when, codec::Inside<When>{"when_or_argv"},
        "A check before inputs and model: a command (exit 0 = yes, 1 = no) or a query (no row, false, 0 or null = no). "
        "No skips the occurrence: nothing_to_do.");
  v.key("after", it.after, codec::ByHand{"job_name"},
        "Runs after each success of that job, for its as_of and window; its output is {{after.output}}.");
  v.key("heartbeat", it.heartbeat, codec::ByHand{"filled_text"}, "nowd sends a POST to this URL after each success.",
        Kept::when_set);
  describe_common_keys(v, it);
  v.kept("grace", it.missed.grace);
  v.kept("missed", it.missed, Kept::when_set);
  v.kept("overlap", it.overlap, Kept::when_set);
  v.kept("concurrency_key", it.concurrency_key, Kept::when_set);
  v.kept("valid_for", it.valid_for);
  v.unbuilt("slo", "", "remove it");
  v.unbuilt("degrade", "", "remove it");
}

}  // namespace nowd
