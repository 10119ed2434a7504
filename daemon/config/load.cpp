#include "config/load.hpp"

#include <algorithm>
#include <filesystem>

#include "config/daemon/sections.hpp"
#include "config/job/sections.hpp"
#include "config/yaml/source_text.hpp"
#include "config/yaml/yaml_tree.hpp"

namespace nowd {
namespace {

bool has_error(const std::vector<Diagnostic>& diagnostics) {
  return std::any_of(diagnostics.begin(), diagnostics.end(),
                     [](const Diagnostic& one) { return one.severity == Diagnostic::Severity::error; });
}

std::vector<Node> documents_of(const std::string& text, Report& report) {
  return check_source(text, report) ? parse_yaml(text, report) : std::vector<Node>{};
}

/// A warning, no fault: a person may empty a file on purpose. But a file that was cut short looks the same.
void warn_of_emptiness(const std::string& text, std::string_view remedy, Report& report) {
  if (report.errors() > 0) return;
  const bool is_blank = text.find_first_not_of(" \t\r\n") == std::string::npos;
  report.warning({1, 1},
                 (is_blank ? "the file is empty; " : "the file holds nothing but comments; ") + std::string(remedy));
}

/// "name: x" at the start of a line: good enough for a file that is not even YAML.
std::set<JobName> names_at_line_starts(std::string_view text) {
  std::set<JobName> names;
  for (std::size_t end; !text.empty(); text.remove_prefix(end)) {
    const std::size_t newline = text.find('\n');
    std::string_view line = text.substr(0, newline);
    end = newline == std::string_view::npos ? text.size() : newline + 1;
    if (!line.starts_with("name:")) continue;
    line.remove_prefix(5);
    line = line.substr(0, line.find(" #"));
    const std::size_t first = line.find_first_not_of(" \t\"'");
    const std::size_t last = line.find_last_not_of(" \t\r\"'");
    if (first == std::string_view::npos) continue;
    if (const auto name = line.substr(first, last - first + 1); is_job_name(name)) names.emplace(name);
  }
  return names;
}

}  // namespace

bool LoadedConfig::ok() const { return !has_error(diagnostics); }
bool LoadedJobs::ok() const { return !has_error(diagnostics); }

LoadedConfig parse_config(const std::string& text, const std::string& file) {
  Report report(file);
  LoadedConfig out;
  const std::vector<Node> documents = documents_of(text, report);
  const std::string folder = std::filesystem::path(file).parent_path().string();
  if (documents.size() > 1)
    report.error(documents[1].mark, "nowd.yaml has one document; remove the '---' before this one");
  if (documents.empty()) warn_of_emptiness(text, "write database: and jobs: into it", report);
  if (!documents.empty()) out.config = read_config(documents.front(), folder, report);
  out.config.source = file;
  out.diagnostics = report.take();
  return out;
}

LoadedConfig load_config(const std::string& path) {
  const auto text = read_source(path);
  if (text) return parse_config(*text, path);
  Report report(path);
  report.error({}, text.error().message + "; check the path, or name another file with --config or NOWD_CONFIG");
  LoadedConfig out;
  out.config.source = path;
  out.diagnostics = report.take();
  return out;
}

/// A file counts as a whole: with one error in it, none of its jobs is new, and all run on their last good revision.
LoadedJobs parse_jobs(const std::string& text, const std::string& file, const JobContext& context) {
  Report report(file);
  LoadedJobs out;
  std::map<JobName, Mark> places;
  const std::vector<Node> documents = documents_of(text, report);
  if (documents.empty()) warn_of_emptiness(text, "write a job into it, or remove it", report);
  for (const Node& document : documents) {
    const auto name = job_name_of(document);
    if (name) {
      const Mark at = document.find("name")->value.mark;
      if (const auto [first, fresh] = places.emplace(*name, at); !fresh)
        report.error(at, "job '" + *name + "' is in this file already, at line " + std::to_string(first->second.line) +
                             "; rename one of them");
    }
    if (auto job = read_job(document, context, report)) out.jobs.push_back(std::move(*job));
  }
  out.files[file] = report.errors() == 0;
  if (report.errors() > 0) {
    out.jobs.clear();
    out.broken_jobs = names_at_line_starts(text);
    for (const auto& [name, unused] : places) out.broken_jobs.insert(name);
  }
  out.diagnostics = report.take();
  return out;
}

}  // namespace nowd
