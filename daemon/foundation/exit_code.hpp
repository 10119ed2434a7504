// Exit codes of nowd and nowctl; docs/man/nowd.8 and docs/man/nowctl.1 list them.
#pragma once

namespace nowd {

enum ExitCode : int {
  exit_done = 0,
  exit_bad = 1,          ///< nowd: it cannot go on; nowctl: a bad result, such as a failed run
  exit_usage = 2,        ///< usage or configuration
  exit_no_database = 3,  ///< no database answers, or it refuses the login
};

}  // namespace nowd
