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

/// Nothing if anything is wrong with it; what it is, is in the report. The job has its canonical form and revisions.
std::optional<Job> read_job(const Node& document, const JobContext& context, Report& report);

/// The document's job name, if it has a readable one, whatever else is wrong with it.
std::optional<JobName> job_name_of(const Node& document);

/// Checked for tokens; what is wrong inside a file is reported with its own line. A relative path counts from the
/// folder of the file that names it.
std::optional<std::string> read_text(const Field& field, const TemplateScope& scope);

/// A command as a list, or {exec | sql, timeout}.
std::optional<When> read_when(const Field& field);

/// The name of the job whose success starts this one. That there is one is judged when all files are read.
std::optional<JobName> read_after(const Field& field, const JobName& own_name);

/// In the order of the file, because they run in it: a template may name only inputs that stand before it.
/// The names of all of them, good or bad, are added to `scope`, so that one fault is reported once.
std::vector<Input> read_inputs(const Field& field, TemplateScope& scope);

/// `job` is the job's mapping, which has the key. ProviderAccounts that only a provider's model could obey (provider,
/// params, max_output_tokens, tools, limits.model_calls, limits.tool_calls) are refused beside it. Nothing if anything
/// is wrong.
std::optional<CommandAgent> read_command(const Mapping& job, const TemplateScope& scope);

/// `config` may be null: then only the shape is checked. The built-in `clock` may be named; it has no declaration.
std::vector<ToolUse> read_tool_uses(const Field& field, const Config* config, const TemplateScope& scope);

/// output.must_call: each a tool of the job, once. `field`: the list.
void check_must_call(const Field& field, const Job& job);

/// Reads the keys over what `job` holds already; mappings are merged key by key.
void read_model_keys(const KeyReader& reader, Job& job);

void read_clocks(const Field& field, Job& job);

/// `map`: a job's schedule, or the defaults of all jobs. What it does not say stays as it is in `job`.
void read_missed_and_overlap(const Mapping& map, Job& job);

/// Late starts of what cannot be undone should be somebody's decision. `decided`: it is one. Requires: the job's agent
/// and tools are read.
void warn_of_late_effects(const Field& schedule, bool decided, const Config* config, const Job& job);

/// Reads these keys over what `job` holds already. `config` (may be null) has the sinks that may be named.
void read_outcome(const Mapping& map, const Config* config, Job& job);

/// Reads how long texts and runs are kept over what `retention` holds already.
void read_retention(const Field& field, Retention& retention);

/// Names of sinks; each must be declared where a configuration is known.
std::optional<std::vector<std::string>> read_sink_names(const Field& field, const Config* config);

}  // namespace nowd
