#include "runtime/rehearsal/rehearsal.hpp"

#include <algorithm>

#include "ledger/jobs.hpp"
#include "support/catch.hpp"
#include "support/schedule_cases.hpp"

using namespace nowd;
using namespace nowd::test;

using Overlapping = OverlapRules::Policy;
using Missing = MissedRules::Policy;

namespace {

Instant at(const char* text) { return parse_rfc3339(text).value(); }

Schedule cron(const char* expression, const char* zone = "UTC") {
  Schedule schedule;
  schedule.kind = Cron::parse(expression).value();
  schedule.zone = Zone::find(zone).value();
  return schedule;
}

/// Two hours of a summer's morning, runs of a minute.
struct Rehearsing {
  Rehearsal plan;
  Rehearsing() {
    plan.from = at("2026-06-01T07:00:00Z");
    plan.until = at("2026-06-01T09:00:00Z");
    lasts(minutes{1});
  }
  void lasts(milliseconds length) {
    plan.length = [length](const JobName&) { return length; };
  }
  std::vector<RehearsedFate> fates(std::vector<Job> jobs) {
    plan.jobs = jobs_of(std::move(jobs));
    std::vector<RehearsedFate> all;
    rehearse(plan, [&](RehearsedFate fate) { all.push_back(std::move(fate)); });
    std::sort(all.begin(), all.end(), in_order);
    return all;
  }
  /// "done 07:10, skipped overlap 07:20, …"
  std::string story(std::vector<Job> jobs) {
    std::string text;
    for (const RehearsedFate& fate : fates(std::move(jobs)))
      text += (text.empty() ? "" : ", ") + std::string(to_string(fate.state)) +
              (fate.reason == OccurrenceReason::none ? "" : " " + std::string(to_string(fate.reason))) + " " +
              rfc3339(fate.at).substr(11, 5);
    return text;
  }
};

}  // namespace

TEST_CASE_METHOD(Rehearsing, "each occurrence of the stretch runs on time where nothing is in its way") {
  const auto all = fates({job_named("a", every(minutes{30}))});
  REQUIRE(all.size() == 4);  // from is exclusive, until inclusive
  for (std::size_t k = 0; k < all.size(); ++k) {
    CHECK(all[k].at == plan.from + (k + 1) * minutes{30});
    CHECK(all[k].state == OccurrenceState::done);
    CHECK(all[k].started == all[k].at);
    CHECK(all[k].kind == RunKind::scheduled);
  }
  CHECK(all[0].ended == all[0].at + minutes{1});
  CHECK(all[0].run_state == "succeeded");
  CHECK(all[3].run_state == "running");  // the stretch ends with its start
}

TEST_CASE_METHOD(Rehearsing, "runs that last longer than their interval make the overlap rule speak") {
  lasts(minutes{25});
  Job job = job_named("a", every(minutes{20}));
  job.limits.wall = hours{1};
  CHECK(story({job}) ==
        "done 07:20, skipped overlap 07:40, done 08:00, skipped overlap 08:20, done 08:40, skipped overlap 09:00");
  job.overlap.policy = Overlapping::buffer_one;
  CHECK(story({job}) == "done 07:20, done 07:40, done 08:00, done 08:20, done 08:40, planned 09:00");
  job.overlap.policy = Overlapping::cancel_running;
  const auto all = fates({job});
  CHECK(all[0].run_state == "cancelled");
  CHECK(all[0].ended == all[1].at);
  CHECK(all[1].started == all[1].at);
}

TEST_CASE_METHOD(Rehearsing, "a run longer than its limit fails, and nothing follows it") {
  Job leader = job_named("leader", every(hours{1})), follower = job_named("follower");
  follower.after = "leader";
  lasts(minutes{5});
  auto all = fates({leader, follower});
  CHECK(std::count_if(all.begin(), all.end(), [](const auto& fate) { return fate.kind == RunKind::after; }) == 1);
  leader.limits.wall = minutes{2};
  all = fates({leader, follower});
  CHECK(all[0].run_state == "failed");
  CHECK(std::none_of(all.begin(), all.end(), [](const auto& fate) { return fate.kind == RunKind::after; }));
}

TEST_CASE_METHOD(Rehearsing,
                 "what is paused is skipped, and jobs with one concurrency key keep out of each other's way") {
  plan.paused = {"a"};
  CHECK(story({job_named("a", every(hours{1}))}) == "skipped paused 08:00, skipped paused 09:00");
  plan.paused = {};
  Job one = job_named("a", every(hours{1})), other = job_named("b", every(hours{1}));
  one.concurrency_key = other.concurrency_key = "repo";
  CHECK(story({one, other}) == "done 08:00, done 08:00, done 09:00, planned 09:00");
}

TEST_CASE_METHOD(Rehearsing,
                 "no more runs at once than the configuration allows; what waits starts when there is room") {
  plan.concurrency = 1;
  const auto all = fates({job_named("a", every(hours{1})), job_named("b", every(hours{1}))});
  REQUIRE(all.size() == 4);
  CHECK(all[0].started == all[0].at);
  CHECK(all[1].started == all[1].at + minutes{1});
}

TEST_CASE_METHOD(Rehearsing, "an outage shows what each missed policy makes of it") {
  plan.down = {{at("2026-06-01T07:45:00Z"), at("2026-06-01T08:35:00Z")}};
  Job job = job_named("a", every(minutes{10}));
  CHECK(story({job}) ==
        "done 07:10, done 07:20, done 07:30, done 07:40, coalesced 07:50, coalesced 08:00, coalesced 08:10, "
        "coalesced 08:20, done 08:30, done 08:40, done 08:50, done 09:00");
  const auto all = fates({job});
  CHECK(all[8].kind == RunKind::catch_up);
  CHECK(all[8].started == plan.down[0].until);
  CHECK(all[4].coalesced_into == all[8].at);
  job.missed.policy = Missing::skip;
  CHECK(story({job}).find("done 07:40, missed down 07:50") != std::string::npos);
  job.missed.policy = Missing::all;
  job.missed.max = 2;
  CHECK(story({job}).find("missed limit 08:10, done 08:20, done 08:30") != std::string::npos);
}

TEST_CASE_METHOD(Rehearsing,
                 "a run that is cut by a kill is served again, but for a command that may have done anything") {
  plan.down = {{at("2026-06-01T08:00:30Z"), at("2026-06-01T08:01:00Z")}};
  Job job = job_named("a", every(hours{1}));
  auto all = fates({job});
  CHECK(all[0].attempts == 2);
  CHECK(all[0].started == plan.down[0].until);
  job.command = CommandAgent{};
  all = fates({job});
  CHECK(all[0].attempts == 1);
  CHECK(all[0].run_state == "interrupted");
}

TEST_CASE_METHOD(Rehearsing, "a week in which the clocks change runs as the schedule's zone says") {
  plan.from = at("2026-03-28T00:00:00Z");
  plan.until = at("2026-03-31T00:00:00Z");
  const auto all = fates({job_named("a", cron("30 2 * * *", "Europe/Berlin"))});
  REQUIRE(all.size() == 3);
  CHECK(rfc3339(all[0].at) == "2026-03-28T01:30:00Z");
  CHECK(rfc3339(all[1].at) == "2026-03-29T01:00:00Z");  // 02:30 does not exist: 03:00 +02:00
  CHECK(rfc3339(all[2].at) == "2026-03-30T00:30:00Z");
}

TEST_CASE_METHOD(Rehearsing, "around every checked clock change, each occurrence runs once and when it should") {
  lasts(milliseconds{100});
  std::size_t weeks = 0;
  for (const ScheduleCase& each : schedule_cases("dst.tsv")) {
    if (each.ends_only()) continue;
    CAPTURE(each.line);
    plan.from = each.begin - days{1};
    plan.until = each.end + days{1};
    Job job = job_named("a");
    job.schedule = each.schedule;
    std::string ran;
    for (const RehearsedFate& fate : fates({job})) {
      CHECK(fate.state == OccurrenceState::done);
      CHECK(fate.started == fate.at);
      if (fate.at >= each.begin && fate.at < each.end) ran += (ran.empty() ? "" : " ") + rfc3339(fate.at);
    }
    CHECK(ran == each.instants);
    ++weeks;
  }
  CHECK(weeks > 40);
}

TEST_CASE_METHOD(Rehearsing, "a week without a daemon becomes one range, and nothing disappears") {
  plan.until = plan.from + days{9};
  plan.down = {{plan.from + days{1}, plan.from + days{8}}};
  std::int64_t told = 0, ranges = 0;
  for (const RehearsedFate& fate : fates({job_named("a", every(minutes{10}))})) {
    told += fate.count;
    ranges += fate.count > 1 ? 1 : 0;
  }
  CHECK(told == 9 * 24 * 6);
  CHECK(ranges == 1);
}

TEST_CASE_METHOD(Rehearsing, "a year of an hourly job is told once each, and the same again gives the same") {
  plan.until = plan.from + days{365};
  const std::vector<Job> jobs{job_named("a", every(hours{1})), job_named("b", every(hours{24}))};
  const auto all = fates(jobs);
  CHECK(all.size() == 365 * 24 + 365);
  CHECK(std::all_of(all.begin(), all.end(), [](const auto& fate) { return fate.state == OccurrenceState::done; }));
  CHECK(fates(jobs) == all);
}
