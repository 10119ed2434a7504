// nowd's command line.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "foundation/error.hpp"
#include "foundation/time/time.hpp"

namespace nowd {

struct CommandLine {
  std::string config;  ///< --config, else NOWD_CONFIG, else /etc/nowd/nowd.yaml
  bool check_config = false;
  bool up = false;
  std::string directory;                   ///< up --dir
  std::string jobs;                        ///< up --jobs
  std::optional<milliseconds> stop_after;  ///< up --for
};

/// A text to print and an exit code (help, version, a usage error), or what to do.
struct Answered {
  std::string text;
  int code = 0;
};
std::variant<CommandLine, Answered> parse_command_line(int argc, char** argv);

}  // namespace nowd
