#include "ctl/cli/report.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "surface/text.hpp"

namespace nowd::ctl {
namespace {

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

void say(std::string_view text) {
  // Messages may quote what a server or a file said.
  const std::string line = "nowctl: " + printable(text) + "\n";
  std::fflush(stdout);
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace

Style style_of(const Globals& globals) {
  Style style;
  style.terminal = ::isatty(STDOUT_FILENO) == 1;
  const char* kind = std::getenv("TERM");
  const bool dumb = kind != nullptr && std::string_view(kind) == "dumb";
  style.colour = style.terminal && !globals.no_color && !is_set("NO_COLOR") && !dumb;
  winsize size{};
  if (style.terminal && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) style.width = size.ws_col;
  return style;
}

void print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }
void print_line(const Json& object) { print(dump_json(object) + "\n"); }

int fail(ExitCode code, std::string_view message) {
  say(message);
  return code;
}

int fail(const Error& error) {
  switch (error.kind) {
    case ErrorKind::unavailable:
      return fail(no_database, error.message);
    case ErrorKind::invalid:
      return fail(usage, error.message);
    case ErrorKind::refused:
    case ErrorKind::in_doubt:
    case ErrorKind::budget_spent:
      return fail(bad, error.message);
  }
  return fail(bad, error.message);
}

void remark(std::string_view message) { say(message); }

}  // namespace nowd::ctl
