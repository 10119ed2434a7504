#include "ctl/check/checked_files.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "foundation/text/nearest.hpp"
#include "foundation/time/clock.hpp"
#include "tools/schema/arguments.hpp"
#include "tools/tool.hpp"

namespace nowd::ctl {
namespace {

void add(CheckedFiles& to, std::vector<Diagnostic> more) {
  std::ranges::move(more, std::back_inserter(to.diagnostics));
}

void check_jobs(const std::vector<std::string>& paths, const Config* config, bool all, CheckedFiles& checked) {
  JobContext context;
  context.all_jobs = all;
  context.past_at_is_warned = true;
  context.config = config;
  context.now = SystemClock().now();
  LoadedJobs jobs = load_jobs(paths, context);
  checked.files += jobs.files.size();
  checked.jobs = std::move(jobs.jobs);
  add(checked, std::move(jobs.diagnostics));
  for (const Job& job : checked.jobs)
    if (const auto fault = fault_in_output(job.output))
      checked.diagnostics.push_back({Diagnostic::Severity::error, job.source, 0, 0, job.name + ": " + *fault});
  std::erase_if(checked.jobs, [](const Job& job) { return fault_in_output(job.output).has_value(); });
}

/// Adds an error for each `after` that names neither a job of these files nor one of the configuration.
void check_leaders(const Config& config, CheckedFiles& checked) {
  JobContext context;
  context.config = &config;
  context.now = SystemClock().now();
  const LoadedJobs others = load_jobs(config.jobs, context);
  std::vector<std::string> names(others.broken_jobs.begin(), others.broken_jobs.end());
  for (const Job& job : others.jobs) names.push_back(job.name);
  for (const Job& job : checked.jobs) names.push_back(job.name);
  if (others.jobs.empty()) return;
  for (const Job& job : checked.jobs)
    if (job.after && std::ranges::find(names, *job.after) == names.end())
      checked.diagnostics.push_back(
          {Diagnostic::Severity::error, job.source, 0, 0,
           job.name + ": after: there is no job '" + *job.after + "'" + did_you_mean(*job.after, names)});
}

}  // namespace

std::size_t CheckedFiles::count(Diagnostic::Severity severity) const {
  return static_cast<std::size_t>(std::ranges::count(diagnostics, severity, &Diagnostic::severity));
}

LoadedConfig checked_config(const std::string& path) {
  LoadedConfig loaded = load_config(path);
  for (const auto& [name, tool] : loaded.config.tools)
    if (const auto fault = check_schema(tool.input))
      loaded.diagnostics.push_back({Diagnostic::Severity::error, path, 0, 0, "tools." + name + ".input: " + *fault});
  return loaded;
}

CheckedFiles check_everything(const std::string& config_path) {
  CheckedFiles checked;
  LoadedConfig loaded = checked_config(config_path);
  checked.config = std::move(loaded.config);
  checked.files = 1;
  add(checked, std::move(loaded.diagnostics));
  check_jobs(checked.config.jobs, &checked.config, true, checked);
  return checked;
}

CheckedFiles check_files(const std::vector<std::string>& files, const Config* config) {
  CheckedFiles checked;
  if (config != nullptr) checked.config = *config;
  std::vector<std::string> jobs;
  for (const std::string& file : files) {
    if (std::filesystem::path(file).filename() != "nowd.yaml") {
      jobs.push_back(file);
      continue;
    }
    ++checked.files;
    LoadedConfig loaded = checked_config(file);
    add(checked, std::move(loaded.diagnostics));
    if (config == nullptr) checked.config = std::move(loaded.config);
  }
  if (jobs.empty()) return checked;
  check_jobs(jobs, config, false, checked);
  if (config != nullptr) check_leaders(*config, checked);
  return checked;
}

}  // namespace nowd::ctl
