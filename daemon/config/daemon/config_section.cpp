#include "config/daemon/config_section.hpp"

#include <algorithm>
#include <set>

#include "config/actions/tool_section.hpp"
#include "config/daemon/listen.hpp"
#include "config/daemon/provider_section.hpp"
#include "config/daemon/sink_section.hpp"
#include "config/job/model_section.hpp"
#include "config/job/outcome_section.hpp"
#include "config/job/policy_section.hpp"
#include "config/job/schedule_check.hpp"
#include "config/job/text_section.hpp"
#include "config/yaml/mapping.hpp"
#include "foundation/text/nearest.hpp"

namespace nowd {
namespace {

constexpr int max_runs = 10'000;

void read_log(const Mapping& log, Config& config) {
  assign(config.log_level, log["level"].word({"debug", "info", "warning", "error"}));
  assign(config.log_format, log["format"].word({"journal", "json", "text"}));
}

void read_paths(const Mapping& map, const std::string& folder, Config& config) {
  for (const std::string& path : map["jobs"].texts().value_or(std::vector<std::string>{})) {
    if (path.empty()) map["jobs"].error("holds an empty path; name a directory or a file");
    config.jobs.push_back(below(folder, path));
  }
  if (auto state = map["state"].filled_text()) config.state = below(folder, *state);
}

/// Names of tools, providers and sinks. A name that is none is reported at its key.
bool check_name(const Member& member, Report& report) {
  const Node as_value{.kind = Node::Kind::scalar, .mark = member.mark, .text = member.key};
  return Field(&as_value, member.mark, "", report).name().has_value();
}

void read_tools(const Field& field, Config& config) {
  for (const auto& [member, entry] : field.entries("{NAME: {exec: [/usr/local/bin/lookup], effect: read}}")) {
    const bool named = check_name(*member, field.report());
    if (member->key == clock_tool_name)
      field.report().error(member->mark, "'clock' is nowd's own tool, which every job knows; choose another name");
    auto tool = read_tool(member->key, entry);
    if (named && tool) config.tools.emplace(member->key, std::move(*tool));
  }
}

void read_providers(const Field& field, const std::string& folder, Config& config) {
  for (const auto& [member, entry] : field.entries("{NAME: {api: openai-chat, …}}")) {
    const bool named = check_name(*member, field.report());
    auto provider = read_provider(member->key, entry, folder);
    if (named && provider) config.providers.emplace(member->key, std::move(*provider));
  }
}

void read_sinks(const Field& field, const std::string& folder, Config& config) {
  for (const auto& [member, entry] : field.entries("{NAME: {webhook: {url: \"https://example.com/hook\"}}}")) {
    const bool named = check_name(*member, field.report());
    auto sink = read_sink(member->key, entry, folder);
    if (named && sink) config.sinks.emplace(member->key, std::move(*sink));
  }
}

/// A provider that is declared, but has faults of its own, counts as declared.
std::optional<std::string> read_default_provider(const Field& field, const Field& providers) {
  const auto name = field.name();
  if (!name || (providers.is(Node::Kind::map) && providers.node().find(*name))) return name;
  std::vector<std::string> known;
  if (providers.is(Node::Kind::map))
    for (const Member& member : providers.node().members) known.push_back(member.key);
  field.error(in_quotes(*name) + " is not declared under providers:" + did_you_mean(*name, known));
  return name;
}

/// One, or a list in the order in which they are tried; a prompt for one of them is for jobs to say.
void read_default_providers(const Field& field, const Field& providers, Defaults& defaults) {
  if (!field.is(Node::Kind::sequence)) {
    if (field.present()) defaults.provider = read_default_provider(field, providers);
    return;
  }
  std::set<std::string> seen;
  for (const Field& item : field.items()) {
    const auto name = read_default_provider(item, providers);
    if (!name) continue;
    if (!seen.insert(*name).second) item.error(in_quotes(*name) + " is listed twice; remove one");
    if (defaults.provider)
      defaults.fallbacks.push_back({*name, ""});
    else
      defaults.provider = name;
  }
  if (field.items().empty()) field.error("lists no provider; name at least one");
}

void read_defaults(const Mapping& map, const Field& providers, const Config& config, Defaults& defaults) {
  defaults.timezone = map["timezone"].filled_text();
  if (defaults.timezone) {
    if (auto zone = Zone::find(*defaults.timezone); !zone) map["timezone"].error(zone.error().message);
    warn_of_abbreviation(map["timezone"], *defaults.timezone);
  }
  read_default_providers(map["provider"], providers, defaults);
  defaults.job.deliver = read_sink_names(map["deliver"], &config).value_or(defaults.job.deliver);
  defaults.job.on_failure = read_sink_names(map["on_failure"], &config).value_or(defaults.job.on_failure);
  read_missed_and_overlap(map, defaults.job);
  defaults.says_missed = map.has("missed");
  if (map.has("retention")) read_retention(map["retention"], defaults.job.retention);
  assign(defaults.job.system, read_text(map["system"], {}));
  read_model_keys(map, defaults.job);
  if (!defaults.job.output.must_call.empty())
    Mapping(map["output"], Section::output)["must_call"].error("names tools of a job; write it in the jobs");
}

void read_listen(const Field& field, Config& config) {
  auto text = field.filled_text();
  if (!text) return;
  if (auto fault = listen_fault(*text)) return field.error(*fault);
  config.listen = std::move(*text);
}

}  // namespace

Config read_config(const Node& document, const std::string& folder, Report& report) {
  Config config;
  const Field field(&document, document.mark, "", report);
  if (document.kind != Node::Kind::map) {
    field.error("nowd.yaml is a mapping of settings, such as database: and jobs:");
    return config;
  }
  const Mapping map(field, Section::config);
  assign(config.database, map["database"].filled_text());
  read_paths(map, folder, config);
  read_listen(map["listen"], config);
  if (auto runs = map["concurrency"].integer(1, max_runs)) config.concurrency = static_cast<int>(*runs);
  read_log(Mapping(map["log"], Section::log), config);
  assign(config.require_synchronised_clock, map["require_synchronised_clock"].boolean());
  if (map.has("providers")) read_providers(map["providers"], folder, config);
  if (map.has("tools")) read_tools(map["tools"], config);
  if (map.has("sinks")) read_sinks(map["sinks"], folder, config);
  read_defaults(Mapping(map["defaults"], Section::defaults), map["providers"], config, config.defaults);
  return config;
}

}  // namespace nowd
