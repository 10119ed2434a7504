// Requests: those that somebody made, and those that follow another job's success.
#include <algorithm>

#include "ledger/contract_world.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

Job after(const std::string& name, const std::string& leader) {
  Job job = job_named(name);
  job.after = leader;
  return job;
}

/// A leader's success that asks for these.
Facts followed_by(World& world, std::vector<JobName> followers) {
  Facts facts = world.end(RunState::succeeded);
  facts.end->followers = std::move(followers);
  return facts;
}

/// The leader's occurrence runs, succeeds, and asks for its follower.
void lead(World& world, Ledger& ledger, const JobsSnapshot& jobs, const JobName& leader, const JobName& follower) {
  world.due(leader);
  for (const ClaimedRun& run : world.claim(ledger, jobs).runs)
    if (run.job == leader) REQUIRE(world.write(ledger, run.claim, followed_by(world, {follower})));
}

std::vector<JobName> jobs_in(const std::vector<ClaimedRun>& runs) {
  std::vector<JobName> names;
  for (const ClaimedRun& run : runs) names.push_back(run.job);
  return names;
}

}  // namespace

TEST_CASE("contract: the requests of a busy job keep no other job's from starting, however many they are") {
  const auto world = make_world();
  const JobsSnapshot jobs =
      jobs_of({job_named("busy"), job_named("other"), after("follower", "leader"), job_named("leader")});
  Ledger& ledger = world->daemon_with(jobs);
  for (int k = 0; k < 90; ++k) world->ask("busy");
  CHECK(jobs_in(world->claim(ledger, jobs).runs) == std::vector<JobName>{"busy"});
  const std::int64_t other = world->ask("other");
  CHECK(jobs_in(world->claim(ledger, jobs).runs) == std::vector<JobName>{"other"});
  CHECK(world->request(other) == "claimed");
  lead(*world, ledger, jobs, "leader", "follower");
  CHECK(jobs_in(world->claim(ledger, jobs).runs) == std::vector<JobName>{"follower"});
}

TEST_CASE("contract: the requests of one job are served in their order, several at once where overlap is allowed") {
  const auto world = make_world();
  const JobsSnapshot jobs = jobs_of({with_overlap("a", OverlapRules::Policy::allow), job_named("b")});
  Ledger& ledger = world->daemon_with(jobs);
  std::vector<std::int64_t> asked;
  for (int k = 0; k < 70; ++k) asked.push_back(world->ask("a"));
  const std::int64_t last = world->ask("b");
  const std::vector<ClaimedRun> first = world->claim(ledger, jobs, 3).runs;
  REQUIRE(first.size() == 3);
  for (std::size_t k = 0; k < 3; ++k) CHECK(first[k].request == asked[k]);
  CHECK(world->claim(ledger, jobs, 100).runs.size() == 68);
  CHECK(world->request(last) == "claimed");
}

TEST_CASE(
    "contract: requests of a job that left the files are refused, and block none; those of another revision wait") {
  const auto world = make_world();
  Job edited = job_named("edited");
  const JobsSnapshot before = jobs_of({job_named("gone"), edited, job_named("stays")});
  Ledger& ledger = world->daemon_with(before);
  std::vector<std::int64_t> gone;
  for (int k = 0; k < 70; ++k) gone.push_back(world->ask("gone"));
  for (int k = 0; k < 70; ++k) world->ask("edited");
  const JobsSnapshot now = jobs_of({edited, job_named("stays")});
  REQUIRE(world->await(ledger.load_jobs(now)).has_value());
  CHECK(world->request(gone.front()) == "refused retired");
  CHECK(world->request(gone.back()) == "refused retired");
  edited.canonical = R"({"prompt":"newer"})";
  edited.revision = sha256_hex(edited.canonical);
  (void)world->daemon_with(jobs_of({edited, job_named("stays")}));
  const std::int64_t stays = world->ask("stays");
  CHECK(jobs_in(world->claim(ledger, now).runs) == std::vector<JobName>{"stays"});
  CHECK(world->request(stays) == "claimed");
}

TEST_CASE("contract: requests of paused jobs wait, and keep no other job's from starting") {
  const auto world = make_world();
  const JobsSnapshot jobs = jobs_of({job_named("held"), job_named("other")});
  Ledger& ledger = world->daemon_with(jobs);
  for (int k = 0; k < 70; ++k) world->ask("held");
  world->pause("held");
  world->ask("other");
  CHECK(jobs_in(world->claim(ledger, jobs).runs) == std::vector<JobName>{"other"});
  world->resume("held");
  CHECK(jobs_in(world->claim(ledger, jobs).runs) == std::vector<JobName>{"held"});
}

TEST_CASE("contract: a follower slower than its leader does not pile up: the newest waits, the others are skipped") {
  const auto world = make_world();
  const JobsSnapshot jobs = jobs_of({job_named("leader"), after("slow", "leader")});
  Ledger& ledger = world->daemon_with(jobs);
  lead(*world, ledger, jobs, "leader", "slow");
  const ClaimedRun running = world->claim(ledger, jobs).runs.at(0);
  CHECK(running.kind == RunKind::after);
  for (int k = 0; k < 4; ++k) {
    lead(*world, ledger, jobs, "leader", "slow");
    CHECK(world->claim(ledger, jobs).runs.empty());
  }
  CHECK(world->requests("slow") == "claimed, refused overlap, refused overlap, refused overlap, planned");
  CHECK(world->write(ledger, running.claim, world->end(RunState::succeeded)));
  CHECK(world->claim(ledger, jobs).runs.size() == 1);
  CHECK(world->requests("slow") == "done, refused overlap, refused overlap, refused overlap, claimed");
}

TEST_CASE("contract: what follows a run that somebody asked for is never skipped, through others, too") {
  const auto world = make_world();
  const JobsSnapshot jobs = jobs_of({job_named("leader"), after("second", "leader"), after("third", "second")});
  Ledger& ledger = world->daemon_with(jobs);
  world->due("third");
  const ClaimedRun busy = world->claim(ledger, jobs).runs.at(0);
  const auto serve = [&](const JobName& job, std::vector<JobName> followers) {
    for (const ClaimedRun& run : world->claim(ledger, jobs).runs) {
      CHECK(run.job == job);
      CHECK(world->write(ledger, run.claim, followed_by(*world, followers)));
    }
  };
  for (int k = 0; k < 3; ++k) {
    world->ask("leader");
    serve("leader", {"second"});
    serve("second", {"third"});
  }
  CHECK(world->requests("third") == "planned, planned, planned");
  CHECK(world->write(ledger, busy.claim, world->end(RunState::succeeded)));
  CHECK(world->claim(ledger, jobs).runs.size() == 1);
  CHECK(world->claim(ledger, jobs).runs.empty());
  CHECK(world->requests("third") == "claimed, planned, planned");
}

TEST_CASE("contract: a pause holds what follows another job, though that one succeeds") {
  const auto world = make_world();
  const JobsSnapshot jobs = jobs_of({job_named("leader"), after("follower", "leader")});
  Ledger& ledger = world->daemon_with(jobs);
  world->pause("follower");
  lead(*world, ledger, jobs, "leader", "follower");
  CHECK(world->claim(ledger, jobs).runs.empty());
  CHECK(world->requests("follower") == "refused paused");
  world->ask("leader");
  for (const ClaimedRun& run : world->claim(ledger, jobs).runs)
    CHECK(world->write(ledger, run.claim, followed_by(*world, {"follower"})));
  CHECK(world->claim(ledger, jobs).runs.empty());
  CHECK(world->requests("follower") == "refused paused, refused paused");
}

TEST_CASE("contract: a job that follows another one no more is not run for what that one did before") {
  const auto world = make_world();
  Job follower = after("follower", "leader");
  const JobsSnapshot jobs = jobs_of({job_named("leader"), follower});
  Ledger& ledger = world->daemon_with(jobs);
  lead(*world, ledger, jobs, "leader", "follower");
  follower.after.reset();
  follower.canonical = R"({"after":"none"})";
  follower.revision = sha256_hex(follower.canonical);
  const JobsSnapshot edited = jobs_of({job_named("leader"), follower});
  REQUIRE(world->await(ledger.load_jobs(edited)).has_value());
  CHECK(world->requests("follower") == "refused rescheduled");
  CHECK(world->claim(ledger, edited).runs.empty());
}

TEST_CASE(
    "contract: claimed runs deliver and start followers, but for backfills, unless their request says otherwise") {
  const auto world = make_world();
  const JobsSnapshot jobs = jobs_of({job_named("a"), job_named("b")});
  Ledger& ledger = world->daemon_with(jobs);
  world->due("a");
  world->ask("b");
  const std::vector<ClaimedRun> runs = world->claim(ledger, jobs).runs;
  REQUIRE(runs.size() == 2);
  for (const ClaimedRun& run : runs) {
    CHECK(run.deliver);
    CHECK(run.starts_followers);
  }
}
