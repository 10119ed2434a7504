#include "ctl/cli/completion.hpp"

#include <algorithm>
#include <optional>

#include "ctl/cli/commands.hpp"
#include "ctl/cli/database.hpp"
#include "ctl/cli/help.hpp"
#include "ctl/cli/report.hpp"
#include "foundation/text/words.hpp"

namespace nowd::ctl {
namespace {

/// "next shift skip" of "next|shift|skip"; nothing where the value is no choice.
std::string choices(const OptionEntry& option) {
  if (option.value.find('|') == std::string::npos) return "";
  std::string words = option.value;
  std::replace(words.begin(), words.end(), '|', ' ');
  return words;
}

bool is_file(const OptionEntry& option) { return option.value == "FILE"; }
bool is_job(const OptionEntry& option) { return option.value == "JOB"; }

std::string names_of(const std::vector<OptionEntry>& options) {
  std::vector<std::string> names;
  for (const OptionEntry& option : options) names.insert(names.end(), option.names.begin(), option.names.end());
  return joined(names, " ");
}

/// The command's line in the general help.
std::string summary(const std::string& command) {
  const std::string_view text = general_help();
  const auto line = text.find("\n  " + command + " ");
  if (line == std::string_view::npos) return "";
  const std::string_view rest = text.substr(line + 1, text.find('\n', line + 1) - line - 1);
  const auto gap = rest.find("  ", 2 + command.size());
  return gap == std::string_view::npos ? "" : std::string(rest.substr(rest.find_first_not_of(' ', gap)));
}

/// In single quotes, as sh, bash and zsh read them. No name or summary of ours holds one, and if: it stays whole.
std::string shell_word(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// bash

std::string bash_values(const std::string& command, const std::vector<OptionEntry>& options) {
  std::string out;
  for (const OptionEntry& option : options) {
    if (!option.takes_value) continue;
    std::vector<std::string> patterns;
    for (const std::string& name : option.names) patterns.push_back(command + ":" + name);
    out += "    " + joined(patterns, "|") + ") ";
    out += is_file(option) ? "files=1" : is_job(option) ? "jobs=1 words=" : "words=" + shell_word(choices(option));
    out += " ;;\n";
  }
  return out;
}

std::string bash_command(const CommandEntry& command) {
  std::string out = "      " + command.name + ") options+=" + shell_word(" " + names_of(command.options));
  if (!command.arguments.empty()) {
    const OptionEntry& first = command.arguments.front();
    if (is_file(first)) out += " files=1";
    if (is_job(first)) out += " jobs=1";
    if (!choices(first).empty()) out += " words=" + shell_word(choices(first));
  }
  return out + " ;;\n";
}

// zsh

std::string zsh_value(const OptionEntry& option) {
  if (!option.takes_value) return "";
  if (is_file(option)) return ":file:_files";
  if (is_job(option)) return ":job:_nowctl_jobs";
  const std::string words = choices(option);
  return words.empty() ? ":value: " : ":value:(" + words + ")";
}

std::string zsh_options(const std::vector<OptionEntry>& options) {
  std::string out;
  for (const OptionEntry& option : options)
    for (const std::string& name : option.names) out += " " + shell_word(name + zsh_value(option));
  return out;
}

std::string zsh_command(const CommandEntry& command) {
  std::string out = "        " + command.name + ") _arguments $options" + zsh_options(command.options);
  for (const OptionEntry& argument : command.arguments)
    out += " " + shell_word((is_file(argument) ? "*" : "") + zsh_value(argument));
  return out + " ;;\n";
}

// fish

const std::string fish_jobs = "'(nowctl __complete jobs 2> /dev/null)'";

std::string fish_option(const OptionEntry& option, const std::string& condition) {
  std::string out = "complete -c nowctl" + condition;
  for (const std::string& name : option.names)
    out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  if (option.takes_value)
    out += is_file(option) ? " -r -F" : " -x -a " + (is_job(option) ? fish_jobs : shell_word(choices(option)));
  return out + "\n";
}

std::string fish_command(const CommandEntry& command) {
  std::string out = "complete -c nowctl -n __fish_use_subcommand -a " + command.name;
  if (const std::string said = summary(command.name); !said.empty()) out += " -d " + shell_word(said);
  out += "\n";
  const std::string condition = " -n '__fish_seen_subcommand_from " + command.name + "'";
  for (const OptionEntry& option : command.options) out += fish_option(option, condition);
  for (const OptionEntry& argument : command.arguments) {
    if (is_file(argument)) out += "complete -c nowctl" + condition + " -F\n";
    if (is_job(argument)) out += "complete -c nowctl" + condition + " -a " + fish_jobs + "\n";
    if (!choices(argument).empty())
      out += "complete -c nowctl" + condition + " -a " + shell_word(choices(argument)) + "\n";
  }
  return out;
}

}  // namespace

std::string bash_completion(const CommandTree& tree) {
  std::string values = bash_values("*", tree.options), commands, names, with_value;
  for (const CommandEntry& command : tree.commands) {
    names += (names.empty() ? "" : " ") + command.name;
    values += bash_values(command.name, command.options);
    commands += bash_command(command);
  }
  for (const OptionEntry& option : tree.options)
    if (option.takes_value) with_value += (with_value.empty() ? "" : "|") + joined(option.names, "|");
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
         shell_word(names_of(tree.options)) + R"( words=
    case $command in
      '') words=)" +
         shell_word(names) + R"( ;;
)" + commands +
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

std::string zsh_completion(const CommandTree& tree) {
  std::string described, commands;
  for (const CommandEntry& command : tree.commands) {
    const std::string said = summary(command.name);
    described += "    " + shell_word(said.empty() ? command.name : command.name + ":" + said) + "\n";
    commands += zsh_command(command);
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
         zsh_options(tree.options) + R"( )
  local -a commands=(
)" + described +
         R"(  )
  _arguments -C $options '1: :->command' '*:: :->arguments'
  case $state in
    command) _describe command commands ;;
    arguments)
      case $line[1] in
)" + commands +
         R"(      esac ;;
  esac
}
if [[ $funcstack[1] == _nowctl ]]; then _nowctl "$@"; else compdef _nowctl nowctl; fi
)";
}

std::string fish_completion(const CommandTree& tree) {
  std::string out = "# fish completion for nowctl, written by: nowctl completion fish\ncomplete -c nowctl -f\n";
  for (const OptionEntry& option : tree.options) out += fish_option(option, "");
  for (const CommandEntry& command : tree.commands) out += fish_command(command);
  return out;
}

int run_command(const Globals& globals, const Complete& command) {
  if (command.what != "jobs") return done;
  const Result<std::string> database = database_of(globals);
  if (!database) return done;
  const bool is_url = database->find("://") != std::string::npos;
  Result<LedgerReader> reader = LedgerReader::open(*database + (is_url ? "" : " connect_timeout=2"), seconds{1});
  if (!reader) return done;
  if (const Result<std::vector<std::string>> names = reader->job_names())
    for (const std::string& name : *names) print(name + "\n");
  return done;
}

int run_command(const Globals&, const Completion& command) {
  const CommandTree tree = command_tree();
  print(command.shell == "zsh"    ? zsh_completion(tree)
        : command.shell == "fish" ? fish_completion(tree)
                                  : bash_completion(tree));
  return done;
}

}  // namespace nowd::ctl
