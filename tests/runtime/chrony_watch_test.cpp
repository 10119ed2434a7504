#include "runtime/clocks/clock_watch.hpp"

#include <sys/stat.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>

#include "support/catch.hpp"

using namespace nowd;

namespace {

/// Asks a program that stands in for chronyc.
bool asked(SystemClock& clock, const std::string& script) {
  char name[] = "/tmp/nowd-chronyc-XXXXXX";
  REQUIRE(mkdtemp(name) != nullptr);
  const std::string program = std::string(name) + "/chronyc";
  std::ofstream(program) << "#!/bin/sh\n" << script << "\n";
  ::chmod(program.c_str(), 0755);
  boost::asio::io_context io;
  ChronyWatch watch(io.get_executor(), clock, program);
  std::optional<bool> said;
  boost::asio::co_spawn(io, watch.query_chronyd(), [&](std::exception_ptr, bool bound) { said = bound; });
  io.run();
  std::filesystem::remove_all(name);
  return said.value();
}

}  // namespace

TEST_CASE("chronyd is asked once, for its tracking, and what it says is the clock's bound") {
  SystemClock clock;
  CHECK(asked(clock,
              "test \"$*\" = '-n -c tracking' && echo "
              "'C0A80101,192.168.1.1,3,1764000000.1,0.0,0.0,0.0,0.0,0.0,0.0,0.004,0.001,64.5,Normal'"));
  const SyncState sync = clock.sync_state();
  if (!sync.synchronised) return;  // the kernel of this host knows better
  CHECK(sync.source == "chrony");
  CHECK(*sync.uncertainty >= milliseconds{3});
  CHECK(*sync.uncertainty < milliseconds{4});
}

TEST_CASE("a chronyd that is away, or no chronyc at all, leaves the kernel's word") {
  SystemClock clock;
  CHECK_FALSE(asked(clock, "echo '506 Cannot talk to daemon'; exit 1"));
  CHECK_FALSE(asked(clock, "echo nonsense"));
  CHECK(clock.sync_state().source != "chrony");
  boost::asio::io_context io;
  ChronyWatch nobody(io.get_executor(), clock, "/nonexistent/chronyc");
  boost::asio::co_spawn(io, nobody.query_chronyd(), [](std::exception_ptr, bool bound) { CHECK_FALSE(bound); });
  io.run();
}
