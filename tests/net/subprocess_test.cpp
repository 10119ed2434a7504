// What a command gets, what it may say, and how its end is told.
#include "net/process/process.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "net/io.hpp"
#include "net/process/kept_output.hpp"
#include "support/catch.hpp"

using namespace nowd;
using End = CommandResult::End;
namespace asio = boost::asio;

namespace {

Result<CommandResult> run(Command command) {
  asio::io_context io;
  const SystemClock clock;
  return test::run(io, run_command(io.get_executor(), clock, std::move(command)));
}

Command shell(const std::string& script) { return {.argv = {"sh", "-c", script}}; }

std::string error_of(Command command) {
  const auto result = run(std::move(command));
  REQUIRE(result.has_error());
  return result.error().message;
}

std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
  return count;
}

}  // namespace

TEST_CASE("a command's output, errors and exit code are told apart") {
  const auto result = run(shell("echo out; echo err >&2; exit 3"));
  REQUIRE(result.has_value());
  CHECK(result->end == End::exited);
  CHECK(result->code == 3);
  CHECK(result->output == "out\n");
  CHECK(result->errors == "err\n");
  CHECK_FALSE(result->output_cut);
  CHECK(result->started.boot < result->ended.boot);
}

TEST_CASE("death by a signal is not an exit code") {
  const auto result = run(shell("kill -9 $$"));
  REQUIRE(result.has_value());
  CHECK(result->end == End::signalled);
  CHECK(result->code == SIGKILL);
}

TEST_CASE("arguments are never seen by a shell") {
  const auto result = run({.argv = {"printf", "%s|", "$(id)", "; rm -rf /", "", "a b", "--"}});
  REQUIRE(result.has_value());
  CHECK(result->output == "$(id)|; rm -rf /||a b|--|");
}

TEST_CASE("the environment is exactly what was given") {
  ::setenv("NOWD_TEST_SECRET", "leak", 1);
  const auto result = run({.argv = {"env"}, .environment = {{"A", "1"}, {"B", ""}, {"PATH", "/usr/bin:/bin"}}});
  ::unsetenv("NOWD_TEST_SECRET");
  REQUIRE(result.has_value());
  CHECK(result->output == "A=1\nB=\nPATH=/usr/bin:/bin\n");
  const auto bare = run({.argv = {"env"}});
  REQUIRE(bare.has_value());
  CHECK(bare->output.empty());
}

TEST_CASE("a command starts in its directory, by default in the root") {
  const auto there = run({.argv = {"pwd"}, .directory = "/usr"});
  const auto root = run({.argv = {"pwd"}});
  REQUIRE(there.has_value());
  REQUIRE(root.has_value());
  CHECK(there->output == "/usr\n");
  CHECK(root->output == "/\n");
}

TEST_CASE("no descriptor, ignored signal, blocked signal or core limit of the daemon reaches a command") {
  const int leak = ::open("/dev/null", O_RDONLY);  // not close-on-exec
  const auto descriptors = run(shell("echo /proc/self/fd/*"));
  ::close(leak);
  REQUIRE(descriptors.has_value());
  CHECK(descriptors->output == "/proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2 /proc/self/fd/3\n");  // 3: the listing
  const auto signals = run({.argv = {"grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"}});
  REQUIRE(signals.has_value());
  CHECK(signals->output == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
  CHECK(run(shell("ulimit -c"))->output == "0\n");
}

TEST_CASE("a command leads a group of its own") {
  const auto result = run(shell("echo $$; ps -o pgid= -p $$ 2>/dev/null || cut -d' ' -f5 /proc/$$/stat"));
  REQUIRE(result.has_value());
  const std::size_t line = result->output.find('\n');
  CHECK(std::stol(result->output.substr(0, line)) == std::stol(result->output.substr(line)));
}

TEST_CASE("a command that cannot be started says why and what to do, and nothing ran") {
  CHECK(error_of({.argv = {"no-such-tool"}}) ==
        "cannot start no-such-tool: not found in /usr/local/bin:/usr/bin:/bin; give its full path or set PATH");
  CHECK(error_of({.argv = {"env"}, .environment = {{"PATH", "/nowhere::"}}}) ==
        "cannot start env: not found in /nowhere::; give its full path or set PATH");
  CHECK(error_of({.argv = {"/no/such/tool"}}) ==
        "cannot start /no/such/tool: no such file, or its interpreter is missing; check the path");
  CHECK(error_of({.argv = {"/etc/passwd"}}) ==
        "cannot start /etc/passwd: it may not be executed; check its mode and its directories'");
  CHECK(error_of({.argv = {"env"}, .directory = "/no/dir"}) ==
        "cannot start env: directory /no/dir: No such file or directory; create it or set another");
  CHECK(error_of({.argv = {"env", std::string(5'000'000, 'x')}}) ==
        "cannot start env: its arguments and environment are too large; pass them on stdin");
  CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
}

TEST_CASE("what cannot be passed to a command exactly is refused") {
  CHECK(error_of({}) == "a command without a program to run");
  CHECK(error_of({.argv = {""}}) == "a command without a program to run");
  CHECK(error_of({.argv = {"env", std::string("a\0b", 3)}}) == "command env: an argument holds a NUL character");
  CHECK(error_of({.argv = {"env"}, .environment = {{"A=B", "1"}}}) ==
        "command env: environment variable 'A=B' has an unusable name or holds a NUL character");
  CHECK(error_of({.argv = {"env"}, .uid = 1000U}) ==
        "command env: a uid without a gid would keep this process's group");
}

TEST_CASE("only root changes identity, and then nothing of root is left") {
  const Command command{.argv = {"sh", "-c", "id -u; id -g; id -G"}, .uid = 65534U, .gid = 65534U};
  const auto result = run(command);
  if (::geteuid() == 0) {
    REQUIRE(result.has_value());
    CHECK(result->output == "65534\n65534\n65534\n");
  } else {
    REQUIRE(result.has_error());
    CHECK(result.error().kind == ErrorKind::invalid);
  }
}

TEST_CASE("input of any size reaches a command that reads it, while it writes") {
  for (const std::size_t size : {0UL, 1UL, 100'000UL, 900'000UL}) {
    std::string text(size, 'x');
    for (std::size_t i = 0; i < size; i += 101) text[i] = static_cast<char>(i);
    const auto result = run({.argv = {"cat"}, .stdin_text = text});
    REQUIRE(result.has_value());
    CHECK(result->code == 0);
    CHECK((result->output == text));
  }
}

TEST_CASE("a command that does not read its input, or closes it, ends as it likes") {
  const std::string text(100'000, 'x');
  for (const std::string script : {"exit 0", "exec <&-; echo done", "head -c 10 >/dev/null"}) {
    Command command = shell(script);
    command.stdin_text = text;
    const auto result = run(command);
    REQUIRE(result.has_value());
    CHECK(result->end == End::exited);
    CHECK(result->code == 0);
  }
}

TEST_CASE("of stdout the first bytes are kept, of stderr the last ones") {
  Command command = shell("seq 1 100000; seq 1 100000 >&2");
  command.max_output = 1000;
  command.max_errors = 500;
  const auto result = run(command);
  REQUIRE(result.has_value());
  CHECK(result->end == End::exited);
  CHECK(result->output.size() == 1000);
  CHECK(result->output.starts_with("1\n2\n3\n"));
  CHECK(result->output_cut);
  CHECK(result->errors.size() <= 500);
  CHECK(result->errors.ends_with("99999\n100000\n"));
}

TEST_CASE("what is left of a line that lost its beginning is not kept: it may be half a secret") {
  KeptOutput lines(KeptOutput::Part::last, 30);
  lines.append("first token=s3cret-value\nsecond line\nthird\n");
  CHECK(lines.take_output() == "second line\nthird\n");
  KeptOutput endless(KeptOutput::Part::last, 10'000);
  endless.append(std::string(10'000, 'x') + std::string(10'000, 'y'));
  CHECK(endless.take_output() == std::string(10'000 - 4 * 1024, 'y'));
  KeptOutput whole(KeptOutput::Part::last, 30);
  whole.append("first line\nsecond line\n");
  CHECK(whole.take_output() == "first line\nsecond line\n");
  KeptOutput nothing(KeptOutput::Part::last, 0);
  nothing.append("x");
  CHECK(nothing.take_output().empty());
}

TEST_CASE("output that just fits is not cut") {
  Command command = shell("printf 12345678");
  command.max_output = 8;
  CHECK_FALSE(run(command)->output_cut);
  command.max_output = 7;
  CHECK(run(command)->output_cut);
}

TEST_CASE("what a command wrote just before it ended is not lost") {
  for (int i = 0; i < 50; ++i) {
    const auto result = run(shell("printf '%060000d' 7; printf end >&2"));
    REQUIRE(result.has_value());
    CHECK(result->output.size() == 60'000);
    CHECK(result->errors == "end");
  }
}

TEST_CASE("a hundred commands at once leave no descriptor and no zombie behind") {
  asio::io_context io;
  const SystemClock clock;
  REQUIRE(test::run(io, run_command(io.get_executor(), clock, shell(":"))).has_value());
  const std::size_t before = open_descriptors();  // with what the io_context opens at its first use
  int ended = 0;
  for (int i = 0; i < 100; ++i) {
    Command command = shell("cat; exit " + std::to_string(i));
    command.stdin_text = std::to_string(i);
    asio::co_spawn(io, run_command(io.get_executor(), clock, std::move(command)),
                   [&, i](const std::exception_ptr& error, const Result<CommandResult>& result) {
                     if (!error && result && result->code == i && result->output == std::to_string(i)) ++ended;
                   });
  }
  io.restart();
  io.run();
  CHECK(ended == 100);
  CHECK(open_descriptors() == before);
  CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
}
