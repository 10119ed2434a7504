#include "runtime/run_plan.hpp"

#include "delivery/delivery.hpp"
#include "foundation/random.hpp"
#include "net/http_rules.hpp"
#include "tools/tool.hpp"

namespace nowd {
namespace {

struct BoundTool {
  Json schema;  // whole, bound arguments included
  std::map<std::string, Json> bind;
};

RunTime run_time(const ClaimedRun& claimed, const Job& job, const Reading& dispatched) {
  RunTime time;
  time.run = claimed.claim.run;
  time.job = claimed.job;
  time.kind = claimed.kind;
  time.attempt = claimed.attempt;
  time.zone = job.schedule.zone;
  time.scheduled_at = claimed.scheduled_at;
  time.due_at = claimed.due_at;
  time.as_of = job.clocks.as_of == ClockRules::Authority::dispatch ? claimed.claimed_at : claimed.scheduled_at;
  time.window_start = claimed.window_start;
  time.window_end = claimed.scheduled_at;
  time.dispatched_at = dispatched.wall;
  time.dispatched_tick = dispatched.boot;
  time.wall_limit = job.limits.wall;
  time.previous_success = claimed.previous_success;
  time.given = claimed.given;
  return time;
}

void take_model(RunPlan& plan, const Config& config) {
  plan.params = Json::object();
  if (plan.job.command) {
    plan.model = program_name(*plan.job.command);
    return;
  }
  const ProviderConfig& provider = config.providers.at(plan.job.provider);
  plan.model = provider.model;
  if (provider.params.is_object()) plan.params = provider.params;
  if (plan.job.params.is_object()) plan.params.update(plan.job.params);
}

std::optional<std::string> output_fault(const OutputRules& rules, const std::string& text) {
  if (static_cast<std::int64_t>(text.size()) < rules.min_chars)
    return "output.min_chars: the answer has " + std::to_string(text.size()) + " bytes, at least " +
           std::to_string(rules.min_chars) + " are wanted";
  if (!rules.must_end_with.empty() && !text.ends_with(rules.must_end_with))
    return "output.must_end_with: the answer does not end with '" + rules.must_end_with + "'";
  if (rules.format != OutputRules::Format::json) return std::nullopt;
  const Result<Json> json = parse_json(text);
  if (!json) return "output.format json: the answer is " + json.error().message;
  if (rules.schema.is_null()) return std::nullopt;
  const Result<Json> fits = check_arguments(rules.schema, text);
  return fits ? std::nullopt : std::optional("output.schema: " + fits.error().message);
}

/// A share of the runs, by their number. A script believes nothing.
bool is_probed(const RunPlan& plan, const Config& config) {
  if (plan.job.command || plan.dry_run || config.providers.at(plan.job.provider).api == "script") return false;
  const std::string hash = sha256_hex("probe " + to_string(plan.time.run));
  return std::stoi(hash.substr(0, 4), nullptr, 16) % 100 < plan.job.clocks.probe_percent;
}

/// Whose clocks count: the provider's (under ""), and those of tools whose host is fixed.
std::map<std::string, std::string> origins_of(const Job& job, const Config& config) {
  std::map<std::string, std::string> out;
  const auto add = [&](const std::string& name, const std::string& url) {
    const std::size_t host = url.find("://");
    if (host == std::string::npos) return;
    if (const auto origin = origin_of(url.substr(0, url.find_first_of("/?#", host + 3)))) out[name] = *origin;
  };
  if (!job.command) add("", config.providers.at(job.provider).base_url);
  for (const ToolUse& use : job.tools)
    if (const auto tool = config.tools.find(use.name); tool != config.tools.end())
      if (const auto* http = std::get_if<HttpAction>(&tool->second.action)) add(use.name, http->url);
  return out;
}

Parcel parcel_of(const DeliveryFact& fact, const std::string& output, const RunTime& time) {
  Parcel parcel;
  parcel.purpose = fact.purpose;
  parcel.key = fact.key;
  parcel.subject = fact.subject;
  parcel.text = output;
  parcel.run_state = to_string(RunState::succeeded);
  parcel.run = time;
  return parcel;
}

}  // namespace

bool uses_outputs(const Job& job) {
  return job.canonical.find("previous.output") != std::string::npos ||
         job.canonical.find("after.output") != std::string::npos;
}

RunPlan make_plan(const ClaimedRun& claimed, const Setup& setup, const std::string& ledger, const Reading& dispatched,
                  const RemoteClocks& clocks) {
  RunPlan plan;
  plan.job = setup.jobs->at(claimed.job);
  plan.time = run_time(claimed, plan.job, dispatched);
  plan.ledger = ledger;
  plan.request = claimed.request;
  plan.effects = claimed.effects;
  plan.dry_run = claimed.dry_run;
  for (const auto& [name, job] : *setup.jobs)
    if (job.after == claimed.job) plan.followers.push_back(name);
  plan.require_synchronised_clock = setup.config.require_synchronised_clock;
  take_model(plan, setup.config);
  plan.probe = is_probed(plan, setup.config);
  plan.remotes = [origins = origins_of(plan.job, setup.config), &clocks](const std::string& tool) {
    std::vector<std::string> asked;
    for (const std::string& whose : {std::string(), tool})
      if (const auto found = origins.find(whose); found != origins.end()) asked.push_back(found->second);
    return clocks.ahead(asked);
  };

  auto bound = std::make_shared<std::map<std::string, BoundTool>>();
  for (const ToolUse& use : plan.job.tools) {
    if (use.name == clock_tool_offer().name) {
      plan.tools.push_back({clock_tool_offer(), Effect::read});
      bound->emplace(use.name, BoundTool{clock_tool_offer().input, {}});
      continue;
    }
    const Tool& tool = setup.config.tools.at(use.name);
    plan.tools.push_back({{tool.name, tool.description, without_bound(tool.input, use.bind)}, tool.effect});
    bound->emplace(use.name, BoundTool{tool.input, use.bind});
  }
  plan.arguments = [bound, time = plan.time](const std::string& name, const std::string& raw, Now now) -> Result<Json> {
    const BoundTool& tool = bound->at(name);
    const Result<Json> given = check_arguments(without_bound(tool.schema, tool.bind), raw);
    if (!given || tool.bind.empty()) return given;
    const Result<Json> filled = with_bound(*given, tool.bind, TemplateValues{&time, now, {}, {}});
    if (!filled) return filled;
    return check_arguments(tool.schema, dump_json(*filled));
  };
  plan.preview = [sinks = setup.config.sinks, time = plan.time](const DeliveryFact& fact, const std::string& output) {
    const auto sink = sinks.find(fact.sink);
    if (sink == sinks.end()) return std::string("a ping of the heartbeat's URL");
    const Result<std::string> shown = preview(sink->second, parcel_of(fact, output, time), Now{fact.created_at, {}});
    return shown ? *shown : "cannot be rendered: " + shown.error().message;
  };
  plan.output_fault = [rules = plan.job.output](const std::string& text) { return output_fault(rules, text); };
  return plan;
}

}  // namespace nowd
