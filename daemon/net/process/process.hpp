// A command that runs: fed, listened to, watched by the clock, and never left behind.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "net/process/kept_output.hpp"
#include "net/process/spawn.hpp"
#include "net/process/subprocess.hpp"

namespace nowd {

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

}  // namespace nowd
