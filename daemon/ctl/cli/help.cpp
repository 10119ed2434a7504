// Usage lines and help texts, made from the descriptions of the commands.
#include <algorithm>
#include <cctype>

#include "ctl/cli/command.hpp"
#include "surface/text.hpp"

namespace nowd::ctl {

std::string form_of(const Option& option) {
  const bool shows_value = !option.value.empty() && std::islower(static_cast<unsigned char>(option.value[0]));
  if (option.name.starts_with('-')) return option.name + (option.value.empty() ? "" : " " + option.value);
  if (shows_value) return option.value;
  return option.name + (std::holds_alternative<std::vector<std::string>*>(option.target) ? "…" : "");
}

namespace {

constexpr std::size_t help_width = 80;
constexpr std::size_t left_column = 25;  ///< names of options and commands

std::string usage_word(const Option& option) { return option.required ? form_of(option) : "[" + form_of(option) + "]"; }

/// Broken between words; "[--job JOB]" is one word.
std::string usage_lines(const std::string& start, const std::string& form, std::size_t indent) {
  std::string out = start, word;
  std::size_t width = display_width(start), depth = 0;
  const auto append_word = [&] {
    if (word.empty()) return;
    if (width + 1 + display_width(word) > help_width) {
      out += "\n" + std::string(indent - 1, ' ');
      width = indent - 1;
    }
    out += " " + word;
    width += 1 + display_width(word);
    word.clear();
  };
  for (const char c : form) {
    depth += c == '[';
    depth -= c == ']';
    if (c == ' ' && depth == 0)
      append_word();
    else
      word += c;
  }
  append_word();
  return out + "\n";
}

/// Two columns: the form of an option or command, and its help.
std::string help_rows(const std::string& form, std::string_view help) {
  std::string out = "  " + form;
  const std::size_t width = display_width(out);
  const bool fits = width < left_column - 1;
  out += fits ? std::string(left_column - width, ' ') : "\n" + std::string(left_column, ' ');
  bool is_first = true;
  std::string one_line(help);
  std::ranges::replace(one_line, '\n', ' ');
  for (const std::string& line : wrap(one_line, help_width - left_column)) {
    out += (is_first ? "" : std::string(left_column, ' ')) + line + "\n";
    is_first = false;
  }
  return out;
}

std::string paragraphs(std::string_view text) {
  std::string out;
  for (const std::string& line : wrap(text, help_width)) out += line + "\n";
  return out;
}

std::string option_rows(const Command& command) {
  std::string out;
  for (const Option& argument : command.arguments)
    if (!argument.help.empty()) out += help_rows(form_of(argument), argument.help);
  for (const Option& option : command.options) out += help_rows(form_of(option), option.help);
  if (command.reads_config) out += help_rows("--config FILE", "nowd's configuration");
  if (!command.database.empty()) out += help_rows("--database CONNINFO", command.database);
  if (!command.json.empty()) out += help_rows("--format table|json", "json: " + std::string(command.json));
  return out;
}

std::string exit_status_of(const Command& command) {
  if (!command.exit_status.empty()) return std::string(command.exit_status);
  return command.database.empty() ? "0 done; 2 usage or configuration."
                                  : "0 done; 1 the ledger refuses it; 2 usage or configuration; 3 no database.";
}

}  // namespace

std::vector<std::string> usage_forms(const Command& command) {
  std::vector<std::string> forms;
  for (const std::string& form : command.usage) forms.push_back(command.name + " " + form);
  if (!forms.empty()) return forms;
  std::string form = command.name;
  for (const Option& argument : command.arguments) form += " " + usage_word(argument);
  for (const Option& option : command.options) form += " " + usage_word(option);
  return {form};
}

std::string command_help(const Command& command) {
  if (command.hidden) return "";
  std::string out;
  for (const std::string& form : usage_forms(command)) {
    const std::size_t indent = std::string_view("usage: nowctl ").size() + command.name.size() + 1;
    out += usage_lines(out.empty() ? "usage: nowctl" : "       nowctl", form, indent);
  }
  out += "\n" + paragraphs(command.text);
  if (const std::string rows = option_rows(command); !rows.empty()) out += "\n" + rows;
  if (!command.notes.empty()) out += "\n" + paragraphs(command.notes);
  out += "\n" + paragraphs("exit status: " + exit_status_of(command));
  if (!command.example.empty()) out += "\nexample:\n  " + std::string(command.example) + "\n";
  return out;
}

std::string general_help(const std::vector<Command>& commands, const std::vector<Option>& global_options) {
  std::string out =
      "nowctl shows the plans and the runs of nowd, and requests runs.\n\n"
      "usage: nowctl [options] COMMAND [arguments]\n\n";
  const std::pair<Group, std::string_view> headings[] = {
      {Group::offline, "without a database:\n"}, {Group::ledger, "the ledger:\n"}, {Group::acting, "acting:\n"}};
  for (const auto& [group, heading] : headings) {
    out += heading;
    for (const Command& command : commands) {
      if (command.hidden || command.group != group) continue;
      std::string form = command.name;
      for (const Option& argument : command.arguments) form += " " + usage_word(argument);
      out += help_rows(form, command.summary);
    }
  }
  out += "\noptions, before or after the command:\n";
  for (const Option& option : global_options) out += help_rows(form_of(option), option.help);
  out += "\n" + paragraphs(
                    "exit status: 0 done; 1 the result is bad (a run failed, a file is wrong); "
                    "2 usage or configuration; 3 no database.");
  return out + "\nnowctl COMMAND --help says more about a command.\n";
}

std::vector<std::string> choices_of(const Option& option) {
  const std::string& choices = option.choices.empty() ? option.value : option.choices;
  if (choices.find('|') == std::string::npos) return {};
  std::vector<std::string> words{""};
  for (const char c : choices)
    if (c == '|')
      words.emplace_back();
    else
      words.back() += c;
  return words;
}

}  // namespace nowd::ctl
