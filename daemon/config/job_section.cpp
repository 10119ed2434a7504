#include "config/job_section.hpp"

#include "config/canonical.hpp"
#include "config/clocks_section.hpp"
#include "config/command_section.hpp"
#include "config/input_section.hpp"
#include "config/job_tools.hpp"
#include "config/mapping.hpp"
#include "config/schedule_section.hpp"
#include "domain/clocks/template.hpp"
#include "foundation/nearest.hpp"

namespace nowd {
namespace {

constexpr int most_calls = 10'000;
constexpr std::int64_t most_tokens = 10'000'000;

void read_name(const Field& field, Job& job) {
  const auto name = field.filled_text();
  if (!name) return;
  if (is_job_name(*name))
    job.name = *name;
  else
    field.error(in_quotes(*name) +
                " is not a job name; use lower-case letters, digits and '-', at most 63, no '-' first");
}

void read_schedule_of(const Mapping& map, const JobContext& context, Job& job) {
  ScheduleContext about;
  about.has_config = context.config != nullptr;
  if (context.config) about.default_zone = context.config->defaults.timezone;
  about.now = context.now;
  about.past_at_known = context.known_past_at.contains(job.name);
  const Field field = map.required("schedule", "write one: schedule: 0 9 * * mon-fri Europe/Berlin, or: manual");
  if (auto schedule = read_schedule(field, about)) job.schedule = std::move(*schedule);
}

/// {file: PATH} is named by the design, but not built.
bool is_unbuilt_file(const Field& field, std::string_view key) {
  if (!field.is(Node::Kind::map) || field.node().find("file") == nullptr) return false;
  field.report().error(field.mark(), not_supported_yet(*find_unbuilt(Section::job, key, "file")));
  return true;
}

void read_texts(const Mapping& map, const TemplateScope& scope, Job& job) {
  const Field prompt = map.required("prompt", "write what the model is to do, in a block after '|'");
  if (!is_unbuilt_file(prompt, "prompt")) {
    check_templates(prompt, scope);
    assign(job.prompt, prompt.filled_text());
  }
  const Field system = map["system"];
  if (is_unbuilt_file(system, "system")) return;
  check_templates(system, scope);
  assign(job.system, system.filled_text());
  if (has_token(job.system))
    system.warning(
        "holds a {{token}}, which changes from run to run and defeats the provider's prompt cache; move it to "
        "prompt (the clock block tells the model the date anyway)");
}

std::vector<std::string> names_of(const std::map<std::string, ProviderConfig>& providers) {
  std::vector<std::string> out;
  for (const auto& [name, unused] : providers) out.push_back(name);
  return out;
}

/// The job's own, else defaults.provider, else the only one.
void read_provider_of(const Mapping& map, const Config* config, Job& job) {
  const Field field = map["provider"];
  assign(job.provider, field.name());
  if (config == nullptr) return;
  const auto known = names_of(config->providers);
  if (field.present()) {
    if (!job.provider.empty() && !config->providers.contains(job.provider)) field.error_unknown(job.provider, known);
  } else if (config->defaults.provider) {
    job.provider = *config->defaults.provider;
  } else if (known.size() == 1) {
    job.provider = known.front();
  } else if (known.empty()) {
    map.field().error("there is no provider; declare one under providers: in nowd.yaml");
  } else {
    map.field().error("provider is missing, and nowd.yaml has " + listed(known) +
                      "; name one here, or set defaults.provider");
  }
}

void read_limits(const Mapping& map, Limits& limits) {
  assign(limits.wall, map["wall"].duration(seconds{1}, hours{24}));
  if (auto calls = map["model_calls"].integer(1, most_calls)) limits.model_calls = static_cast<int>(*calls);
  if (auto calls = map["tool_calls"].integer(0, most_calls)) limits.tool_calls = static_cast<int>(*calls);
}

void read_output(const Mapping& map, OutputRules& output) {
  assign(output.format, map["format"].choice(format_words));
  const Field schema = map["schema"];
  if (auto json = schema.json_object()) {
    if (output.format != OutputRules::Format::json)
      schema.error("is for format: json only; set that, or remove the schema");
    output.schema = std::move(*json);
  }
  assign(output.min_chars, map["min_chars"].integer(0, 10'000'000));
  assign(output.must_end_with, map["must_end_with"].filled_text());
}

void read_model(const Mapping& map, Job& job) {
  if (auto tokens = map["max_output_tokens"].integer(1, most_tokens)) job.max_output_tokens = *tokens;
  job.params = map.has("params") ? map["params"].json_object().value_or(Json::object()) : Json::object();
  read_output(Mapping(map["output"], Section::output), job.output);
  read_limits(Mapping(map["limits"], Section::limits), job.limits);
  check_clocks(map["clocks"], Section::job);
}

}  // namespace

std::optional<JobName> job_name_of(const Node& document) {
  const Member* name = document.find("name");
  if (!name || name->value.kind != Node::Kind::scalar || !is_job_name(name->value.text)) return std::nullopt;
  return name->value.text;
}

std::optional<Job> read_job(const Node& document, const JobContext& context, Report& report) {
  const std::size_t before = report.errors();
  const Field field(&document, document.mark, "", report);
  if (document.kind != Node::Kind::map) {
    field.error(
        "a job is a mapping with at least name, schedule and prompt; jobs of one file are separated by '---', not "
        "listed");
    return std::nullopt;
  }
  const Mapping map(field, Section::job);
  Job job;
  read_name(map.required("name", "write one: name: standup"), job);
  assign(job.description, map["description"].text());
  read_schedule_of(map, context, job);
  TemplateScope scope;
  if (map.has("inputs")) job.inputs = read_inputs(map["inputs"], scope);
  read_texts(map, scope, job);
  if (map.has("command"))
    job.command = read_command(map, scope);
  else
    read_provider_of(map, context.config, job);
  if (map.has("tools")) job.tools = read_tool_uses(map["tools"], context.config, scope);
  read_model(map, job);
  if (report.errors() != before) return std::nullopt;
  job.source = report.file() + ":" + std::to_string(document.mark.line);
  set_canonical(job);
  return job;
}

}  // namespace nowd
