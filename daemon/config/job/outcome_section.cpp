// deliver, on_failure, heartbeat and retention after a run; when and after before it; texts in files.
#include "config/job/sections.hpp"

#include <algorithm>
#include <filesystem>

#include "config/actions/checks.hpp"
#include "config/actions/sections.hpp"
#include "config/table/job_table.hpp"
#include "config/yaml/source_text.hpp"
#include "domain/prompt/template.hpp"
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

/// The alert about a broken sink must not go through that sink alone.
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
                "): if that sink breaks, no message arrives; add another one");
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
  const Mapping map = read_section(field, retention).map();
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

std::optional<When> read_when(const Field& field) {
  if (!field.present()) return std::nullopt;
  const ActionUse use{.by = ActionUse::By::input};
  When when;
  if (field.is(Node::Kind::sequence) || field.is(Node::Kind::scalar)) {  // read_exec reports a single text
    auto exec = read_exec(field, use);
    if (!exec) return std::nullopt;
    when.action = std::move(*exec);
    return when;
  }
  const Mapping map = read_section(field, when).map();
  const auto kind = map.only_one({"exec", "sql"}, "a command or a query says whether there is anything to do");
  if (kind == "exec") assign(when.action, read_exec(map["exec"], use));
  if (kind == "sql") assign(when.action, read_sql(map["sql"], use));
  return kind ? std::optional(std::move(when)) : std::nullopt;
}

std::optional<JobName> read_after(const Field& field, const JobName& own_name) {
  auto name = field.filled_text();
  if (!name) return std::nullopt;
  if (!is_job_name(*name))
    field.error(in_quotes(*name) + " is not a job name; write the name of the job that this one follows");
  else if (*name == own_name)
    field.error("names the job itself; write the name of the job that this one follows");
  else
    return name;
  return std::nullopt;
}

namespace {

/// Reports each fault of the text, with its line in the file, at the field that names the file.
void check_file_text(const Field& field, const std::string& path, const std::string& text, const TemplateScope& scope) {
  Report inside(path);
  check_source(text, inside);
  for (std::size_t at = 0; const auto token = next_token(text, at); at = token->end) {
    const std::string written = text.substr(token->begin, token->end - token->begin);
    const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(token->begin), '\n');
    for (const std::string& fault : check_template(written, scope.inputs, scope.args))
      inside.error({static_cast<int>(line), 0}, fault);
  }
  for (const Diagnostic& each : inside.take()) field.error(each.str());
}

std::optional<std::string> read_file_text(const Field& field, const TemplateScope& scope) {
  const Field file = Mapping(field, table_of<TextFile>()).required("file", "write {file: PATH}, or the text itself");
  const auto name = file.filled_text();
  if (!name) return std::nullopt;
  const std::filesystem::path folder = std::filesystem::path(field.report().file()).parent_path();
  const std::string path = (folder / *name).string();
  if (is_credential_file(path)) {
    file.error(path + " is a credential: as a prompt it would go to the model and into the ledger; name another file");
    return std::nullopt;
  }
  auto text = read_source(path);
  if (!text) {
    file.error(path + ": " + text.error().message + "; a relative path counts from this file's folder");
    return std::nullopt;
  }
  check_file_text(file, path, *text, scope);
  if (text->find_first_not_of(" \t\r\n") == std::string::npos) {
    file.error(path + " is empty; write the text into it");
    return std::nullopt;
  }
  return std::move(*text);
}

}  // namespace

std::optional<std::string> read_text(const Field& field, const TemplateScope& scope) {
  if (field.is(Node::Kind::map)) return read_file_text(field, scope);
  check_templates(field, scope);
  return field.filled_text();
}

}  // namespace nowd
