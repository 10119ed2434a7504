// An upgrade of tzdata under a daemon that goes on running. The daemon gets a file system of its own, in which
// /usr/share/zoneinfo is a directory of the test's: a real daemon, real files, and nothing of the host is touched.
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "e2e/daemon.hpp"
#include "foundation/time/civil.hpp"
#include "foundation/time/clock.hpp"
#include "support/catch.hpp"
#include "support/database/migrated.hpp"

using namespace nowd;
using namespace nowd::test;
namespace fs = std::filesystem;

namespace {

/// A copy of the few zones that the test needs, of a release of its own.
class ZoneFiles {
 public:
  ZoneFiles() {
    char name[] = "/tmp/nowd-zones-XXXXXX";
    if (mkdtemp(name) == nullptr) throw std::runtime_error("mkdtemp");
    directory_ = name;
    fs::permissions(directory_, fs::perms{0755});
    fs::create_directories(directory_ / "Africa");
    release("2030a");
    put("UTC", "Etc/UTC");
  }
  ~ZoneFiles() { fs::remove_all(directory_); }

  void release(const std::string& version) {
    std::ofstream(directory_ / "new") << "# version " << version << "\n";
    fs::rename(directory_ / "new", directory_ / "tzdata.zi");
  }
  /// As a package does it: a new file in the place of the old one.
  void put(const std::string& zone, const std::string& rules) {
    fs::copy_file("/usr/share/zoneinfo/" + rules, directory_ / "new");
    fs::rename(directory_ / "new", directory_ / zone);
  }
  /// What the daemon is started through.
  std::vector<std::string> program() const {
    std::vector<std::string> words{"/usr/bin/unshare", "--mount", "--propagation", "private"};
    if (geteuid() != 0) words.push_back("--map-root-user");
    words.insert(words.end(),
                 {"/bin/sh", "-c", "mount --bind \"$0\" /usr/share/zoneinfo && exec \"$@\"", directory_.string()});
    return words;
  }
  bool can_be_mounted() const {
    std::vector<std::string> words = program();
    words.push_back("/bin/true");
    Process trial(words, directory_ / "trial");
    if (trial.wait() == 0) return true;
    WARN("skipped: this account may not mount: " << trial.output());
    return false;
  }

 private:
  fs::path directory_;
};

struct Zoned : MigratedDatabase, DaemonFixture {
  Zoned() : DaemonFixture(Database::conninfo(), Database::conninfo("nowd")) {
    through(zones.program());
    configure("listen: none\nproviders:\n  s:\n    api: script\n    script:\n      - text: done\n");
  }
  void wait_until(const std::string& what, const std::string& query) {
    wait_for(what, [&] { return one(query) == "t"; }, std::chrono::seconds{150});
  }
  ZoneFiles zones;
};

/// "30 12 9 * * *": daily at the second of an instant, in a zone that is UTC so far.
std::string daily_at(Instant at) {
  const LocalTime local = Zone::utc().local(at);
  const auto time = local - LocalTime{day_of(local)};
  const auto part = [&](auto value) { return std::to_string(value); };
  const std::chrono::hh_mm_ss<seconds> clock{time};
  return part(clock.seconds().count()) + " " + part(clock.minutes().count()) + " " + part(clock.hours().count()) +
         " * * *";
}

}  // namespace

TEST_CASE("a tzdata upgrade moves what a running daemon had planned: the old moment is withdrawn, the new one comes") {
  Zoned f;
  if (!f.zones.can_be_mounted()) return;
  f.zones.put("Africa/Casablanca", "Etc/UTC");
  f.start();
  // It looks at its zones once a minute, and plans a minute ahead: a look comes between the planning and the moment.
  const Instant planned = std::chrono::ceil<seconds>(SystemClock().now()) + seconds{90};
  f.job("moved", "schedule: {cron: '" + daily_at(planned) + "', timezone: Africa/Casablanca}\nprompt: x\n");
  f.job("stays", "schedule: {cron: '" + daily_at(planned) + "', timezone: UTC}\nprompt: x\n");
  f.process().signal(SIGHUP);
  const std::string at = "scheduled_at = '" + rfc3339(planned) + "'";
  f.wait_until("the planned row",
               "select count(*) = 2 from nowd.occurrence where state = 'planned' and tzdata = '2030a' and " + at);

  // Its clocks are put back by an hour, so that the same local time comes an hour later.
  f.zones.put("Africa/Casablanca", "Etc/GMT+1");
  f.zones.release("2030b");
  f.wait_until("the new moment", "select state = 'withdrawn' from nowd.occurrence where job = 'moved' and " + at);
  CHECK(f.one("select reason || ' ' || attempts from nowd.occurrence where job = 'moved' and " + at) ==
        "rescheduled 0");
  CHECK(f.one("select next_at = '" + rfc3339(planned + hours{1}) + "' from nowd.job_cursor where job = 'moved'") ==
        "t");
  f.wait_until("the event",
               "select count(*) = 1 from nowd.clock_event where kind = 'tzdata' and before = '2030a' and after = "
               "'2030b'");
  // What has not moved runs on its moment; what has moved does not run on the old one.
  f.wait_until("the run of the other job",
               "select count(*) = 1 from nowd.run where job = 'stays' and state = 'succeeded' and " + at);
  CHECK(f.one("select count(*) from nowd.run where job = 'moved'") == "0");
  CHECK(f.process().output().find("moved from " + rfc3339(planned) + " to " + rfc3339(planned + hours{1})) !=
        std::string::npos);
  CHECK(f.one("select count(*) from nowd.alert") == "0");
}
