#include <filesystem>
#include <nlohmann/json.hpp>

#include "ctl/check/checked_files.hpp"
#include "ctl/cli/commands.hpp"
#include "ctl/cli/report.hpp"
#include "ctl/check/uses.hpp"
#include "surface/text.hpp"

namespace nowd::ctl {
namespace {

Json to_json(const Diagnostic& one) {
  return {{"file", one.file},
          {"line", one.line},
          {"column", one.column},
          {"severity", one.severity == Diagnostic::Severity::error ? "error" : "warning"},
          {"message", one.message}};
}

int tell(const CheckedFiles& checked, bool json) {
  const std::size_t errors = checked.count(Diagnostic::Severity::error),
                    warnings = checked.count(Diagnostic::Severity::warning);
  for (const Diagnostic& one : checked.diagnostics) {
    if (json)
      print_line(to_json(one));
    else
      print(printable(one.str()) + "\n");
  }
  const auto number = [](std::size_t n, const char* noun) { return counted(static_cast<long long>(n), noun); };
  if (!json)
    print(number(checked.files, "file") + ", " + number(checked.jobs.size(), "good job") + ", " +
          number(errors, "error") + ", " + number(warnings, "warning") + "\n");
  return errors > 0 ? bad : done;
}

/// The files, then what their jobs use; what is there may lie in the way of 9 o'clock too.
int judge(CheckedFiles checked, const Validate& command, bool json) {
  const Scope scope = command.files.empty() ? Scope::all : Scope::jobs;
  for (Diagnostic& one : surroundings_of(uses_of(checked.config, checked.jobs, scope), checked.config, command.online))
    checked.diagnostics.push_back(std::move(one));
  return tell(checked, json);
}

}  // namespace

int run_command(const Globals& globals, const Validate& command) {
  for (const std::string& file : command.files)
    if (!std::filesystem::exists(file)) return fail(usage, file + ": no such file or directory");
  if (command.files.empty()) {
    if (!std::filesystem::exists(globals.config))
      return fail(usage,
                  globals.config + ": no configuration there; name it with --config or NOWD_CONFIG, or name job files");
    return judge(check_everything(globals.config), command, globals.json);
  }
  if (!globals.config_named) return judge(check_files(command.files, nullptr), command, globals.json);
  const LoadedConfig loaded = load_config(globals.config);
  if (!loaded.ok()) return fail(usage, globals.config + ": has errors; nowctl validate shows them");
  return judge(check_files(command.files, &loaded.config), command, globals.json);
}

}  // namespace nowd::ctl
