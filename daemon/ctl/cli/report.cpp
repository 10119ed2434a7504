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

void print_error_line(std::string_view text) {
  // A message may quote a server or a file: no control characters may pass.
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

int print_rows(const Globals& globals, const Result<std::vector<Json>>& rows,
               std::string (*table)(const std::vector<Json>&, const Style&), std::string_view when_empty) {
  if (!rows) return fail(rows.error());
  if (globals.json)
    for (const Json& row : *rows) print_line(row);
  else if (rows->empty())
    remark(when_empty);
  else
    print(table(*rows, style_of(globals)));
  return exit_done;
}

int print_result(const Globals& globals, const Json& object, const std::string& sentence) {
  if (globals.json)
    print_line(object);
  else
    print(sentence + "\n");
  return exit_done;
}

int fail(ExitCode code, std::string_view message) {
  print_error_line(message);
  return code;
}

int fail(const Error& error) {
  switch (error.kind) {
    case ErrorKind::unavailable:
      return fail(exit_no_database, error.message);
    case ErrorKind::invalid:
      return fail(exit_usage, error.message);
    case ErrorKind::refused:
    case ErrorKind::in_doubt:
    case ErrorKind::budget_spent:
      return fail(exit_bad, error.message);
  }
  return fail(exit_bad, error.message);
}

void remark(std::string_view message) { print_error_line(message); }

}  // namespace nowd::ctl
