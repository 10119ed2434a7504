// Output of a command: lines on stdout, one line of error on stderr, an exit code.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ctl/cli/command.hpp"
#include "foundation/exit_code.hpp"
#include "foundation/json.hpp"
#include "surface/text.hpp"

namespace nowd::ctl {

/// Colours and width of the terminal on stdout; no colours with --no-color, NO_COLOR or TERM=dumb.
Style style_of(const Globals& globals);

void print(std::string_view text);
void print_line(const Json& object);  ///< --format json: one object on one line

/// Prints rows: with --format json each as one line, else as a table; without rows only the remark `when_empty`.
int print_rows(const Globals& globals, const Result<std::vector<Json>>& rows,
               std::string (*table)(const std::vector<Json>&, const Style&), std::string_view when_empty);
/// Prints the object with --format json, else the sentence. Returns exit_done.
int print_result(const Globals& globals, const Json& object, const std::string& sentence);

/// Writes "nowctl: MESSAGE" to stderr, and returns the code.
int fail(ExitCode code, std::string_view message);
/// The code by the kind of the error: `unavailable` 3, `invalid` 2, anything else 1.
int fail(const Error& error);
/// Writes a message that is no error to stderr.
void remark(std::string_view message);

}  // namespace nowd::ctl
