// The sections of a job. nowd.yaml has some of them under defaults:.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/actions/checks.hpp"
#include "config/job/job_context.hpp"
#include "config/table/section.hpp"
#include "config/yaml/field.hpp"
#include "domain/job/config.hpp"
#include "domain/job/job.hpp"

namespace nowd {

/// A job with its canonical form and revisions; nothing if it has faults, which are reported.
std::optional<Job> read_job(const Node& document, const JobContext& context, Report& report);

/// The job name of a document, if it can be read; other faults do not matter.
std::optional<JobName> job_name_of(const Node& document);

/// A text, or {file: PATH} with the text in a file of its own. Its tokens are checked; a fault in that file is reported
/// with its line there. A relative path counts from the folder of the file that names it.
std::optional<std::string> read_text(const Field& field, const TemplateScope& scope);

/// A command as a list, or {exec | sql, timeout}.
std::optional<When> read_when(const Field& field);

/// The name of the job whose success starts this one. load_jobs() checks that this job exists.
std::optional<JobName> read_after(const Field& field, const JobName& own_name);

/// In the order of the file, because they run in it: a template may name only inputs that stand before it.
/// The names of all of them, good or bad, are added to `scope`, so that one fault is reported once.
std::vector<Input> read_inputs(const Field& field, TemplateScope& scope);

/// `job` is the mapping of the job, with the key command. Keys that only the model of a provider could obey (provider,
/// params, max_output_tokens, tools, limits.model_calls, limits.tool_calls …) are refused beside it. Nothing if there
/// are faults, which are reported.
std::optional<CommandAgent> read_command(const Mapping& job, const TemplateScope& scope);

/// `config` may be null: then only the shape is checked. The built-in `clock` may be named; it has no declaration.
std::vector<ToolUse> read_tool_uses(const Field& field, const Config* config, const TemplateScope& scope);

/// output.must_call: each a tool of the job, once. `field`: the list.
void check_must_call(const Field& field, const Job& job);

/// Reads the keys of a job or of defaults: that need code, over the values of `job`; mappings are merged key by key.
/// `reader` has read the simple keys.
void read_model_keys(const KeyReader& reader, Job& job);

/// clocks: a word, which sets all rules, or a mapping, which sets single rules.
void read_clocks(const Field& field, Job& job);

/// `map`: the schedule of a job, or defaults: of nowd.yaml. Keys that are absent keep their value in `job`.
void read_missed_and_overlap(const Mapping& map, Job& job);

/// Warns of a job with irreversible effects and no rule for late starts. `decided`: a file has such a rule.
/// Requires: the agent and the tools of the job are read.
void warn_of_late_effects(const Field& schedule, bool decided, const Config* config, const Job& job);

/// deliver, on_failure, heartbeat and retention, over the values of `job`. `config` (may be null) has the sinks.
void read_outcome(const Mapping& map, const Config* config, Job& job);

/// retention, over the values of `retention`.
void read_retention(const Field& field, Retention& retention);

/// Names of sinks; each must be declared where a configuration is known.
std::optional<std::vector<std::string>> read_sink_names(const Field& field, const Config* config);

}  // namespace nowd
