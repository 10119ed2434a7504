#include "ctl/check/ledger.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::ctl;

namespace {

Instant at(const char* text) { return parse_rfc3339(text).value(); }

ServerHealth healthy() {
  ServerHealth server;
  server.version = 150003;
  server.release = "15.3";
  server.user = "alice";
  server.database = "nowd";
  server.groups = {"nowd_reader", "nowd_operator"};
  server.has_groups = true;
  server.bytes = 3 << 20;
  server.before = {at("2026-06-01T09:00:00Z"), {}, Tick{seconds{100}}, "b", "host"};
  server.after = {at("2026-06-01T09:00:00.004Z"), {}, Tick{seconds{100} + milliseconds{4}}, "b", "host"};
  server.now = at("2026-06-01T09:00:00.003Z");
  return server;
}

LedgerState quiet() {
  LedgerState state;
  state.daemons.push_back({"berlin-1", "1.0", 4711, at("2026-06-01T00:00:00Z"), seconds{1}});
  return state;
}

Status worst(const Findings& findings) {
  Status status = Status::ok;
  for (const Finding& each : findings) status = std::max(status, each.status);
  return status;
}

Finding only(const Findings& findings, const std::string& check) {
  const auto found = std::ranges::find(findings, check, &Finding::check);
  REQUIRE(found != findings.end());
  return *found;
}

}  // namespace

TEST_CASE("a server in order gives lines that are all ok") {
  const Findings findings = judge_server(healthy(), std::nullopt);
  CHECK(worst(findings) == Status::ok);
  CHECK(only(findings, "database").value == "reachable, Postgres 15.3, database nowd, 3 MiB, as alice");
  CHECK(only(findings, "clock").value == "agrees with this host's to 2 ms");
  CHECK(only(findings, "rights").value == "nowd_operator: may look, and ask for runs");
}

TEST_CASE("no server, an old one, a pool between, another schema, no rights: each is bad") {
  const Findings away =
      judge_server(unavailable("database: no route Is the server running on that host?"), std::nullopt);
  REQUIRE(away.size() == 1);
  CHECK(away[0].value == "no route");
  CHECK(!away[0].remedy.empty());

  const Findings stranger_at_the_door = judge_server(refused("login: role \"root\" does not exist"), std::nullopt);
  CHECK(stranger_at_the_door.at(0).remedy.starts_with("log in as a role that may"));

  ServerHealth old = healthy();
  old.version = 140009;
  CHECK(only(judge_server(old, std::nullopt), "database").status == Status::bad);
  ServerHealth pooled = healthy();
  pooled.shares_backend = true;
  CHECK(only(judge_server(pooled, std::nullopt), "pooler").status == Status::bad);
  ServerHealth stranger = healthy();
  stranger.groups.clear();
  CHECK(only(judge_server(stranger, std::nullopt), "rights").remedy ==
        "as an administrator: grant nowd_reader to \"alice\"");
  stranger.has_groups = false;  // migrate --no-roles
  CHECK(only(judge_server(stranger, std::nullopt), "rights").status == Status::ok);
  const Finding schema = only(judge_server(healthy(), invalid("at 0001; nowctl migrate")), "schema");
  CHECK(schema.status == Status::bad);
  CHECK(schema.remedy == "nowctl migrate");
}

TEST_CASE("a quiet ledger is ok in every line") {
  const Findings findings = judge_ledger(quiet(), "1.0");
  CHECK(worst(findings) == Status::ok);
  CHECK(only(findings, "daemon").value == "alive on berlin-1 (pid 4711), nowd 1.0, since 2026-06-01T00:00:00Z");
}

TEST_CASE("a daemon that is silent is not alive, and another version is worth a look") {
  LedgerState silent = quiet();
  silent.daemons[0].silent = minutes{3};
  const Finding none = only(judge_ledger(silent, "1.0"), "daemon");
  CHECK(none.status == Status::bad);
  CHECK(none.value == "none is alive; the last word of berlin-1 (pid 4711) came 3m00s ago");
  CHECK(none.remedy.starts_with("systemctl status nowd"));
  CHECK(worst(judge_ledger(quiet(), "1.1")) == Status::warn);
}

TEST_CASE("a next run in the past is bad, and names the job; one that waits for a run under way is not") {
  LedgerState state = quiet();
  state.overdue.push_back({"standup", at("2026-06-01T07:00:00Z"), true, false});
  const Finding late = only(judge_ledger(state, "1.0"), "schedule");
  CHECK(late.status == Status::bad);
  CHECK(late.value == "standup (2026-06-01T07:00:00Z)");
  state.overdue[0].busy = true;
  CHECK(only(judge_ledger(state, "1.0"), "schedule").status == Status::warn);
}

TEST_CASE("a job that no live daemon has in its files is bad; where no daemon is alive, that is said instead") {
  LedgerState state = quiet();
  state.jobs = {{"standup", "a", "UTC", true}, {"digest", "b", "UTC", false}};
  const Finding none = only(judge_ledger(state, "1.0"), "revision");
  CHECK(none.status == Status::bad);
  CHECK(none.value == "digest");
  CHECK(none.remedy.ends_with("systemctl reload nowd"));
  state.daemons.clear();
  for (const Finding& each : judge_ledger(state, "1.0")) CHECK(each.value != "digest");
}

TEST_CASE("dispatch that is held is bad, with the command that ends it") {
  LedgerState state = quiet();
  state.holds.push_back({"clock", "the clock of this host was set forward by 1d 1h", at("2026-06-01T07:00:00Z")});
  const Finding held = only(judge_ledger(state, "1.0"), "hold");
  CHECK(held.status == Status::bad);
  CHECK(held.value == "the clock of this host was set forward by 1d 1h (noticed 2026-06-01T07:00:00Z)");
  CHECK(held.remedy == "nothing starts until: nowctl clock accept");
}

TEST_CASE("alerts, effects in doubt and messages not sent are worth a look, with the command to look") {
  LedgerState state = quiet();
  state.alerts.push_back({"held", "job files", "broken", "jobs/a.yaml:3: no", at("2026-06-01T07:00:00Z")});
  state.in_doubt.push_back({"digest", "crm.note", 7});
  state.unsent.push_back({"slack", "failed", 2});
  const Findings findings = judge_ledger(state, "1.0");
  CHECK(worst(findings) == Status::warn);
  CHECK(only(findings, "alert").value == "broken since 2026-06-01T07:00:00Z (jobs/a.yaml:3: no)");
  CHECK(only(findings, "effect").value == "crm.note of digest (run 7)");
  CHECK(only(findings, "effect").remedy.ends_with("nowctl show 7"));
  CHECK(only(findings, "delivery").remedy == "nowctl deliveries --sink slack --state failed");
}

TEST_CASE("a run past its limit, whose daemon is alive, is bad: the daemon does not have it") {
  LedgerState state = quiet();
  state.lost.push_back({"digest", 12, at("2026-06-01T07:00:00Z")});
  const Finding lost = only(judge_ledger(state, "1.0"), "run");
  CHECK(lost.status == Status::bad);
  CHECK(lost.value == "run 12 of digest (since 2026-06-01T07:00:00Z)");
  CHECK(lost.remedy.find("does not have them") != std::string::npos);
}

TEST_CASE("a file that nowd has not read is worth a look; not between different versions") {
  Job job;
  job.name = "standup";
  job.revision = "b";
  LedgerState state = quiet();
  CHECK(only(judge_revisions({job}, state, "1.0"), "revision").thing == "jobs that nowd has not read");
  state.jobs.push_back({"standup", "a", "UTC"});
  CHECK(only(judge_revisions({job}, state, "1.0"), "revision").thing == "jobs on an old revision");
  CHECK(worst(judge_revisions({job}, state, "1.1")) == Status::ok);
  state.jobs[0].revision = "b";
  CHECK(worst(judge_revisions({job}, state, "1.0")) == Status::ok);
}

TEST_CASE("a zone of the ledger that this host does not know is bad") {
  LedgerState state = quiet();
  state.jobs.push_back({"standup", "a", "Europe/Atlantis"});
  CHECK(only(judge_ledger(state, "1.0"), "tzdata").thing == "zone of standup");
}

TEST_CASE("a provider that is left alone is worth a look, with the time and the cause") {
  LedgerState state = quiet();
  state.shut.push_back({"primary", "paused", "insufficient_quota", at("2026-06-01T09:15:00Z")});
  const Finding shut = only(judge_ledger(state, "1.0"), "provider");
  CHECK(shut.status == Status::warn);
  CHECK(shut.value == "paused until 2026-06-01T09:15:00Z: insufficient_quota");
}
