#include "config/job/outcome_section.hpp"

#include <algorithm>

#include "config/actions/template_check.hpp"
#include "config/actions/url.hpp"
#include "foundation/text/nearest.hpp"
#include "foundation/text/words.hpp"

namespace nowd {
namespace {

std::vector<std::string> names_of(const std::map<std::string, Sink>& sinks) {
  std::vector<std::string> out;
  for (const auto& [name, unused] : sinks) out.push_back(name);
  return out;
}

void check_sink(const Field& field, const std::string& name, const Config* config) {
  if (config == nullptr || config->sinks.contains(name)) return;
  if (config->sinks.empty())
    field.error("sink " + in_quotes(name) + " is not declared; declare it under sinks: in nowd.yaml");
  else
    field.error("sink " + in_quotes(name) + " is not declared under sinks: in nowd.yaml" +
                did_you_mean(name, names_of(config->sinks)));
}

void read_heartbeat(const Field& field, Job& job) {
  const auto url = field.filled_text();
  if (!url) return;
  check_secret_slots(field);
  refuse_templates(field, "a heartbeat has one URL, for every run");
  if (!url->starts_with("${"))
    if (auto fault = url_fault(*url)) return field.error(*fault);
  job.heartbeat = *url;
}

constexpr milliseconds min_kept = hours{1};
constexpr milliseconds max_kept_time = days{36'500};

/// Who is told that a sink is broken must not hear it through that sink alone.
void warn_of_one_way(const Field& field, const Config* config, const Job& job) {
  if (job.on_failure.empty() || job.deliver.empty()) return;
  const auto also_delivers = [&](const std::string& name) {
    return std::find(job.deliver.begin(), job.deliver.end(), name) != job.deliver.end();
  };
  if (!std::all_of(job.on_failure.begin(), job.on_failure.end(), also_delivers)) return;
  if (config != nullptr && !config->defaults.job.on_failure.empty() &&
      !std::all_of(config->defaults.job.on_failure.begin(), config->defaults.job.on_failure.end(), also_delivers))
    return;
  field.warning("goes only where the output goes (" + listed(job.on_failure) +
                "): if that sink breaks, nobody hears of it; add another one");
}

}  // namespace

std::optional<std::vector<std::string>> read_sink_names(const Field& field, const Config* config) {
  if (field.is(Node::Kind::map)) {
    field.error("is a mapping, but names sinks: write a name, or [slack, ops], and declare the sink under sinks: in " +
                std::string("nowd.yaml"));
    return std::nullopt;
  }
  auto names = field.texts();
  if (!names) return std::nullopt;
  std::vector<std::string> out;
  for (std::string& name : *names) {
    if (std::find(out.begin(), out.end(), name) != out.end()) {
      field.error(in_quotes(name) + " is listed twice; remove one");
      continue;
    }
    check_sink(field, name, config);
    out.push_back(std::move(name));
  }
  return out;
}

void read_retention(const Field& field, Retention& retention) {
  const Mapping map(field, Section::retention);
  assign(retention.bodies, map["bodies"].duration(min_kept, max_kept_time));
  assign(retention.runs, map["runs"].duration(min_kept, max_kept_time));
  if (map.has("bodies") && retention.bodies && retention.runs && *retention.bodies > *retention.runs)
    map["bodies"].error("is longer than retention.runs (" + human(*retention.runs) +
                        "): texts go with their runs; make it shorter, or remove it");
}

void read_outcome(const Mapping& map, const Config* config, Job& job) {
  assign(job.deliver, read_sink_names(map["deliver"], config));
  assign(job.on_failure, read_sink_names(map["on_failure"], config));
  if (map.has("heartbeat")) read_heartbeat(map["heartbeat"], job);
  if (map.has("retention")) read_retention(map["retention"], job.retention);
  warn_of_one_way(map[map.has("on_failure") ? "on_failure" : "deliver"], config, job);
}

}  // namespace nowd
