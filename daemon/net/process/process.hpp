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
  std::vector<std::string> argv;  ///< execve, never a shell; argv[0] is looked up in the PATH of `environment`
  std::vector<std::pair<std::string, std::string>> environment;  ///< the whole of it; nothing is inherited
  std::string stdin_text;
  std::string directory;             ///< working directory; empty: "/"
  std::optional<unsigned> uid, gid;  ///< drop to these (only as root); supplementary groups are dropped too
  milliseconds timeout{30'000};      ///< on the boot clock; then TERM to the group, grace, KILL
  milliseconds grace{2'000};
  std::size_t max_output = 1024 * 1024;  ///< of stdout; what is more is read and dropped
  std::size_t max_errors = 64 * 1024;    ///< of stderr, the last bytes are kept
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

/// Errors: `invalid` when the command cannot be started (not found, not executable: names argv[0] and the remedy), and
/// `unavailable` when this host has no room for another process; then nothing ran. The group is killed when the leader
/// ends, too: background children do not survive, and a child that keeps stdout open does not keep us waiting. A
/// process that leaves the group (setsid) is ended as well where the command is marked() (net/descendants.hpp).
/// Cancelling the awaiting coroutine does the same, and throws operation_aborted. Killing the daemon kills the leader;
/// the rest ends with the unit's control group. Uses pidfd; no SIGCHLD handler, so it does not disturb other users of
/// wait().
boost::asio::awaitable<Result<CommandResult>> run_command(boost::asio::any_io_executor executor, const Clock& clock,
                                                          Command command);

}  // namespace nowd
