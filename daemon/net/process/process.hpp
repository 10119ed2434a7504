// Runs a command in its own process group, with bounded output and a deadline; nothing of it survives.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "foundation/error.hpp"
#include "foundation/time/clock.hpp"

namespace nowd {

struct Command {
  std::vector<std::string> argv;  ///< for execve, never a shell; searches argv[0] in the PATH of `environment`
  std::vector<std::pair<std::string, std::string>> environment;  ///< complete; nothing is inherited
  std::string stdin_text;
  std::string directory;             ///< working directory; empty: "/"
  std::optional<unsigned> uid, gid;  ///< switch to these (only as root) and drop supplementary groups
  milliseconds timeout{30'000};      ///< on the boot clock; then TERM to the group, and KILL after `grace`
  milliseconds grace{2'000};
  std::size_t max_output = 1024 * 1024;  ///< of stdout; the rest is read and dropped
  std::size_t max_errors = 64 * 1024;    ///< of stderr; keeps the last bytes
};

struct CommandResult {
  enum class End { exited, signalled, timed_out };
  End end = End::exited;
  int code = 0;  ///< exit code, or the signal's number
  std::string output;
  std::string errors;
  bool output_cut = false;
  Reading started;
  Reading ended;
};

/// Errors: `invalid` if the command cannot start (not found, not executable; the message has argv[0] and the remedy),
/// and `unavailable` if the host has no resources for another process; then nothing ran. Kills the group when the
/// leader ends: background children do not survive, and a child that keeps stdout open causes no delay. Kills processes
/// outside of the group (setsid) if the command is marked() (descendants.hpp). Terminal cancellation of the awaiting
/// coroutine does the same and throws operation_aborted. If the daemon is killed, the leader dies too; the others end
/// with the unit's control group. Uses pidfd and no SIGCHLD handler, so other users of wait() are unaffected.
boost::asio::awaitable<Result<CommandResult>> run_command(boost::asio::any_io_executor executor, const Clock& clock,
                                                          Command command);

}  // namespace nowd
