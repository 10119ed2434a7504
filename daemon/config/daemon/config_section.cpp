// nowd.yaml as a whole, but for providers, tools and sinks.
#include "config/daemon/sections.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include "config/actions/sections.hpp"
#include "config/job/schedule_section.hpp"
#include "config/job/sections.hpp"
#include "config/table/daemon_table.hpp"
#include "config/yaml/report.hpp"
#include "foundation/text/nearest.hpp"

namespace nowd {
namespace {

constexpr std::size_t max_socket_path = 107;  // sun_path, without its NUL

/// As is_port(), and 0: any free one.
bool is_port_to_listen_on(std::string_view text) {
  unsigned value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failed == std::errc{} && end == text.data() + text.size() && value <= 65535;
}

bool is_loopback(std::string_view host) {
  if (host == "localhost" || host == "[::1]") return true;
  const bool numeric = std::all_of(host.begin(), host.end(), [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
  return numeric && host.starts_with("127.") && std::count(host.begin(), host.end(), '.') == 3;
}

/// A message about an address that is none of HOST:PORT on this host (port 0: any free one), unix:/PATH and none. Other
/// hosts are refused: they need TLS and a token, which are not built.
std::optional<std::string> listen_fault(std::string_view listen) {
  if (listen == "none") return std::nullopt;
  if (listen.starts_with("unix:")) {
    const std::string_view path = listen.substr(5);
    if (path.starts_with('/') && path.size() <= max_socket_path) return std::nullopt;
    return in_quotes(listen) + " must name an absolute path of at most 107 bytes: unix:/run/nowd/http.sock";
  }
  const std::size_t colon = listen.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || !is_port_to_listen_on(listen.substr(colon + 1)))
    return in_quotes(listen) + " is not an address; write HOST:PORT (127.0.0.1:7420), unix:/PATH or none";
  if (is_loopback(listen.substr(0, colon))) return std::nullopt;
  return in_quotes(listen) +
         " is reachable from other hosts, which is not supported yet; use 127.0.0.1:PORT or unix:/PATH, behind a proxy";
}

void read_log(const Field& field, Config& config) {
  LogKeys log{config.log_level, config.log_format};
  read_section(field, log);
  config.log_level = log.level;
  config.log_format = log.format;
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

void read_defaults(const Field& field, const Field& providers, const Config& config, Defaults& defaults) {
  const KeyReader reader = read_section(field, defaults);
  const Mapping& map = reader.map();
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
  read_model_keys(reader, defaults.job);
  if (!defaults.job.output.must_call.empty())
    Mapping(map["output"], table_of<OutputRules>())["must_call"].error("names tools of a job; write it in the jobs");
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
  const Mapping map = read_section(field, config).map();
  read_paths(map, folder, config);
  read_listen(map["listen"], config);
  read_log(map["log"], config);
  if (map.has("providers")) read_providers(map["providers"], folder, config);
  if (map.has("tools")) read_tools(map["tools"], config);
  if (map.has("sinks")) read_sinks(map["sinks"], folder, config);
  read_defaults(map["defaults"], map["providers"], config, config.defaults);
  return config;
}

}  // namespace nowd
