// Nothing of a command survives it: not after a timeout, a cancellation, or in the background.
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <filesystem>

#include "net/io.hpp"
#include "net/jumping_clock.hpp"
#include "net/process/descendants.hpp"
#include "net/process/process.hpp"
#include "net/process/spawn.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace boost::asio::experimental::awaitable_operators;
using End = CommandResult::End;
namespace asio = boost::asio;

namespace {

/// A fifo that the processes of a command hold open for writing: this side is told when the last of them is gone.
class Tether {
 public:
  Tether() : directory_("/tmp/nowd-tether-XXXXXX") {
    REQUIRE(::mkdtemp(directory_.data()) != nullptr);
    REQUIRE(::mkfifo(path().c_str(), 0600) == 0);
    fd_ = ::open(path().c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    REQUIRE(fd_ >= 0);
  }
  ~Tether() {
    ::close(fd_);
    std::filesystem::remove_all(directory_);
  }

  std::string path() const { return directory_ + "/fifo"; }
  int fd() const { return fd_; }
  /// A script that does `first`, holds on and says so, and goes on with `rest`.
  Command hold(const std::string& rest, const std::string& first = ":") const {
    return {.argv = {"sh", "-c", first + "; exec 3>" + path() + "; echo held >&3; " + rest}};
  }
  bool was_held() const {
    char bytes[16];
    return ::read(fd_, bytes, sizeof bytes) > 0;
  }
  /// Waits for the last holder's end; the limit only keeps a broken build from hanging.
  bool is_cut() const {
    pollfd wanted{fd_, 0, 0};
    return ::poll(&wanted, 1, 20'000) == 1 && (wanted.revents & POLLHUP) != 0;
  }

 private:
  std::string directory_;
  int fd_ = -1;
};

Result<CommandResult> run(Command command) {
  asio::io_context io;
  const SystemClock clock;
  return test::run(io, run_command(io.get_executor(), clock, std::move(command)));
}

/// Runs a command whose timeout comes when it says "held", not earlier and not later.
Result<CommandResult> run_until_held(const Tether& tether, Command command) {
  asio::io_context io;
  test::JumpingClock clock;
  asio::posix::stream_descriptor held(io, ::dup(tether.fd()));
  held.async_wait(asio::posix::descriptor_base::wait_read, [&](auto) { clock.jump(); });
  command.timeout = minutes{30};
  return test::run(io, run_command(io.get_executor(), clock, std::move(command)));
}

bool has_no_child() { return ::waitpid(-1, nullptr, WNOHANG) == -1; }

}  // namespace

TEST_CASE("background children do not survive their leader, and do not keep us waiting") {
  const Tether tether;
  const auto result = run(tether.hold("sleep 1000 & sleep 1000 & (sleep 1000 &) ; echo started"));
  REQUIRE(result.has_value());
  CHECK(result->end == End::exited);
  CHECK(result->output == "started\n");
  CHECK(tether.was_held());
  CHECK(tether.is_cut());
  CHECK(has_no_child());
}

TEST_CASE("a child that left the group and holds stdout does not keep us waiting") {
  const auto result = run({.argv = {"sh", "-c", "setsid sleep 30 & echo started"}});
  REQUIRE(result.has_value());
  CHECK(result->output == "started\n");
  CHECK(result->ended.boot - result->started.boot < seconds{30});
}

TEST_CASE("of a marked command no process is left, in whatever session it is") {
  const Tether tether;
  const std::string escapes = "setsid sh -c 'sleep 1000 & sleep 1000' & setsid setsid sleep 1000 & sleep 0.01";
  const auto result = run(marked(tether.hold(escapes + "; echo started")));
  REQUIRE(result.has_value());
  CHECK(result->output == "started\n");
  CHECK(tether.was_held());
  CHECK(tether.is_cut());
  CHECK(has_no_child());
}

TEST_CASE("a process that goes on forking in a session of its own ends with a marked command") {
  const Tether tether;
  const auto result =
      run(marked(tether.hold("setsid sh -c 'while :; do sleep 0.001 & wait; done' & sleep 0.05; exit 3")));
  REQUIRE(result.has_value());
  CHECK(result->code == 3);
  CHECK(tether.is_cut());
}

TEST_CASE("a timeout ends a marked command with all that left its group") {
  const Tether tether;
  Command command = marked(tether.hold("sleep 1000", "(setsid sh -c 'exec 3>" + tether.path() + "; sleep 1000' &)"));
  command.grace = milliseconds{50};
  const auto result = run_until_held(tether, command);
  REQUIRE(result.has_value());
  CHECK(result->end == End::timed_out);
  CHECK(tether.was_held());
  CHECK(tether.is_cut());
}

TEST_CASE("only processes with the command's own mark are ended") {
  const Tether other;
  asio::io_context io;
  const SystemClock clock;
  asio::posix::stream_descriptor held(io, ::dup(other.fd()));
  auto running = run_command(io.get_executor(), clock, marked(other.hold("sleep 1000")));
  const auto meanwhile = [&]() -> asio::awaitable<bool> {
    co_await held.async_wait(asio::posix::descriptor_base::wait_read, asio::use_awaitable);
    Command another = marked({.argv = {"true"}});
    const auto ended = co_await run_command(io.get_executor(), clock, std::move(another));
    pollfd wanted{other.fd(), 0, 0};
    co_return ended.has_value() && ::poll(&wanted, 1, 0) == 0;
  };
  auto check = meanwhile();
  const auto first = test::run(io, std::move(running) || std::move(check));
  REQUIRE(first.index() == 1);
  CHECK(std::get<1>(first));
  held.close();
  CHECK(other.was_held());
  CHECK(other.is_cut());
  CHECK(kill_marked("no such mark") == 0);
}

TEST_CASE("a process that was started and not released does not survive, and leaves no zombie") {
  const Tether tether;
  {
    auto spawned = spawn(tether.hold("sleep 1000 & sleep 1000"));
    REQUIRE(spawned.has_value());
    const Spawned moved = std::move(*spawned);
    pollfd wanted{tether.fd(), POLLIN, 0};
    REQUIRE(::poll(&wanted, 1, 20'000) == 1);
  }
  CHECK(has_no_child());
  CHECK(tether.was_held());
  CHECK(tether.is_cut());
}

TEST_CASE("a command that hangs is ended by its timeout on the given clock, and what it said is kept") {
  const Tether tether;
  Command command = tether.hold("sleep 1000 & sleep 1000", "echo working");
  command.grace = hours{1};
  const auto result = run_until_held(tether, command);
  REQUIRE(result.has_value());
  CHECK(result->end == End::timed_out);
  CHECK(result->code == SIGTERM);
  CHECK(result->output == "working\n");
  CHECK(tether.was_held());
  CHECK(tether.is_cut());
  CHECK(has_no_child());
}

TEST_CASE("a command that ignores TERM is killed after the grace") {
  const Tether tether;
  Command command = tether.hold("while :; do sleep 1000; done", "trap '' TERM");
  command.grace = milliseconds{50};
  const auto result = run_until_held(tether, command);
  REQUIRE(result.has_value());
  CHECK(result->end == End::timed_out);
  CHECK(result->code == SIGKILL);
  CHECK(tether.was_held());
  CHECK(tether.is_cut());
  CHECK(has_no_child());
}

TEST_CASE("a command that ends itself in the grace has timed out all the same") {
  const Tether tether;
  Command command = tether.hold("while :; do sleep 0.01; done", "trap 'echo bye; exit 4' TERM");
  command.grace = hours{1};
  const auto result = run_until_held(tether, command);
  REQUIRE(result.has_value());
  CHECK(result->end == End::timed_out);
  CHECK(result->code == 4);
  CHECK(result->output == "bye\n");
}

TEST_CASE("a stopped command is ended too") {
  const Tether tether;
  const std::string leader_stands = "until grep -q 'State:.T' /proc/$$/status; do sleep 0.01; done";
  Command command{
      .argv = {"sh", "-c", "exec 3>" + tether.path() + "; (" + leader_stands + "; echo held >&3) & kill -STOP $$"}};
  command.grace = milliseconds{50};
  const auto result = run_until_held(tether, command);
  REQUIRE(result.has_value());
  CHECK(result->end == End::timed_out);
  CHECK(result->code == SIGKILL);
}

TEST_CASE("endless output is bounded, and the timeout is kept in spite of it") {
  const Tether tether;
  Command command = tether.hold("exec yes", "yes | head -c 100000");  // more than a pipe holds
  command.max_output = 1000;
  const auto result = run_until_held(tether, command);
  REQUIRE(result.has_value());
  CHECK(result->end == End::timed_out);
  CHECK(result->output.size() == 1000);
  CHECK(result->output_cut);
}

TEST_CASE("cancelling the caller kills the whole group and reaps it") {
  asio::io_context io;
  const SystemClock clock;
  const Tether tether;
  asio::posix::stream_descriptor held(io, ::dup(tether.fd()));
  auto command = run_command(io.get_executor(), clock, tether.hold("trap '' TERM; sleep 1000 & sleep 1000"));
  auto up = held.async_wait(asio::posix::descriptor_base::wait_read, asio::use_awaitable);
  const auto first = test::run(io, std::move(command) || std::move(up));
  CHECK(first.index() == 1);
  CHECK(has_no_child());
  held.close();
  CHECK(tether.was_held());
  CHECK(tether.is_cut());
}

TEST_CASE("a command whose caller is destroyed with the io_context does not survive") {
  const Tether tether;
  {
    asio::io_context io;
    const SystemClock clock;
    asio::posix::stream_descriptor held(io, ::dup(tether.fd()));
    asio::co_spawn(io, run_command(io.get_executor(), clock, tether.hold("sleep 1000")), [](auto, auto) {});
    held.async_wait(asio::posix::descriptor_base::wait_read, [&](auto) { io.stop(); });
    io.run();
  }
  CHECK(has_no_child());
  CHECK(tether.was_held());
  CHECK(tether.is_cut());
}
