// Which commands and options nowctl takes, as values: what completion and the manual are held against.
#pragma once

#include <string>
#include <vector>

namespace nowd::ctl {

/// An option, or an argument without a name ("JOB").
struct OptionEntry {
  std::vector<std::string> names;  ///< "--help", "-h"; of an argument only what the usage calls it
  bool takes_value = false;
  std::string value;  ///< what the value is: "next|shift|skip" for a choice, FILE for a path; else nothing to go by
};

struct CommandEntry {
  std::string name;
  std::vector<OptionEntry> options;  ///< its own; the global ones are accepted too
  std::vector<OptionEntry> arguments;
};

struct CommandTree {
  std::vector<OptionEntry> options;  ///< global: before or after the command
  std::vector<CommandEntry> commands;
};

/// Read off the parser itself, so it cannot fall behind it. What is refused as not supported yet is absent.
CommandTree command_tree();

}  // namespace nowd::ctl
