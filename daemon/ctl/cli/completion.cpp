// The completion scripts for shells, and the commands that print them and answer their questions.
#include <algorithm>

#include "ctl/cli/command_line.hpp"
#include "ctl/cli/database.hpp"
#include "ctl/cli/report.hpp"
#include "ctl/commands.hpp"
#include "foundation/text/words.hpp"

namespace nowd::ctl {
namespace {

bool is_file(const Option& option) { return option.value == "FILE"; }
bool is_job(const Option& option) { return option.value == "JOB" || option.name == "JOB"; }
bool takes_value(const Option& option) { return !std::holds_alternative<bool*>(option.target); }

/// "--help", "-h".
std::vector<std::string> names_of(const Option& option) {
  std::vector<std::string> names{option.name};
  if (!option.alias.empty()) names.push_back(option.alias);
  return names;
}

std::string names_of(const std::vector<Option>& options) {
  std::string out;
  for (const Option& option : options) out += (out.empty() ? "" : " ") + joined(names_of(option), " ");
  return out;
}

std::string choices(const Option& option) { return joined(choices_of(option), " "); }

/// In single quotes, as sh, bash and zsh read them.
std::string shell_word(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// bash

std::string bash_values(const std::string& command, const std::vector<Option>& options) {
  std::string out;
  for (const Option& option : options) {
    if (!takes_value(option)) continue;
    std::vector<std::string> patterns;
    for (const std::string& name : names_of(option)) patterns.push_back(command + ":" + name);
    out += "    " + joined(patterns, "|") + ") ";
    out += is_file(option) ? "files=1" : is_job(option) ? "jobs=1 words=" : "words=" + shell_word(choices(option));
    out += " ;;\n";
  }
  return out;
}

std::string bash_command(const Command& command) {
  std::string out = "      " + command.name + ") options+=" + shell_word(" " + names_of(command.options));
  if (!command.arguments.empty()) {
    const Option& first = command.arguments.front();
    if (is_file(first)) out += " files=1";
    if (is_job(first)) out += " jobs=1";
    if (!choices(first).empty()) out += " words=" + shell_word(choices(first));
  }
  return out + " ;;\n";
}

// zsh

std::string zsh_value(const Option& option) {
  if (!takes_value(option)) return "";
  if (is_file(option)) return ":file:_files";
  if (is_job(option)) return ":job:_nowctl_jobs";
  const std::string words = choices(option);
  return words.empty() ? ":value: " : ":value:(" + words + ")";
}

std::string zsh_options(const std::vector<Option>& options) {
  std::string out;
  for (const Option& option : options)
    for (const std::string& name : names_of(option)) out += " " + shell_word(name + zsh_value(option));
  return out;
}

std::string zsh_command(const Command& command) {
  std::string out = "        " + command.name + ") _arguments $options" + zsh_options(command.options);
  for (const Option& argument : command.arguments)
    out += " " + shell_word((is_file(argument) ? "*" : "") + zsh_value(argument));
  return out + " ;;\n";
}

// fish

const std::string fish_jobs = "'(nowctl __complete jobs 2> /dev/null)'";

std::string fish_option(const Option& option, const std::string& condition) {
  std::string out = "complete -c nowctl" + condition;
  for (const std::string& name : names_of(option))
    out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  if (takes_value(option))
    out += is_file(option) ? " -r -F" : " -x -a " + (is_job(option) ? fish_jobs : shell_word(choices(option)));
  return out + "\n";
}

std::string fish_command(const Command& command) {
  std::string out = "complete -c nowctl -n __fish_use_subcommand -a " + command.name;
  out += " -d " + shell_word(command.summary) + "\n";
  const std::string condition = " -n '__fish_seen_subcommand_from " + command.name + "'";
  for (const Option& option : command.options) out += fish_option(option, condition);
  for (const Option& argument : command.arguments) {
    if (is_file(argument)) out += "complete -c nowctl" + condition + " -F\n";
    if (is_job(argument)) out += "complete -c nowctl" + condition + " -a " + fish_jobs + "\n";
    if (!choices(argument).empty())
      out += "complete -c nowctl" + condition + " -a " + shell_word(choices(argument)) + "\n";
  }
  return out;
}

}  // namespace

std::string bash_completion(const std::vector<Command>& commands, const std::vector<Option>& global_options) {
  std::string values = bash_values("*", global_options), cases, names, with_value;
  for (const Command& command : commands) {
    names += (names.empty() ? "" : " ") + command.name;
    values += bash_values(command.name, command.options);
    cases += bash_command(command);
  }
  for (const Option& option : global_options)
    if (takes_value(option)) with_value += (with_value.empty() ? "" : "|") + joined(names_of(option), "|");
  return R"(# bash completion for nowctl, written by: nowctl completion bash
_nowctl() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command= words=none files= jobs= options= i
  COMPREPLY=()
  # --format=json comes as three words.
  if [[ $word == = ]]; then word=
  elif [[ $before == = ]]; then before=${COMP_WORDS[COMP_CWORD-2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
      )" +
         with_value +
         R"() [[ ${COMP_WORDS[i+1]} == = ]] && ((i++)); ((i++)) ;;
      -*) ;;
      *) command=${COMP_WORDS[i]}; break ;;
    esac
  done
  case $command:$before in
)" + values +
         R"(  esac
  if [[ $words == none && -z $files ]]; then
    options=)" +
         shell_word(names_of(global_options)) + R"( words=
    case $command in
      '') words=)" +
         shell_word(names) + R"( ;;
)" + cases +
         R"(    esac
    if [[ $word == -* ]]; then files= jobs= words=$options; fi
  fi
  if [[ -n $jobs ]]; then words+=" $(nowctl __complete jobs 2> /dev/null) "; fi
  if [[ -n $files ]]; then
    compopt -o filenames 2> /dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
  else
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
  fi
}
complete -F _nowctl nowctl
)";
}

std::string zsh_completion(const std::vector<Command>& commands, const std::vector<Option>& global_options) {
  std::string described, cases;
  for (const Command& command : commands) {
    described += "    " + shell_word(command.name + ":" + command.summary) + "\n";
    cases += zsh_command(command);
  }
  return R"(#compdef nowctl
# zsh completion for nowctl, written by: nowctl completion zsh
_nowctl_jobs() {
  local -a jobs
  jobs=( $(nowctl __complete jobs 2> /dev/null) )
  compadd -a jobs
}
_nowctl() {
  local curcontext=$curcontext state line
  local -A opt_args
  local -a options=()" +
         zsh_options(global_options) + R"( )
  local -a commands=(
)" + described +
         R"(  )
  _arguments -C $options '1: :->command' '*:: :->arguments'
  case $state in
    command) _describe command commands ;;
    arguments)
      case $line[1] in
)" + cases +
         R"(      esac ;;
  esac
}
if [[ $funcstack[1] == _nowctl ]]; then _nowctl "$@"; else compdef _nowctl nowctl; fi
)";
}

std::string fish_completion(const std::vector<Command>& commands, const std::vector<Option>& global_options) {
  std::string out = "# fish completion for nowctl, written by: nowctl completion fish\ncomplete -c nowctl -f\n";
  for (const Option& option : global_options) out += fish_option(option, "");
  for (const Command& command : commands) out += fish_command(command);
  return out;
}

namespace {

struct CompletionOptions {
  std::string shell;
};
struct CompleteOptions {
  std::string subject;  ///< jobs
};

/// Silent where there is no answer: a shell asks while a person types.
int list_for_shell(const Globals& globals, const CompleteOptions& options) {
  if (options.subject != "jobs") return exit_done;
  const Result<std::string> database = database_of(globals);
  if (!database) return exit_done;
  const bool is_url = database->find("://") != std::string::npos;
  Result<LedgerReader> reader = LedgerReader::open(*database + (is_url ? "" : " connect_timeout=2"), seconds{1});
  if (!reader) return exit_done;
  if (const Result<std::vector<std::string>> names = reader->job_names())
    for (const std::string& name : *names) print(name + "\n");
  return exit_done;
}

int print_completion(Globals globals, const std::string& shell) {
  std::vector<Command> commands = all_commands();
  std::erase_if(commands, &Command::hidden);
  const std::vector<Option> options = global_options(globals);
  print(shell == "zsh"    ? zsh_completion(commands, options)
        : shell == "fish" ? fish_completion(commands, options)
                          : bash_completion(commands, options));
  return exit_done;
}

Result<void> check_shell(const std::string& shell) {
  if (shell.empty()) return invalid("completion: name the shell: bash, zsh or fish");
  if (shell != "bash" && shell != "zsh" && shell != "fish")
    return invalid("completion: '" + shell + "' is none of bash, zsh and fish");
  return boost::system::in_place_value;
}

}  // namespace

Command completion_command() {
  const auto options = std::make_shared<CompletionOptions>();
  return {.name = "completion",
          .group = Group::offline,
          .summary = "print the completion script for bash, zsh or fish",
          .text = R"(Prints a script that completes nowctl's commands, options and values. The Debian
package installs all three. For yourself:

  bash    nowctl completion bash \
            > ~/.local/share/bash-completion/completions/nowctl
  zsh     nowctl completion zsh > DIRECTORY/_nowctl, a DIRECTORY of $fpath
  fish    nowctl completion fish > ~/.config/fish/completions/nowctl.fish)",
          .arguments = {{.name = "SHELL", .value = "bash|zsh|fish", .target = &options->shell, .required = true}},
          .check = [options] { return check_shell(options->shell); },
          .run = [options](const Globals& globals) { return print_completion(globals, options->shell); }};
}

Command complete_command() {
  const auto options = std::make_shared<CompleteOptions>();
  return {.name = "__complete",
          .hidden = true,
          .arguments = {{"SUBJECT", "", &options->subject}},
          .run = [options](const Globals& globals) { return list_for_shell(globals, *options); }};
}

}  // namespace nowd::ctl
