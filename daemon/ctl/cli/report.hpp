// How a command answers: lines on stdout, one line of error on stderr, an exit code.
#pragma once

#include <string>
#include <string_view>

#include "ctl/cli/command_line.hpp"
#include "foundation/json.hpp"
#include "surface/text.hpp"

namespace nowd::ctl {

enum ExitCode : int {
  done = 0,
  bad = 1,          ///< what was asked about is bad: a run failed, a file is wrong
  usage = 2,        ///< or configuration
  no_database = 3,  ///< nobody there, or the login is refused
};

/// Colours and width: of the terminal on stdout, unless --no-color or NO_COLOR say otherwise.
Style style_of(const Globals& globals);

void print(std::string_view text);
void print_line(const Json& object);  ///< --format json: one object on one line

/// Says "nowctl: MESSAGE" on stderr, and gives the code.
int fail(ExitCode code, std::string_view message);
/// The code by what may be done about the error: `unavailable` 3, `invalid` 2, anything else 1.
int fail(const Error& error);
/// Something worth knowing that is no error, on stderr.
void remark(std::string_view message);

}  // namespace nowd::ctl
