#include "config/job/sections.hpp"

#include <set>

#include "config/canonical/canonical.hpp"
#include "config/job/schedule_section.hpp"
#include "config/table/job_table.hpp"
#include "domain/prompt/template.hpp"
#include "foundation/text/nearest.hpp"
#include "foundation/text/words.hpp"

namespace nowd {
namespace {

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
  about.past_at_is_warned = context.past_at_is_warned;
  if (!map.has("schedule") && map.has("after")) {  // its schedule is the other job's success
    job.schedule.text = "after " + job.after.value_or("");
    if (about.default_zone)
      if (auto zone = Zone::find(*about.default_zone)) job.schedule.zone = *zone;
    return;
  }
  const Field field = map.required("schedule", "write one: schedule: 0 9 * * mon-fri Europe/Berlin, or: manual");
  if (auto schedule = read_schedule(field, about)) job.schedule = std::move(*schedule);
  if (job.after && !std::holds_alternative<Manual>(job.schedule.kind))
    map["after"].warning(
        "the job has a schedule, too: it runs at the times of that, and once more after each success of " +
        in_quotes(*job.after) +
        "; keep one of the two. In a run by the schedule {{after.output}} only says that it follows no other");
  if (!field.is(Node::Kind::map)) return;
  const Mapping schedule(field, table_of<Schedule>());
  read_missed_and_overlap(schedule, job);
  assign(job.concurrency_key, schedule["concurrency_key"].name());
}

void read_texts(const Mapping& map, const TemplateScope& scope, Job& job) {
  assign(job.prompt, read_text(map.required("prompt", "write the task of the model, in a block after '|'"), scope));
  const Field system = map["system"];
  assign(job.system, read_text(system, scope));
  if (has_token(job.system))
    system.warning(
        "holds a {{token}}, which changes from run to run and defeats the provider's prompt cache; move it to "
        "prompt (the clock block gives the model the date anyway)");
  if (!job.after && uses_token(job.prompt, "after.output"))
    map["prompt"].error("{{after.output}} is the output of the run that this one follows, but there is no after: key");
}

std::vector<std::string> names_of(const std::map<std::string, ProviderConfig>& providers) {
  std::vector<std::string> out;
  for (const auto& [name, unused] : providers) out.push_back(name);
  return out;
}

/// One of a list: a name, or {name, prompt}.
Fallback read_provider_use(const Field& field, const TemplateScope& scope) {
  Fallback out;
  if (!field.is(Node::Kind::map)) {
    assign(out.provider, field.name());
    return out;
  }
  const Mapping map(field, table_of<Fallback>());
  assign(out.provider, map.required("name", "name a provider of nowd.yaml").name());
  assign(out.prompt, read_text(map["prompt"], scope));
  return out;
}

/// The order of the list is the order of failover. A prompt of the first provider replaces the job's for it alone.
void read_providers_of(const Field& field, const TemplateScope& scope, Job& job) {
  std::vector<Fallback> uses;
  std::set<std::string> seen;
  for (const Field& item : field.items()) {
    uses.push_back(read_provider_use(item, scope));
    if (!uses.back().provider.empty() && !seen.insert(uses.back().provider).second)
      item.error(in_quotes(uses.back().provider) + " is listed twice; remove one");
  }
  if (uses.empty()) return field.error("lists no provider; name at least one");
  for (std::size_t i = 1; i < uses.size(); ++i)
    if (uses[i].prompt.empty() && !uses[0].prompt.empty()) uses[i].prompt = job.prompt;
  job.provider = uses[0].provider;
  if (!uses[0].prompt.empty()) job.prompt = uses[0].prompt;
  job.fallbacks.assign(uses.begin() + 1, uses.end());
}

void check_provider(const Field& field, const std::string& name, const Config& config) {
  if (!name.empty() && !config.providers.contains(name)) field.error_unknown(name, names_of(config.providers));
}

/// The job's own, else defaults.provider, else the only one.
void read_provider_of(const Mapping& map, const Config* config, const TemplateScope& scope, Job& job) {
  const Field field = map["provider"];
  if (field.is(Node::Kind::sequence))
    read_providers_of(field, scope, job);
  else
    assign(job.provider, field.name());
  if (config == nullptr) return;
  const auto known = names_of(config->providers);
  if (field.present()) {
    check_provider(field, job.provider, *config);
    for (const Fallback& each : job.fallbacks) check_provider(field, each.provider, *config);
  } else if (config->defaults.provider) {
    job.provider = *config->defaults.provider;
    job.fallbacks = config->defaults.fallbacks;
    for (Fallback& each : job.fallbacks) each.prompt = job.prompt;
  } else if (known.size() == 1) {
    job.provider = known.front();
  } else if (known.empty()) {
    map.field().error("there is no provider; declare one under providers: in nowd.yaml");
  } else {
    map.field().error("provider is missing, and nowd.yaml has " + listed(known) +
                      "; name one here, or set defaults.provider");
  }
}

/// A limit of money needs the prices of each provider.
void check_money(const Mapping& map, const Config* config, const Job& job) {
  if (config == nullptr || job.command || (!job.limits.usd && !job.limits.usd_per_day)) return;
  std::vector<std::string> names{job.provider};
  for (const Fallback& each : job.fallbacks) names.push_back(each.provider);
  for (const std::string& name : names)
    if (const auto found = config->providers.find(name); found != config->providers.end() && !found->second.prices)
      map[map.has("limits") ? "limits" : "provider"].error(
          "limits.usd needs the price of a call, and provider " + in_quotes(name) +
          " has no prices; add prices: {input: …, output: …} to it in nowd.yaml");
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
  Job job = context.config ? context.config->defaults.job : Job();
  const KeyReader reader = read_section(field, job);
  const Mapping& map = reader.map();
  read_name(map.required("name", "write one: name: standup"), job);
  job.after = read_after(map["after"], job.name);
  job.when = read_when(map["when"]);
  read_schedule_of(map, context, job);
  TemplateScope scope;
  if (map.has("inputs")) job.inputs = read_inputs(map["inputs"], scope);
  read_texts(map, scope, job);
  if (map.has("command"))
    job.command = read_command(map, scope);
  else
    read_provider_of(map, context.config, scope, job);
  if (map.has("tools")) job.tools = read_tool_uses(map["tools"], context.config, scope);
  read_model_keys(reader, job);
  if (!job.output.must_call.empty()) check_must_call(Mapping(map["output"], table_of<OutputRules>())["must_call"], job);
  check_money(map, context.config, job);
  read_outcome(map, context.config, job);
  const bool says_missed = map["schedule"].is(Node::Kind::map) && map["schedule"].node().find("missed") != nullptr;
  const bool decided = says_missed || (context.config && context.config->defaults.says_missed);
  if (map.has("schedule")) warn_of_late_effects(map["schedule"], decided, context.config, job);
  if (report.errors() != before) return std::nullopt;
  job.source = report.file() + ":" + std::to_string(document.mark.line);
  set_canonical(job);
  return job;
}

}  // namespace nowd
