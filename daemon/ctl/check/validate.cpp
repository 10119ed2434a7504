// validate: checks job files and nowd.yaml.
#include <filesystem>
#include <nlohmann/json.hpp>

#include "ctl/check/checked_files.hpp"
#include "ctl/check/uses.hpp"
#include "ctl/cli/report.hpp"
#include "ctl/commands.hpp"
#include "surface/text.hpp"

namespace nowd::ctl {
namespace {

struct ValidateOptions {
  std::vector<std::string> files;
  bool online = false;
};

Json object_of(const Diagnostic& one) {
  return {{"file", one.file},
          {"line", one.line},
          {"column", one.column},
          {"severity", one.severity == Diagnostic::Severity::error ? "error" : "warning"},
          {"message", one.message}};
}

int print_checked(const CheckedFiles& checked, bool json) {
  const std::size_t errors = checked.count(Diagnostic::Severity::error),
                    warnings = checked.count(Diagnostic::Severity::warning);
  for (const Diagnostic& one : checked.diagnostics) {
    if (json)
      print_line(object_of(one));
    else
      print(printable(one.str()) + "\n");
  }
  const auto number = [](std::size_t n, const char* noun) { return counted(static_cast<long long>(n), noun); };
  if (!json)
    print(number(checked.files, "file") + ", " + number(checked.jobs.size(), "good job") + ", " +
          number(errors, "error") + ", " + number(warnings, "warning") + "\n");
  return errors > 0 ? exit_bad : exit_done;
}

/// Adds diagnostics about the programs, secrets and servers that the jobs use, and prints all.
int check_uses(CheckedFiles checked, const ValidateOptions& options, bool json) {
  const Scope scope = options.files.empty() ? Scope::all : Scope::jobs;
  for (Diagnostic& one : surroundings_of(uses_of(checked.config, checked.jobs, scope), checked.config, options.online))
    checked.diagnostics.push_back(std::move(one));
  return print_checked(checked, json);
}

int validate(const Globals& globals, const ValidateOptions& options) {
  for (const std::string& file : options.files)
    if (!std::filesystem::exists(file)) return fail(exit_usage, file + ": no such file or directory");
  if (options.files.empty()) {
    if (!std::filesystem::exists(globals.config))
      return fail(exit_usage,
                  globals.config + ": no configuration there; name it with --config or NOWD_CONFIG, or name job files");
    return check_uses(check_everything(globals.config), options, globals.json);
  }
  if (!globals.config_named) return check_uses(check_files(options.files, nullptr), options, globals.json);
  const LoadedConfig loaded = load_config(globals.config);
  if (!loaded.ok()) return fail(exit_usage, globals.config + ": has errors; nowctl validate shows them");
  return check_uses(check_files(options.files, &loaded.config), options, globals.json);
}

}  // namespace

Command validate_command() {
  const auto options = std::make_shared<ValidateOptions>();
  return {.name = "validate",
          .group = Group::offline,
          .summary = "check job files and nowd.yaml",
          .text = R"(Checks job files and prints every error and warning as file:line:column, with
the remedy. Without FILE: nowd.yaml and all the jobs it names. With FILE: only
these (a file named nowd.yaml is taken as the configuration); it needs neither a
database nor a configuration, and looks up providers, tools and defaults of a
job only if --config or NOWD_CONFIG names a configuration.

Programs and secret files that are not on this host are warnings: the files may
be meant for another host. Without --online it connects to no other host.)",
          .arguments = {{"FILE", "FILE", &options->files}},
          .options = {{"--online", "", &options->online,
                       "also check the things that the jobs use, as nowctl doctor does: credentials, providers, sinks, "
                       "tools; each fault is an error"}},
          .reads_config = true,
          .json = R"({"file", "line", "column", "severity", "message"})",
          .exit_status = "0 no errors (there may be warnings); 1 errors; 2 a file or the configuration is missing.",
          .example = "nowctl validate jobs/hello.yaml",
          .run = [options](const Globals& globals) { return validate(globals, *options); }};
}

}  // namespace nowd::ctl
