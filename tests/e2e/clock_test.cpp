// Clocks that jump under a running daemon. faketime shifts the wall clock of the processes it is loaded into, and
// leaves boot and monotonic clock alone: as when somebody sets a host's clock. Under it, a daemon with a database
// elsewhere has a wrong clock of its own, and `nowd up` shares the jump with its database.
#include <csignal>
#include <fstream>

#include "e2e/shared_clock.hpp"
#include "support/catch.hpp"
#include "support/database/migrated.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

constexpr const char* script = "providers:\n  s:\n    api: script\n    script:\n      - text: done\n";

/// A daemon whose clock can be set, and a database whose clock cannot.
struct OwnClock : MigratedDatabase, DaemonFixture {
  OwnClock() : DaemonFixture(Database::conninfo(), Database::conninfo("nowd")) {
    through(shift.program());
    configure("listen: unix:" + (directory() / "http.sock").string() + "\n" + script);
    job("every-second", "schedule: every 1s\nprompt: x\n");
  }
  int runs() { return std::stoi(one("select count(*) from nowd.run where state = 'succeeded'")); }
  void wait_for_runs(int more) {
    const int before = runs();
    wait_for("runs", [&] { return runs() >= before + more; });
  }
  void wait_for_line(const std::string& text) {
    wait_for(text, [&] { return process().output().find(text) != std::string::npos; });
  }
  std::string unexplained() {
    return one(
        "select count(*) from (select job, scheduled_at from nowd.run where state = 'succeeded'"
        " group by 1, 2 having count(*) > 1 union all select job, scheduled_at from nowd.occurrence"
        " where state not in ('planned', 'claimed', 'done', 'coalesced', 'superseded') and reason is null"
        " union all select job, scheduled_at from (select job, scheduled_at, scheduled_at - lag(scheduled_at)"
        " over (order by scheduled_at) as apart from nowd.occurrence) o where apart <> interval '1 second') x");
  }
  int nowctl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), built("daemon/ctl/nowctl"));
    arguments.insert(arguments.end(), {"--database", Database::conninfo()});
    Process process(arguments, directory() / "ctl");
    const int code = process.wait();
    said = process.output();
    return code;
  }

  Shift shift;
  std::string said;
};

void jump_and_return(OwnClock& f, std::chrono::seconds jump, const std::string& words) {
  f.start();
  f.wait_for_runs(2);
  f.shift.to(jump);
  f.wait_for_line("the clock of this host was set " + words);
  f.wait_for_line("nothing starts until they agree to 30 s");
  CHECK(f.get("/readyz").starts_with("503 no: held: the clock of "));
  wait_for("the alert",
           [&] { return f.one("select count(*) from nowd.alert where kind = 'held' and state = 'open'") == "1"; });
  wait_for("the skew",
           [&] { return f.one("select count(*) from nowd.clock_event where kind = 'remote_skew'") == "1"; });
  const std::string held = f.one("select count(*) from nowd.run");
  f.shift.to(std::chrono::seconds{0});
  wait_for("readiness", [&] { return f.get("/readyz") == "200 ok\n"; });
  f.wait_for_runs(3);
  INFO("runs while held: " << held);
  CHECK(f.one("select string_agg(round(extract(epoch from size))::text, ' ' order by event) from nowd.clock_event"
              " where kind = 'step'") ==
        std::to_string(std::chrono::seconds{jump}.count()) + " " + std::to_string(-std::chrono::seconds{jump}.count()));
  CHECK(f.one("select string_agg(state, ' ') from nowd.alert where kind = 'held'") == "recovered");
  CHECK(f.one("select count(*) from nowd.hold") == "0");
  f.process().signal(SIGTERM);
  CHECK(f.process().wait() == 0);
  CHECK(f.unexplained() == "0");
}

}  // namespace

TEST_CASE(
    "a daemon whose own clock jumps an hour claims nothing until it is right again, and loses and doubles nothing") {
  if (is_missing()) return;
  OwnClock f;
  SECTION("forward") { jump_and_return(f, std::chrono::seconds{3630}, "forward by 1h00m"); }
  SECTION("back") { jump_and_return(f, -std::chrono::seconds{3630}, "back by 1h00m"); }
}

TEST_CASE("a jump of more than a day holds that daemon over a restart, until a person accepts the clock") {
  if (is_missing()) return;
  OwnClock f;
  f.start();
  f.wait_for_runs(2);
  f.shift.to(std::chrono::minutes{25 * 60 + 30});
  f.wait_for_line("nothing starts until: nowctl clock accept");
  f.shift.to(std::chrono::seconds{0});
  f.wait_for_line("was set back by 1d 1h");
  CHECK(f.get("/readyz").starts_with("503 no: held: the clock of this host was set "));
  CHECK(f.nowctl({"doctor", "--config", (f.directory() / "nowd.yaml").string()}) == 1);
  CHECK(f.said.find("nothing starts until: nowctl clock accept") != std::string::npos);
  f.process().signal(SIGTERM);
  CHECK(f.process().wait() == 0);

  f.start();
  f.wait_for_line("nothing starts until: nowctl clock accept");
  const std::string held = f.one("select count(*) from nowd.run");
  CHECK(f.get("/readyz").starts_with("503 no: held: "));
  CHECK(f.one("select count(*) from nowd.run") == held);
  CHECK(f.nowctl({"clock", "accept", "--reason", "the battery is new"}) == 0);
  f.wait_for_line("dispatch resumed");
  f.wait_for_runs(2);
  CHECK(f.get("/readyz") == "200 ok\n");
  CHECK(f.one("select accepted_why from nowd.holds") == "the battery is new");
  CHECK(f.nowctl({"clock", "accept"}) == 2);
  CHECK(f.unexplained() == "0");
}

namespace {

constexpr const char* nothing_double =
    "select count(*) = 0 from (select 1 from nowd.run where state = 'succeeded' group by job, scheduled_at"
    " having count(*) > 1) d";
/// Every second from the first to the last that the cursor has seen, in a row or a range.
constexpr const char* nothing_lost =
    "select (select count(*) from nowd.occurrence where job = 'strict')"
    " + (select coalesce(sum(count), 0) from nowd.occurrence_range where job = 'strict')"
    " = (select extract(epoch from max(scheduled_at) - min(scheduled_at)) + 1 from nowd.occurrence where job = "
    "'strict')";

}  // namespace

TEST_CASE(
    "where daemon and database jump together, what was jumped over says clock_jump, and a jump back fires nothing") {
  if (is_missing()) return;
  SharedClock f(script, {{"strict", "schedule: {every: 1s, missed: {policy: skip, grace: 5s}}\nprompt: x\n"},
                         {"latest", "schedule: {every: 10m}\nprompt: x\n"}});
  f.wait_for_line("serves 2 jobs");
  f.wait_until("runs before the jump",
               "select count(*) >= 3 from nowd.run where job = 'strict' and state = 'succeeded'");
  f.shift.to(std::chrono::seconds{3630});
  f.wait_for_line("set forward by 1h00m");
  f.wait_until("runs after the jump",
               "select count(*) >= 3 from nowd.run where job = 'strict' and state = 'succeeded'"
               " and scheduled_at > clock_timestamp() - interval '5 s'");
  f.wait_until("the newest one", "select count(*) >= 1 from nowd.run where job = 'latest' and state = 'succeeded'");
  CHECK(f.one("select count(*) > 3000 from nowd.occurrence_range where reason <> 'clock_jump'") == "f");
  CHECK(f.one("select reason || ' ' || (sum(count) > 3000)::text from nowd.occurrence_range where job = 'strict'"
              " group by reason") == "clock_jump true");
  // Those that were planned and jumped over: what a busy host missed at another time says something else.
  CHECK(f.one("select string_agg(distinct o.reason, ' ') from nowd.occurrence o, nowd.clock_event e"
              " where e.kind = 'step' and o.job = 'strict' and o.state = 'missed'"
              " and o.due_at > e.before::timestamptz and o.due_at < e.after::timestamptz - interval '1 minute'") ==
        "clock_jump");
  CHECK(f.one("select count(*) from nowd.hold") == "0");

  f.shift.to(std::chrono::seconds{0});
  f.wait_for_line("set back by 1h00m");
  f.wait_until("the event", "select count(*) = 2 from nowd.clock_event where kind = 'step'");
  const std::string runs = "select count(*) from nowd.run";
  const std::string after = f.one(runs);
  f.wait_until("beats on the clock that was set back",
               "select count(*) > 0 from nowd.node_beat where beat_at > (select recorded_at + interval '3 s'"
               " from nowd.clock_event order by event desc limit 1)");
  CHECK(f.one(runs) == after);
  CHECK(f.one(nothing_double) == "t");
  CHECK(f.one(nothing_lost) == "t");
}

TEST_CASE("where daemon and database jump by more than a day, everything waits for a person, and is judged then") {
  if (is_missing()) return;
  SharedClock f(script, {{"strict", "schedule: {every: 1s, missed: {policy: skip, grace: 5s}}\nprompt: x\n"},
                         {"latest", "schedule: {every: 10m}\nprompt: x\n"}});
  f.wait_for_line("serves 2 jobs");
  f.wait_until("runs before the jump",
               "select count(*) >= 3 from nowd.run where job = 'strict' and state = 'succeeded'");
  f.shift.to(std::chrono::hours{49});
  f.wait_for_line("nothing starts until: nowctl clock accept");
  // The database's jump and the host's are seen one after the other, and both are to be accepted.
  f.wait_until("both clocks", "select count(*) = 2 from nowd.hold where accepted_at is null");
  const std::string newest = "select max(scheduled_at) < clock_timestamp() - interval '2 days' from nowd.run";
  CHECK(f.one(newest) == "t");
  f.accept();
  f.wait_for_line("dispatch resumed");
  f.wait_until("runs after it",
               "select count(*) >= 2 from nowd.run where job = 'strict' and state = 'succeeded'"
               " and scheduled_at > clock_timestamp() - interval '5 s'");
  CHECK(f.one("select reason || ' ' || (sum(count) > 170000)::text from nowd.occurrence_range where job = 'strict'"
              " group by reason") == "clock_jump true");
  CHECK(f.one(nothing_double) == "t");
  CHECK(f.one(nothing_lost) == "t");
}
