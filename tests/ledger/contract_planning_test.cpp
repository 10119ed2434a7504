#include <algorithm>

#include "ledger/contract_world.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

using Missing = MissedRules::Policy;

namespace {

std::size_t count(const std::vector<Seen>& rows, const std::string& state) {
  return static_cast<std::size_t>(
      std::count_if(rows.begin(), rows.end(), [&](const Seen& row) { return row.state == state; }));
}

}  // namespace

TEST_CASE("contract: a new job is planned from now on for a minute, and a manual one has nothing to plan") {
  const auto world = make_world();
  const Instant before = world->now();
  const auto cursors =
      world->await(world->daemon().load_jobs(jobs_of({job_named("a", every(seconds{10})), job_named("m")})));
  REQUIRE(cursors.has_value());
  REQUIRE(cursors->size() == 1);
  const std::vector<Seen> rows = world->occurrences("a");
  REQUIRE(rows.size() == 6);
  CHECK(rows.front().at > before);
  for (std::size_t k = 0; k < rows.size(); ++k) {
    CHECK(rows[k].state == "planned");
    CHECK(rows[k].at == rows.front().at + k * seconds{10});
    CHECK(rows[k].window_start == rows[k].at - seconds{10});
  }
  CHECK(cursors->front().next_at == rows.back().at + seconds{10});
  CHECK(world->occurrences("m").empty());
}

TEST_CASE("contract: planning again plans nothing twice, and the cursor never goes back") {
  const auto world = make_world();
  const JobsSnapshot jobs = jobs_of({job_named("a", every(seconds{10}))});
  Ledger& ledger = world->daemon_with(jobs);
  const Instant through = world->planned_through("a");
  for (int round = 0; round < 3; ++round) REQUIRE(world->await(ledger.plan_jobs(jobs, {"a"}, seconds{20})).has_value());
  CHECK(world->planned_through("a") == through);
  CHECK(world->occurrences("a").size() == 6);
  REQUIRE(world->await(ledger.plan_jobs(jobs, {"a"}, seconds{120})).has_value());
  CHECK(world->planned_through("a") >= through + seconds{60});
  const std::vector<Seen> rows = world->occurrences("a");
  CHECK(rows.size() >= 12);  // the database's clock goes on meanwhile
  CHECK(rows.back().at - rows.front().at == static_cast<std::int64_t>(rows.size() - 1) * seconds{10});
}

TEST_CASE("contract: an edited schedule withdraws what was planned, and coming back revives it") {
  const auto world = make_world();
  const JobsSnapshot tens = jobs_of({job_named("a", every(seconds{10}))});
  Ledger& ledger = world->daemon_with(tens);
  REQUIRE(world->await(ledger.load_jobs(jobs_of({job_named("a", every(seconds{3600}))}))).has_value());
  const std::vector<Seen> between = world->occurrences("a");
  CHECK(count(between, "withdrawn") >= 5);
  CHECK(std::all_of(between.begin(), between.end(),
                    [](const Seen& row) { return row.state != "withdrawn" || row.reason == "rescheduled"; }));
  REQUIRE(world->await(ledger.load_jobs(tens)).has_value());
  const std::vector<Seen> after = world->occurrences("a");
  CHECK(count(after, "planned") >= 5);
  CHECK(after.back().state == "planned");
  CHECK(after.back().reason.empty());
}

TEST_CASE("contract: an edit that leaves the schedule alone keeps what is planned") {
  const auto world = make_world();
  Job job = job_named("a", every(seconds{10}));
  Ledger& ledger = world->daemon_with(jobs_of({job}));
  job.canonical = R"({"prompt":"another"})";
  job.revision = sha256_hex(job.canonical);
  REQUIRE(world->await(ledger.load_jobs(jobs_of({job}))).has_value());
  CHECK(count(world->occurrences("a"), "planned") >= 6);
  CHECK(count(world->occurrences("a"), "withdrawn") == 0);
  CHECK(world->await(ledger.accepted())->at("a").find("another") != std::string::npos);
}

TEST_CASE("contract: a job that leaves the files keeps its history, is not accepted, and nothing of it is claimed") {
  const auto world = make_world();
  const JobsSnapshot jobs = jobs_of({job_named("a", every(seconds{10})), job_named("b")});
  Ledger& ledger = world->daemon_with(jobs);
  world->due("a", seconds{5});
  REQUIRE(world->await(ledger.load_jobs(jobs_of({job_named("b")}))).has_value());
  const std::vector<Seen> rows = world->occurrences("a");
  CHECK(rows.size() >= 7);
  CHECK(count(rows, "withdrawn") == rows.size());
  CHECK(rows.back().reason == "retired");
  CHECK(world->await(ledger.accepted())->count("a") == 0);
  CHECK(world->await(ledger.accepted())->count("b") == 1);
  CHECK(world->claim(ledger, jobs).runs.empty());
}

TEST_CASE("contract: a job that comes back to the files goes on from then: nothing fires for the time between") {
  const auto world = make_world();
  const JobsSnapshot jobs = jobs_of({job_named("a", every(seconds{60}))});
  Ledger& ledger = world->daemon_with(jobs);
  REQUIRE(world->await(ledger.load_jobs(jobs_of({}))).has_value());
  world->neglect("a", hours{5});
  const Instant back = world->now();
  REQUIRE(world->await(ledger.load_jobs(jobs)).has_value());
  CHECK(world->ranges("a").empty());
  for (const Seen& row : world->occurrences("a")) CHECK(row.at > back);
  for (const ClaimedRun& run : world->claim(ledger, jobs).runs) CHECK(run.scheduled_at > back);
}

TEST_CASE("contract: a daemon with another schedule than the ledger's leaves the cursor alone") {
  const auto world = make_world();
  const JobsSnapshot old = jobs_of({job_named("a", every(seconds{10}))});
  Ledger& behind = world->daemon_with(old);
  (void)world->daemon_with(jobs_of({job_named("a", every(seconds{30}))}));
  const std::size_t rows = world->occurrences("a").size();
  const auto cursors = world->await(behind.plan_jobs(old, {"a"}, seconds{600}));
  REQUIRE(cursors.has_value());
  for (const Cursor& cursor : *cursors) CHECK(cursor.held);  // it is left to whoever has the newer files
  CHECK(world->occurrences("a").size() == rows);
}

TEST_CASE("contract: a long absence leaves one range, and its newest occurrence stands for all of them") {
  const auto world = make_world();
  const JobsSnapshot jobs = jobs_of({job_named("a", every(seconds{60}))});
  Ledger& ledger = world->daemon_with(jobs);
  world->neglect("a", hours{5});
  REQUIRE(world->await(ledger.plan_jobs(jobs, {"a"}, seconds{60})).has_value());
  const std::vector<MissedRange> ranges = world->ranges("a");
  REQUIRE(ranges.size() == 1);
  CHECK(ranges[0].state == OccurrenceState::coalesced);
  CHECK(ranges[0].reason == OccurrenceReason::none);
  CHECK(ranges[0].last - ranges[0].first == (ranges[0].count - 1) * seconds{60});
  const std::vector<Seen> rows = world->occurrences("a");
  CHECK(rows.front().kind == RunKind::catch_up);
  CHECK(rows.front().at == ranges[0].last + seconds{60});
  CHECK(ranges[0].coalesced_into == rows.front().at);
  CHECK(rows.front().window_start == ranges[0].first - seconds{60});
  CHECK(ranges[0].count + static_cast<std::int64_t>(rows.size()) >= 300);
}

TEST_CASE("contract: missed: all makes up for the newest few of a long absence, and missed: skip for none") {
  const auto world = make_world();
  Job all = with_missed("all", Missing::all, seconds{60});
  all.missed.max = 3;
  const JobsSnapshot jobs = jobs_of({all, with_missed("skip", Missing::skip, seconds{60})});
  Ledger& ledger = world->daemon_with(jobs);
  for (const char* job : {"all", "skip"}) world->neglect(job, hours{5});
  REQUIRE(world->await(ledger.plan_jobs(jobs, {"all", "skip"}, seconds{60})).has_value());
  const std::vector<Seen> made_up = world->occurrences("all");
  CHECK(std::count_if(made_up.begin(), made_up.end(), [](const Seen& row) { return row.kind == RunKind::catch_up; }) ==
        3);
  CHECK(world->ranges("all").at(0).state == OccurrenceState::missed);
  CHECK(world->ranges("all").at(0).reason == OccurrenceReason::limit);
  CHECK(world->ranges("skip").at(0).reason == OccurrenceReason::down);
  const std::vector<Seen> left = world->occurrences("skip");
  CHECK(std::all_of(left.begin(), left.end(), [](const Seen& row) { return row.kind == RunKind::scheduled; }));
}

TEST_CASE("contract: what was planned just before a long absence shares its fate: one absence is made up for once") {
  const auto world = make_world();
  Job all = with_missed("all", MissedRules::Policy::all, seconds{60});
  all.missed.max = 3;
  const JobsSnapshot jobs = jobs_of({with_missed("a", MissedRules::Policy::latest, seconds{60}), all});
  Ledger& ledger = world->daemon_with(jobs);
  for (const char* job : {"a", "all"}) {
    world->neglect(job, minutes{90});
    world->due(job, minutes{90} + seconds{1});
  }
  REQUIRE(world->await(ledger.plan_jobs(jobs, {"a", "all"}, seconds{60})).has_value());
  const std::vector<Seen> rows = world->occurrences("a");
  CHECK(rows[0].state == "coalesced");
  CHECK(rows[0].into == rows[1].at);
  CHECK(world->ranges("a").at(0).coalesced_into == rows[1].at);
  CHECK(rows[1].window_start == rows[0].window_start);
  const std::vector<Seen> dropped = world->occurrences("all");
  CHECK(dropped[0].state == "missed");
  CHECK(dropped[0].reason == "limit");
  CHECK(std::count_if(dropped.begin(), dropped.end(), [](const Seen& row) { return row.kind == RunKind::catch_up; }) ==
        3);
}

TEST_CASE("contract: what was planned before an absence and a pause is the pause's") {
  const auto world = make_world();
  const JobsSnapshot jobs = jobs_of({job_named("a", every(seconds{60}))});
  Ledger& ledger = world->daemon_with(jobs);
  world->neglect("a", minutes{90});
  world->due("a", minutes{90} + seconds{1});
  world->pause("a");
  REQUIRE(world->await(ledger.plan_jobs(jobs, {"a"}, seconds{60})).has_value());
  (void)world->claim(ledger, jobs);
  CHECK(world->occurrences("a").front().reason == "paused");
}

TEST_CASE("contract: what fell due in a pause and is planned only after it does not fire") {
  const auto world = make_world();
  const JobsSnapshot jobs = jobs_of({job_named("a", every(seconds{60}))});
  Ledger& ledger = world->daemon_with(jobs);
  world->neglect("a", minutes{10});
  const Instant before = world->now();
  world->pause("a");
  world->resume("a");
  REQUIRE(world->await(ledger.plan_jobs(jobs, {"a"}, seconds{60})).has_value());
  CHECK(count(world->occurrences("a"), "skipped") >= 10);
  for (const Seen& row : world->occurrences("a")) CHECK((row.at > before || row.state == "skipped"));
  CHECK(world->occurrences("a").front().reason == "paused");
  for (const ClaimedRun& run : world->claim(ledger, jobs).runs) CHECK(run.scheduled_at > before);
}

TEST_CASE(
    "contract: an edit fires nothing: what waits of the old schedule and the new one does not name is withdrawn") {
  const auto world = make_world();
  Ledger& ledger = world->daemon_with(jobs_of({job_named("a", every(seconds{3600}))}));
  world->due("a", seconds{30});  // it waits for its jitter, or nowd was down at its time
  SECTION("another schedule") {
    const JobsSnapshot edited = jobs_of({job_named("a", every(seconds{1800}))});
    REQUIRE(world->await(ledger.load_jobs(edited)).has_value());
    CHECK(world->states("a").starts_with("withdrawn rescheduled"));
    CHECK(world->claim(ledger, edited).runs.empty());
  }
  SECTION("no schedule any more") {
    const JobsSnapshot edited = jobs_of({job_named("a")});
    REQUIRE(world->await(ledger.load_jobs(edited)).has_value());
    CHECK(world->states("a").starts_with("withdrawn rescheduled"));
    CHECK(world->claim(ledger, edited).runs.empty());
  }
  SECTION("a daemon that starts with the edited file") {
    const JobsSnapshot edited = jobs_of({job_named("a", every(seconds{1800}))});
    Ledger& next = world->daemon(world->node_of(ledger));
    REQUIRE(world->await(next.load_jobs(edited)).has_value());
    CHECK(world->claim(next, edited).runs.empty());
  }
}

TEST_CASE("contract: what waits of the old schedule and the new one names, too, still runs; so does what was begun") {
  const auto world = make_world();
  const JobsSnapshot tens = jobs_of({job_named("a", every(seconds{10})), job_named("b", every(seconds{3600}))});
  Ledger& ledger = world->daemon_with(tens);
  world->neglect("a", seconds{15});
  REQUIRE(world->await(ledger.plan_jobs(tens, {"a"}, seconds{60})).has_value());
  world->due("b", seconds{5});
  const ClaimedRun begun = [&] {
    for (const ClaimedRun& run : world->claim(ledger, jobs_of({job_named("b", every(seconds{3600}))})).runs) return run;
    throw std::runtime_error("nothing was claimed");
  }();
  const JobsSnapshot fives = jobs_of({job_named("a", every(seconds{5})), job_named("b", every(seconds{1800}))});
  REQUIRE(world->await(ledger.load_jobs(fives)).has_value());
  std::vector<JobName> started;
  for (const ClaimedRun& run : world->claim(ledger, fives).runs) started.push_back(run.job);
  CHECK(started == std::vector<JobName>{"a"});
  CHECK(world->write(ledger, begun.claim, world->end(RunState::succeeded)));
}

TEST_CASE("contract: of a long absence in a pause nothing is said to be served by a run that the pause took") {
  const auto world = make_world();
  const JobsSnapshot jobs = jobs_of({job_named("a", every(seconds{60}))});
  Ledger& ledger = world->daemon_with(jobs);
  world->neglect("a", hours{3});
  world->pause("a");
  SECTION("the pause is over") { world->resume("a"); }
  SECTION("the pause goes on") {}
  REQUIRE(world->await(ledger.plan_jobs(jobs, {"a"}, seconds{60})).has_value());
  (void)world->claim(ledger, jobs);
  REQUIRE(world->ranges("a").size() == 1);
  CHECK(world->ranges("a")[0].state == OccurrenceState::skipped);
  CHECK(world->ranges("a")[0].reason == OccurrenceReason::paused);
  CHECK(world->ranges("a")[0].count >= 170);
  for (const Seen& row : world->occurrences("a")) CHECK(row.state != "coalesced");
}
