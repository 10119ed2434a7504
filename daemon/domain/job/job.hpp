// A job as its YAML says it, checked and complete: the input of everything that runs.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>
#include "domain/job/clock_rules.hpp"
#include "domain/job/policies.hpp"
#include "domain/model/money.hpp"
#include "domain/model/stop.hpp"
#include "domain/policy/account_limits.hpp"
#include "domain/schedule/schedule.hpp"
#include "foundation/ids.hpp"
#include "foundation/json.hpp"

namespace nowd {

/// The strongest effect that a tool may have. It decides gates, and repetition after a crash: see docs/effects.md.
enum class Effect { read, reversible, compensable, irreversible };
std::string_view to_string(Effect effect);
std::optional<Effect> parse_effect(std::string_view name);

/// argv, never a shell string. Elements are templates (in inputs) or fixed text (in tools).
struct ExecAction {
  std::vector<std::string> argv;
  bool operator==(const ExecAction&) const = default;
};

struct HttpAction {
  std::string method = "GET";
  std::string url;                             ///< may hold {argument} slots (tools) or templates (inputs)
  std::map<std::string, std::string> headers;  ///< values may hold ${credential:NAME} and ${env:NAME}
  std::optional<std::string> body;             ///< template; without it a tool's arguments go out as JSON
  bool allow_private = false;                  ///< loopback, private and link-local addresses
  std::vector<std::string> hosts;              ///< allowed besides a literal host in `url`
  bool operator==(const HttpAction&) const = default;
};

struct FileAction {
  std::string path;
  bool operator==(const FileAction&) const = default;
};

/// A query, read-only. Tokens in it become parameters, never text of the query.
struct SqlAction {
  std::string query;
  std::string database;  ///< libpq conninfo or URL; empty = the ledger's own database
  bool operator==(const SqlAction&) const = default;
};

/// The failure of an effect: the run fails unless a later call of the tool succeeds, or the
/// model deals with it.
enum class OnError { fail, tell };

/// A tool of the daemon's configuration.
struct Tool {
  std::string name;
  std::string description;
  std::variant<ExecAction, HttpAction> action;
  Json input;  ///< JSON Schema of the arguments; {"type":"object"} if none is given
  Effect effect = Effect::irreversible;
  milliseconds timeout{30'000};
  std::int64_t max_bytes = 256 * 1024;  ///< of the result; more is cut with a note
  std::string data_time;                ///< JSON pointer with *, or "header:NAME"; empty = not declared
  OnError on_error = OnError::fail;     ///< of an effect; the failure of a read is always the model's to deal with
  bool operator==(const Tool&) const = default;
};

/// A tool that a job may use. Bound arguments are hidden from the model and filled in by nowd from templates.
struct ToolUse {
  std::string name;
  std::map<std::string, Json> bind;  ///< argument → template text, or any JSON value
  bool operator==(const ToolUse&) const = default;
};

/// Fetched by nowd before the model runs, in order, for exactly the run's window.
struct Input {
  std::string name;
  std::variant<ExecAction, HttpAction, FileAction, SqlAction> action;
  std::string data_time;
  std::int64_t max_bytes = 256 * 1024;
  bool required = true;
  milliseconds timeout{60'000};
  bool operator==(const Input&) const = default;
};

/// A program that is the agent: it gets the prompt on stdin, and its stdout is the output of the run. nowd
/// sees neither its model nor its effects.
struct CommandAgent {
  std::vector<std::string> argv;                   ///< never empty; templates, but for the program itself
  std::string directory;                           ///< absolute; empty: "/"
  std::string user;                                ///< empty: the one that nowd runs as
  std::map<std::string, std::string> environment;  ///< values may hold ${credential:NAME} and ${env:NAME}
  /// Whether a run that a crash cut short may be made again: `pure` says that the command changes nothing.
  enum class Repeat { once, pure };
  Repeat repeat = Repeat::once;
  std::int64_t max_bytes = 1024 * 1024;  ///< of stdout; a longer output is no output
  bool operator==(const CommandAgent&) const = default;
};
/// The provider and the model (the file name of the program) of such an agent in the ledger.
inline constexpr std::string_view command_provider = "command";
std::string program_name(const CommandAgent& command);

struct Limits {
  milliseconds wall{minutes{10}};
  int model_calls = 25;
  int tool_calls = 40;
  std::optional<std::int64_t> input_tokens;   ///< of all calls of a run
  std::optional<std::int64_t> output_tokens;  ///< the same
  std::optional<Usd> usd;                     ///< that a run may cost
  std::optional<Usd> usd_per_day;             ///< that the job's runs of one UTC day may cost
  bool operator==(const Limits&) const = default;
};

struct OutputRules {
  enum class Format { text, markdown, json };
  Format format = Format::text;
  Json schema;  ///< null = none; only with json
  std::int64_t min_chars = 0;
  std::string must_end_with;
  std::vector<std::string> must_call;  ///< tools of which a successful run has a confirmed call
  bool operator==(const OutputRules&) const = default;
};

/// Whether there is anything to do, decided without a model call: a command (exit 0 = yes, 1 = no), or a query (its
/// first value: false, 0, null or no row = no).
struct When {
  std::variant<ExecAction, SqlAction> action;
  milliseconds timeout{60'000};
  bool operator==(const When&) const = default;
};

/// Another provider, tried where those before it give no answer.
struct Fallback {
  std::string provider;
  std::string prompt;  ///< empty: the job's
  bool operator==(const Fallback&) const = default;
};

/// How long the ledger keeps the texts and runs of a job; nothing = for ever.
struct Retention {
  std::optional<milliseconds> bodies;  ///< texts of runs, from the run's end
  std::optional<milliseconds> runs;    ///< runs with all that belongs to them
  bool operator==(const Retention&) const = default;
};

struct Job {
  JobName name;
  std::string description;
  Schedule schedule;
  std::vector<Input> inputs;
  std::string prompt;
  std::string system;
  std::string provider;  ///< empty: the agent is `command`
  std::vector<Fallback> fallbacks;
  std::optional<CommandAgent> command;
  std::optional<std::int64_t> max_output_tokens;
  std::optional<std::int64_t> max_output_tokens_ceiling;  ///< of retry_larger; nothing: four times the first
  StopRules stop;
  Json params;                           ///< merged over the provider's
  Priority priority = Priority::normal;  ///< among the jobs that share a key with limits
  std::vector<ToolUse> tools;
  OutputRules output;
  Limits limits;
  MissedRules missed;
  OverlapRules overlap;
  std::string concurrency_key;  ///< shared by jobs that keep out of each other's way; empty = the job's own
  std::optional<When> when;
  std::optional<JobName> after;         ///< runs on that job's success, for its as_of and window
  std::vector<std::string> deliver;     ///< sinks of the output
  std::vector<std::string> on_failure;  ///< sinks of alerts
  std::string heartbeat;                ///< URL called after each success; empty = none
  ClockRules clocks;
  std::optional<milliseconds>
      valid_for;  ///< how long after its moment an effect or a delivery is still right; else by default
  Retention retention;

  std::string canonical;          ///< canonical JSON of the whole job, which the ledger keeps
  std::string revision;           ///< sha256 of `canonical`
  std::string schedule_revision;  ///< sha256 of the schedule part alone
  std::string source;             ///< "jobs/standup.yaml:1", for messages

  bool operator==(const Job&) const = default;
};

/// How late a start again after a crash may be.
inline constexpr milliseconds restart_window{hours{2}};

/// Whose runs are never at once: the concurrency key's, else the job's own; nothing where overlap is allowed.
std::optional<std::string> lane_of(const Job& job);

/// clocks.valid_for, else how late a start may be plus how long a run may take.
milliseconds validity(const Job& job);

}  // namespace nowd
