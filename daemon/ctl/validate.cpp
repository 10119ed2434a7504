#include <filesystem>
#include <nlohmann/json.hpp>

#include "config/load.hpp"
#include "ctl/commands.hpp"
#include "ctl/report.hpp"
#include "foundation/clock.hpp"
#include "surface/text.hpp"
#include "tools/tool.hpp"

namespace nowd::ctl {
namespace {

/// What was read, and what was found.
struct Findings {
  std::vector<Diagnostic> diagnostics;
  std::size_t files = 0;
  std::size_t jobs = 0;

  void add(std::vector<Diagnostic> more) { diagnostics.insert(diagnostics.end(), more.begin(), more.end()); }
  std::size_t count(Diagnostic::Severity severity) const {
    return static_cast<std::size_t>(std::count_if(diagnostics.begin(), diagnostics.end(),
                                                  [&](const Diagnostic& d) { return d.severity == severity; }));
  }
};

/// The configuration with its tools' schemas, which only the tools' own module can judge.
LoadedConfig checked_config(const std::string& path) {
  LoadedConfig loaded = load_config(path);
  for (const auto& [name, tool] : loaded.config.tools)
    if (const auto fault = check_schema(tool.input))
      loaded.diagnostics.push_back({Diagnostic::Severity::error, path, 0, 0, "tools." + name + ".input: " + *fault});
  return loaded;
}

void check_jobs(const std::vector<std::string>& paths, const Config* config, bool all, Findings& findings) {
  JobContext context;
  context.all_jobs = all;
  context.config = config;
  context.now = SystemClock().now();
  LoadedJobs jobs = load_jobs(paths, context);
  findings.files += jobs.files.size();
  findings.jobs += jobs.jobs.size();
  findings.add(std::move(jobs.diagnostics));
}

Findings check_everything(const std::string& path) {
  Findings findings;
  const LoadedConfig loaded = checked_config(path);
  findings.files = 1;
  findings.add(loaded.diagnostics);
  check_jobs(loaded.config.jobs, &loaded.config, true, findings);
  return findings;
}

Findings check_files(const std::vector<std::string>& files, const Config* config) {
  Findings findings;
  std::vector<std::string> jobs;
  for (const std::string& file : files) {
    if (std::filesystem::path(file).filename() != "nowd.yaml") {
      jobs.push_back(file);
      continue;
    }
    ++findings.files;
    findings.add(checked_config(file).diagnostics);
  }
  if (!jobs.empty()) check_jobs(jobs, config, false, findings);
  return findings;
}

int tell(const Findings& findings, bool json) {
  const std::size_t errors = findings.count(Diagnostic::Severity::error),
                    warnings = findings.count(Diagnostic::Severity::warning);
  for (const Diagnostic& one : findings.diagnostics) {
    const bool is_error = one.severity == Diagnostic::Severity::error;
    if (json)
      print_line({{"file", one.file},
                  {"line", one.line},
                  {"column", one.column},
                  {"severity", is_error ? "error" : "warning"},
                  {"message", one.message}});
    else
      print(printable(one.str()) + "\n");
  }
  const auto number = [](std::size_t n, const char* noun) { return counted(static_cast<long long>(n), noun); };
  if (!json)
    print(number(findings.files, "file") + ", " + number(findings.jobs, "good job") + ", " + number(errors, "error") +
          ", " + number(warnings, "warning") + "\n");
  return errors > 0 ? bad : done;
}

}  // namespace

int run_command(const Globals& globals, const Validate& command) {
  for (const std::string& file : command.files)
    if (!std::filesystem::exists(file)) return fail(usage, file + ": no such file or directory");
  if (command.files.empty()) {
    if (!std::filesystem::exists(globals.config))
      return fail(usage,
                  globals.config + ": no configuration there; name it with --config or NOWD_CONFIG, or name job files");
    return tell(check_everything(globals.config), globals.json);
  }
  if (!globals.config_named) return tell(check_files(command.files, nullptr), globals.json);
  const LoadedConfig loaded = load_config(globals.config);
  if (!loaded.ok()) return fail(usage, globals.config + ": has errors; nowctl validate shows them");
  return tell(check_files(command.files, &loaded.config), globals.json);
}

}  // namespace nowd::ctl
