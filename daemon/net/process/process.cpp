#include "net/process/process.hpp"

#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <csignal>
#include <exception>
#include <vector>

#include "foundation/fd.hpp"
#include "net/process/descendants.hpp"
#include "net/process/kept_output.hpp"
#include "net/process/spawn.hpp"

namespace asio = boost::asio;

namespace nowd {
namespace {

using namespace asio::experimental::awaitable_operators;

/// The maximum wait between two readings of the boot clock: steady_timer stops while the host sleeps.
constexpr milliseconds max_wait{1'000};
constexpr std::size_t pipe_bytes = 64 * 1024;
/// Pause between reads of output that is dropped anyway: 64 MB/s, at some percent of a core.
constexpr milliseconds flood_pause{1};
/// The killed members of the group are not our children, so we cannot wait for them, only poll. A process that waits
/// for a disk, or that no init reaps, must not block us: the number of polls is limited.
constexpr milliseconds group_poll{2};
constexpr int max_group_polls = 200;

void assign(asio::posix::stream_descriptor& into, FileDescriptor& from) {
  into.assign(from.get());
  from.release();
}

siginfo_t wait_for(pid_t pid, int options) {
  siginfo_t info{};
  while (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | options) != 0) {
    if (errno == EINTR) continue;
    info.si_code = -1;  // another waiter reaped it: its exit status is lost
    info.si_pid = pid;
    break;
  }
  return info;
}

/// A running command. Invariant: the leader is reaped last. Until then its number, which is also the group's, cannot be
/// reused, so a signal to the group reaches the command only.
class Process {
 public:
  Process(boost::asio::any_io_executor executor, const Clock& clock, const Command& command, Spawned spawned);
  /// Kills the group and waits for its leader, unless bury() has done so.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// Returns when the leader has ended, or has ignored TERM for the grace period. Throws if cancelled. Call bury() in
  /// all cases.
  boost::asio::awaitable<void> live();
  /// Kills the remaining processes, waits for the leader (also if cancelled) and briefly for the others, and returns
  /// the leader's end. The others: its group and, for a marked command, every process with its mark.
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
  boost::asio::awaitable<void> wait_for_rest();

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

Process::Process(asio::any_io_executor executor, const Clock& clock, const Command& command, Spawned spawned)
    : executor_(std::move(executor)),
      clock_(clock),
      command_(command),
      pid_(spawned.pid),
      pidfd_(executor_),
      input_(executor_),
      output_(executor_),
      errors_(executor_),
      timer_(executor_),
      kept_output_(KeptOutput::Part::first, command.max_output),
      kept_errors_(KeptOutput::Part::last, command.max_errors) {
  assign(pidfd_, spawned.pidfd);
  assign(input_, spawned.input);
  assign(output_, spawned.output);
  assign(errors_, spawned.errors);
  spawned.release();  // until here its destructor ends the process if an exception is thrown
}

Process::~Process() {
  if (reaped_) return;
  signal_group(SIGKILL);
  wait_for(pid_, 0);
  if (const auto mark = mark_of(command_); !mark.empty()) kill_marked(mark);
}

asio::awaitable<void> Process::live() {
  auto watching = watch();
  auto talking = talk();
  co_await (std::move(watching) || std::move(talking));
}

asio::awaitable<void> Process::watch() {
  const bool in_time = co_await ends_by(clock_.tick() + command_.timeout);
  if (in_time) co_return;
  timed_out_ = true;
  signal_group(SIGTERM);
  co_await ends_by(clock_.tick() + command_.grace);
}

asio::awaitable<bool> Process::ends_by(Tick deadline) {
  while (!has_ended()) {
    const nanoseconds left = deadline - clock_.tick();
    if (left <= nanoseconds{0}) co_return false;
    timer_.expires_after(std::min(left, nanoseconds{max_wait}));
    auto ended = pidfd_.async_wait(asio::posix::descriptor_base::wait_read, asio::use_awaitable);
    auto late = timer_.async_wait(asio::use_awaitable);
    co_await (std::move(ended) || std::move(late));
  }
  co_return true;
}

/// Never returns: a command may close its streams long before it exits.
asio::awaitable<void> Process::talk() {
  auto feeding = feed();
  auto listening = listen(output_, kept_output_);
  auto listening_to_errors = listen(errors_, kept_errors_);
  co_await (std::move(feeding) && std::move(listening) && std::move(listening_to_errors));
  asio::steady_timer never(executor_, asio::steady_timer::time_point::max());
  co_await never.async_wait(asio::use_awaitable);
}

/// A command need not read its input, so errors are ignored.
asio::awaitable<void> Process::feed() {
  asio::const_buffer rest = asio::buffer(command_.stdin_text);
  while (rest.size() > 0) {
    const auto [error, written] = co_await input_.async_write_some(rest, asio::as_tuple(asio::use_awaitable));
    if (error) break;
    rest += written;
  }
  input_.close();
}

asio::awaitable<void> Process::listen(asio::posix::stream_descriptor& from, KeptOutput& kept) {
  std::vector<char> piece(pipe_bytes);
  asio::steady_timer pause(executor_);
  for (;;) {
    const auto [error, got] = co_await from.async_read_some(asio::buffer(piece), asio::as_tuple(asio::use_awaitable));
    kept.append({piece.data(), got});
    if (error) co_return;
    if (!kept.cut()) continue;
    pause.expires_after(flood_pause);
    co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

asio::awaitable<Result<CommandResult>> Process::bury() {
  signal_group(SIGKILL);
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  while (!has_ended()) {
    auto ended = pidfd_.async_wait(asio::posix::descriptor_base::wait_read, asio::as_tuple(asio::use_awaitable));
    co_await std::move(ended);
  }
  drain(output_, kept_output_);
  drain(errors_, kept_errors_);
  Result<CommandResult> result = reap();
  co_await wait_for_rest();
  co_await asio::this_coro::throw_if_cancelled(throws);
  co_return result;
}

/// kill_marked() kills the processes that it finds, and one of them may just have started another. True only if a
/// search found none.
bool Process::rest_is_gone() const {
  const auto mark = mark_of(command_);
  const bool none_marked = mark.empty() || kill_marked(mark) == 0;
  return none_marked && ::kill(-pid_, 0) != 0;
}

/// Requires: the leader is reaped, or the search would find it.
asio::awaitable<void> Process::wait_for_rest() {
  for (int polls = 0; polls < max_group_polls && !rest_is_gone(); ++polls) {
    timer_.expires_after(group_poll);
    co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

/// Reads the present contents of the pipe only: a process outside of the group may keep the other end and write
/// forever.
void Process::drain(asio::posix::stream_descriptor& from, KeptOutput& kept) {
  int left = 0;
  if (::ioctl(from.native_handle(), FIONREAD, &left) != 0) return;
  std::vector<char> piece(pipe_bytes);
  while (left > 0) {
    const ssize_t got =
        ::read(from.native_handle(), piece.data(), std::min<std::size_t>(piece.size(), static_cast<std::size_t>(left)));
    if (got <= 0) return;
    kept.append({piece.data(), static_cast<std::size_t>(got)});
    left -= static_cast<int>(got);
  }
}

void Process::signal_group(int number) const {
  ::kill(-pid_, number);
  ::kill(pid_, number);  // in case it has changed its group
}

bool Process::has_ended() const { return wait_for(pid_, WNOHANG | WNOWAIT).si_pid != 0; }

Result<CommandResult> Process::reap() {
  const siginfo_t info = wait_for(pid_, 0);
  reaped_ = true;
  if (info.si_code == -1)
    return Error{ErrorKind::in_doubt,
                 "command " + command_.argv.front() + " ended, but its exit status was lost; is SIGCHLD ignored?"};
  CommandResult result;
  if (info.si_code != CLD_EXITED) result.end = CommandResult::End::signalled;
  if (timed_out_) result.end = CommandResult::End::timed_out;
  result.code = info.si_status;
  result.output_cut = kept_output_.cut();
  result.output = kept_output_.take_output();
  result.errors = kept_errors_.take_output();
  result.ended = clock_.read();
  return result;
}

}  // namespace

asio::awaitable<Result<CommandResult>> run_command(asio::any_io_executor executor, const Clock& clock,
                                                   Command command) {
  ignore_broken_pipes();
  const Reading started = clock.read();
  auto spawned = spawn(command);
  if (!spawned) co_return spawned.error();

  Process process(std::move(executor), clock, command, std::move(*spawned));
  std::exception_ptr stopped;
  try {
    co_await process.live();
  } catch (...) {
    stopped = std::current_exception();
  }
  auto result = co_await process.bury();  // in all cases: no process may remain
  const auto state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none)
    throw boost::system::system_error(asio::error::operation_aborted);
  if (stopped) std::rethrow_exception(stopped);
  if (result) result->started = started;
  co_return result;
}

}  // namespace nowd
