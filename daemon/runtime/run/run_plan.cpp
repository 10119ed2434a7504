#include "runtime/run/run_plan.hpp"

#include "delivery/delivery.hpp"
#include "foundation/random.hpp"
#include "foundation/text/url.hpp"
#include "net/http/http_rules.hpp"
#include "providers/reply/stop_words.hpp"
#include "tools/clock/clock_tool.hpp"
#include "tools/schema/arguments.hpp"
#include "tools/tool.hpp"

namespace nowd {
namespace {

struct BoundTool {
  Json schema;  // whole, bound arguments included
  std::map<std::string, Json> bind;
};

/// The local date of the run's slot: of its own schedule, or of the job that it follows, directly or through others.
std::optional<LocalDay> slot_day_of(const ClaimedRun& claimed, const Job& job, const Jobs& jobs) {
  if (claimed.kind == RunKind::manual) return std::nullopt;
  const Job* leader = &job;
  for (std::size_t k = 0; claimed.kind == RunKind::after && leader->after && k < jobs.size(); ++k) {
    const auto found = jobs.find(*leader->after);
    if (found == jobs.end()) return std::nullopt;
    leader = &found->second;
  }
  return slot_day(leader->schedule, claimed.scheduled_at);
}

RunTime run_time(const ClaimedRun& claimed, const Job& job, const Jobs& jobs, const Reading& dispatched) {
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
  time.slot_day = slot_day_of(claimed, job, jobs);
  time.outside_texts = claimed.outside_texts;
  return time;
}

Json params_of(const ProviderConfig& provider, const Job& job) {
  Json params = provider.params.is_object() ? provider.params : Json::object();
  if (job.params.is_object()) params.update(job.params);
  return params;
}

WordReader word_reader(const ProviderConfig& provider) {
  return [words = stop_table_of(provider)](const std::string& raw) {
    const StopWord word = stop_word(words, raw);
    return StopMeaning{word.stop, word.action};
  };
}

void take_model(RunPlan& plan, const Config& config) {
  if (plan.job.command) {
    plan.params = Json::object();
    plan.model = program_name(*plan.job.command);
    return;
  }
  const ProviderConfig& provider = config.providers.at(plan.job.provider);
  plan.model = provider.model;
  plan.params = params_of(provider, plan.job);
  plan.prices = provider.prices;
  plan.word = word_reader(provider);
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

/// Selects a share of the runs by their number. A script has no beliefs to probe.
bool is_probed(const RunPlan& plan, const Config& config) {
  if (plan.job.command || plan.dry_run || config.providers.at(plan.job.provider).api == "script") return false;
  const std::string hash = sha256_hex("probe " + to_string(plan.time.run));
  return std::stoi(hash.substr(0, 4), nullptr, 16) % 100 < plan.job.clocks.probe_percent;
}

/// Origins with clocks that the guard checks: the provider's (under ""), and those of tools with a fixed host.
std::map<std::string, std::string> origins_of(const Job& job, const std::string& provider, const Config& config) {
  std::map<std::string, std::string> out;
  const auto add = [&](const std::string& name, const std::string& url) {
    const UrlParts parts = split_url(url);
    if (parts.scheme.empty()) return;
    if (const auto origin = origin_of(std::string(parts.server))) out[name] = *origin;
  };
  if (!job.command) add("", config.providers.at(provider).base_url);
  for (const ToolUse& use : job.tools)
    if (const auto tool = config.tools.find(use.name); tool != config.tools.end())
      if (const auto* http = std::get_if<HttpAction>(&tool->second.action)) add(use.name, http->url);
  return out;
}

RemoteReader remotes_of(const Job& job, const std::string& provider, const Config& config, const RemoteClocks& clocks) {
  return [origins = origins_of(job, provider, config), &clocks](const std::string& tool) {
    std::vector<std::string> asked;
    for (const std::string& name : {std::string(), tool})
      if (const auto found = origins.find(name); found != origins.end()) asked.push_back(found->second);
    return clocks.ahead(asked);
  };
}

std::vector<NextProvider> next_providers(const Job& job, const Config& config, const RemoteClocks& clocks) {
  std::vector<NextProvider> out;
  for (const Fallback& each : job.fallbacks) {
    const ProviderConfig& provider = config.providers.at(each.provider);
    out.push_back({each.provider, provider.model, params_of(provider, job),
                   each.prompt.empty() ? job.prompt : each.prompt, provider.prices, word_reader(provider),
                   remotes_of(job, each.provider, config, clocks)});
  }
  return out;
}

Delivery delivery_of(const DeliveryFact& fact, const std::string& output, const RunTime& time) {
  Delivery delivery;
  delivery.purpose = fact.purpose;
  delivery.key = fact.key;
  delivery.subject = fact.subject;
  delivery.text = output;
  delivery.run_state = to_string(RunState::succeeded);
  delivery.run = time;
  return delivery;
}

}  // namespace

bool uses_outputs(const Job& job) {
  return job.canonical.find("previous.output") != std::string::npos ||
         job.canonical.find("after.output") != std::string::npos;
}

const std::vector<JobName>& Followers::followers_of(const JobName& job, const JobsSnapshot& jobs) {
  if (read_ != jobs) {
    by_leader_.clear();
    for (const auto& [name, each] : *jobs)
      if (each.after) by_leader_[*each.after].push_back(name);
    read_ = jobs;
  }
  static const std::vector<JobName> none;
  const auto found = by_leader_.find(job);
  return found == by_leader_.end() ? none : found->second;
}

RunPlan make_plan(const ClaimedRun& claimed, const Setup& setup, const std::string& ledger, const Reading& dispatched,
                  const RemoteClocks& clocks) {
  RunPlan plan;
  plan.job = setup.jobs->at(claimed.job);
  plan.time = run_time(claimed, plan.job, *setup.jobs, dispatched);
  plan.ledger = ledger;
  plan.request = claimed.request;
  plan.before = claimed.before;
  plan.effects = claimed.effects;
  plan.dry_run = claimed.dry_run;
  plan.deliver = claimed.deliver;
  plan.require_synchronised_clock = setup.config.require_synchronised_clock;
  take_model(plan, setup.config);
  plan.probe = is_probed(plan, setup.config);
  plan.remotes = remotes_of(plan.job, plan.job.provider, setup.config, clocks);
  plan.next = next_providers(plan.job, setup.config, clocks);

  auto bound = std::make_shared<std::map<std::string, BoundTool>>();
  for (const ToolUse& use : plan.job.tools) {
    if (use.name == clock_tool_offer().name) {
      plan.tools.push_back({clock_tool_offer(), Effect::read, {}});
      bound->emplace(use.name, BoundTool{clock_tool_offer().input, {}});
      continue;
    }
    const Tool& tool = setup.config.tools.at(use.name);
    plan.tools.push_back(
        {{tool.name, tool.description, without_bound(tool.input, use.bind)}, tool.effect, tool.timeout, tool.on_error});
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
    const Result<std::string> shown = preview(sink->second, delivery_of(fact, output, time), Now{fact.created_at, {}});
    return shown ? *shown : "cannot be rendered: " + shown.error().message;
  };
  plan.redact = [secrets = setup.secrets](std::string_view text) { return secrets.known()(text); };
  plan.output_fault = [rules = plan.job.output](const std::string& text) { return output_fault(rules, text); };
  return plan;
}

}  // namespace nowd
