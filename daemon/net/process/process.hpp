// A command that runs: fed, listened to, watched by the clock, and never left behind.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <string>
#include <vector>

#include "foundation/error.hpp"
#include "foundation/time/clock.hpp"
#include "net/process/child.hpp"
#include "net/process/spawn.hpp"

namespace nowd {

// Runs a command in its own process group, with bounded output and a deadline; nothing of it survives.

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

/// Invariant: the leader is reaped last. Until then its number, which is the group's too, cannot be given to anybody
/// else, so a signal to the group reaches nobody but the command.
class Process {
 public:
  Process(boost::asio::any_io_executor executor, const Clock& clock, const Command& command, Spawned spawned);
  /// Kills all of it and waits for its leader, where bury() did not.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// Until the leader ended, or was told to and did not. Cancelled: throws, and bury() is due all the same.
  boost::asio::awaitable<void> live();
  /// Kills what is left, waits for the leader (also if this is cancelled), for a moment for the rest too, and says how
  /// it ended. The rest: its group and, of a marked command, every process with its mark.
  boost::asio::awaitable<Result<CommandResult>> bury();

 private:
  boost::asio::awaitable<void> watch();
  boost::asio::awaitable<bool> ends_by(Tick deadline);
  boost::asio::awaitable<void> talk();
  boost::asio::awaitable<void> feed();
  boost::asio::awaitable<void> listen(boost::asio::posix::stream_descriptor& from, KeptOutput& kept);
  void drain(boost::asio::posix::stream_descriptor& from, KeptOutput& kept);
  void signal_group(int number) const;
  bool has_ended() const;
  Result<CommandResult> reap();
  bool rest_is_gone() const;
  boost::asio::awaitable<void> see_rest_off();

  boost::asio::any_io_executor executor_;
  const Clock& clock_;
  const Command& command_;
  pid_t pid_;
  bool reaped_ = false;
  bool timed_out_ = false;
  boost::asio::posix::stream_descriptor pidfd_;
  boost::asio::posix::stream_descriptor input_;
  boost::asio::posix::stream_descriptor output_;
  boost::asio::posix::stream_descriptor errors_;
  boost::asio::steady_timer timer_;
  KeptOutput kept_output_;
  KeptOutput kept_errors_;
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
