// A command of nowctl, described once. The parser, the help, the completion scripts and the test of the manual page
// read this description.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "foundation/error.hpp"

namespace nowd::ctl {

/// Values of the options that every command accepts.
struct Globals {
  std::string config;         ///< --config, else NOWD_CONFIG, else /etc/nowd/nowd.yaml
  bool config_named = false;  ///< by --config or NOWD_CONFIG
  std::string database;       ///< --database; empty: the option is absent
  std::string format = "table";
  bool json = false;  ///< --format json
  bool no_color = false, help = false, version = false;
};

/// The variable that the parser fills. It keeps the text as the person wrote it; each command reads its own texts.
using Target = std::variant<bool*, std::string*, std::vector<std::string>*>;

/// An option ("--job"), or an argument: a name without dashes ("JOB").
struct Option {
  std::string name;
  /// Word for the value in usage lines. "a|b|c" is a choice, FILE a path, JOB a job's name: completion offers these.
  /// Empty: an option without a value, or an argument with a value of any form.
  std::string value;
  Target target;
  std::string_view help;  ///< makes sense when it is read alone; defaults in brackets
  bool required = false;  ///< the parser refuses a command line without it
  std::string alias;      ///< one letter: "-h"
  std::string choices;    ///< "a|b|c", where that is too long for `value`
};

/// The argument JOB of a command that needs one.
inline Option required_job(std::string& job) { return {.name = "JOB", .target = &job, .required = true}; }

/// Heading under which the general help lists a command.
enum class Group { offline, ledger, acting };

/// Texts of the option --database in the help.
inline constexpr std::string_view ledger_to_read = "the ledger";
inline constexpr std::string_view ledger_to_change = "the ledger; your role must be a member of nowd_operator";
inline constexpr std::string_view forms_of_times =
    "T is RFC 3339 (2026-06-01T09:00:00+02:00, …Z), or local (2026-06-01T09:00).";

struct Command {
  std::string name;
  Group group = Group::ledger;
  bool hidden = false;  ///< for programs: without help, absent from lists
  std::string summary;  ///< one line of the general help and of completion
  /// The forms after "nowctl", where there are several; empty: one form, made from `arguments` and `options`.
  std::vector<std::string> usage;
  std::string_view text;  ///< paragraphs of the help
  std::vector<Option> arguments, options;
  bool reads_config = false;
  std::string_view database;     ///< help of --database; empty: the command opens no database
  std::string_view json;         ///< output with --format json; empty: the command has no table
  std::string_view notes;        ///< paragraphs after the options
  std::string_view exit_status;  ///< empty: the usual ones
  std::string_view example;      ///< a command line
  /// Options that exclude or need each other. Errors: `invalid`, with the remedy.
  std::function<Result<void>()> check;
  std::function<int(const Globals&)> run;  ///< returns the exit code
};

/// "--job JOB", "--dry-run", "JOB", "bash|zsh|fish".
std::string form_of(const Option& option);

/// "run JOB [--as-of T] [--dry-run]" for each form, in one line.
std::vector<std::string> usage_forms(const Command& command);

/// `nowctl COMMAND --help`, in lines of at most 80 columns. Empty for a hidden command.
std::string command_help(const Command& command);
/// `nowctl --help`: all commands that are not hidden, then the global options.
std::string general_help(const std::vector<Command>& commands, const std::vector<Option>& global_options);

/// Words of a choice: next, shift, skip for "next|shift|skip"; empty for other values.
std::vector<std::string> choices_of(const Option& option);

/// A whole completion script: to be sourced, or put where the shell looks for it. The scripts call `nowctl __complete`
/// for the names of jobs, and nothing else.
std::string bash_completion(const std::vector<Command>& commands, const std::vector<Option>& global_options);
std::string zsh_completion(const std::vector<Command>& commands, const std::vector<Option>& global_options);
std::string fish_completion(const std::vector<Command>& commands, const std::vector<Option>& global_options);

}  // namespace nowd::ctl
