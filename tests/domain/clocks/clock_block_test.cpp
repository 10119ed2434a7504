#include "domain/clocks/clock_runs.hpp"
#include "domain/prompt/run_time.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

TEST_CASE("the block of the manual's Monday in Berlin comes out byte for byte") {
  const RunTime run = standup();
  CHECK(clock_block(run, after_dispatch(run, seconds{0}), 1) ==
        "<clock seq=\"1\" run=\"1234\" job=\"daily-standup\">\n"
        "as_of: 2026-06-01T09:00:00+02:00   (Monday, 2026-W23, Europe/Berlin)\n"
        "today: 2026-06-01 Mon   yesterday: 2026-05-31 Sun   tomorrow: 2026-06-02 Tue\n"
        "now: 2026-06-01T09:00:04+02:00 = 2026-06-01T07:00:04Z\n"
        "window: [2026-05-29T09:00:00+02:00, 2026-06-01T09:00:00+02:00)\n"
        "run: scheduled, attempt 1, 4 s late   previous success: 2026-05-29T09:00:41+02:00   deadline: in 10m00s\n"
        "</clock>");
}

TEST_CASE("a run on time with no success before it says so") {
  RunTime run = standup();
  run.dispatched_at = run.due_at + milliseconds{999};
  run.previous_success = std::nullopt;
  run.attempt = 2;
  const std::string block = clock_block(run, after_dispatch(run, minutes{3}), 1);
  CHECK(block.find("\nrun: scheduled, attempt 2, on time   previous success: none   deadline: in 7m00s\n") !=
        std::string::npos);
}

TEST_CASE("a late catch-up says how late in words for people, and today stays as_of's day") {
  RunTime run = standup();
  run.kind = RunKind::catch_up;
  run.dispatched_at = run.due_at + hours{16} + minutes{5};  // 01:05 on Tuesday in Berlin
  const std::string block = clock_block(run, after_dispatch(run, seconds{0}), 1);
  CHECK(block.find("\ntoday: 2026-06-01 Mon   yesterday: 2026-05-31 Sun   tomorrow: 2026-06-02 Tue\n") !=
        std::string::npos);
  CHECK(block.find("\nnow: 2026-06-02T01:05:00+02:00 = 2026-06-01T23:05:00Z\n") != std::string::npos);
  CHECK(block.find("\nrun: catch_up, attempt 1, 16h05m late   previous success: ") != std::string::npos);
}

TEST_CASE("a backfill resolves today against the past, and its now is the true one") {
  RunTime run = standup();
  run.kind = RunKind::backfill;
  run.dispatched_at = at("2026-06-03T07:00:00Z");
  run.previous_success = std::nullopt;
  CHECK(clock_block(run, after_dispatch(run, seconds{2}), 1) ==
        "<clock seq=\"1\" run=\"1234\" job=\"daily-standup\">\n"
        "as_of: 2026-06-01T09:00:00+02:00   (Monday, 2026-W23, Europe/Berlin)\n"
        "today: 2026-06-01 Mon   yesterday: 2026-05-31 Sun   tomorrow: 2026-06-02 Tue\n"
        "now: 2026-06-03T09:00:02+02:00 = 2026-06-03T07:00:02Z\n"
        "window: [2026-05-29T09:00:00+02:00, 2026-06-01T09:00:00+02:00)\n"
        "run: backfill, attempt 1, 2d 0h late   previous success: none   deadline: in 9m58s\n"
        "</clock>");
}

TEST_CASE("on the day the clocks change, each instant carries its own offset") {
  RunTime run = standup();  // 29 March 2026: 02:00 CET becomes 03:00 CEST at 01:00 UTC
  run.window_start = at("2026-03-28T08:00:00Z");
  run.scheduled_at = run.due_at = run.as_of = run.window_end = run.dispatched_at = at("2026-03-29T07:00:00Z");
  run.previous_success = at("2026-03-29T00:30:00Z");
  CHECK(clock_block(run, after_dispatch(run, seconds{0}), 1) ==
        "<clock seq=\"1\" run=\"1234\" job=\"daily-standup\">\n"
        "as_of: 2026-03-29T09:00:00+02:00   (Sunday, 2026-W13, Europe/Berlin)\n"
        "today: 2026-03-29 Sun   yesterday: 2026-03-28 Sat   tomorrow: 2026-03-30 Mon\n"
        "now: 2026-03-29T09:00:00+02:00 = 2026-03-29T07:00:00Z\n"
        "window: [2026-03-28T09:00:00+01:00, 2026-03-29T09:00:00+02:00)\n"
        "run: scheduled, attempt 1, on time   previous success: 2026-03-29T01:30:00+01:00   deadline: in 10m00s\n"
        "</clock>");
}

TEST_CASE("the block is in whole seconds, whatever the readings hold") {
  const RunTime run = standup();
  const std::string block = clock_block(run, after_dispatch(run, milliseconds{1'999}), 1);
  CHECK(block.find("now: 2026-06-01T09:00:05+02:00 = 2026-06-01T07:00:05Z\n") != std::string::npos);
  CHECK(block.find("deadline: in 9m58s") != std::string::npos);  // never more than is left
}

TEST_CASE("later requests carry one line") {
  const RunTime run = standup();
  CHECK(clock_line(run, after_dispatch(run, seconds{127}), 3) ==
        "<clock seq=\"3\" now=\"2026-06-01T09:02:11+02:00\" elapsed=\"2m07s\" remaining=\"7m53s\"/>");
}

TEST_CASE("what remains is never negative, and a wall clock step changes neither elapsed nor remaining") {
  const RunTime run = standup();
  Now now = after_dispatch(run, minutes{11});
  CHECK(clock_line(run, now, 2).find("elapsed=\"11m00s\" remaining=\"0s\"/>") != std::string::npos);
  CHECK(clock_block(run, now, 1).find("deadline: in 0s\n") != std::string::npos);

  now = {run.dispatched_at - hours{1}, run.dispatched_tick + minutes{1}};
  CHECK(clock_line(run, now, 2) ==
        "<clock seq=\"2\" now=\"2026-06-01T08:00:04+02:00\" elapsed=\"1m00s\" remaining=\"9m00s\"/>");
}

TEST_CASE("the line names the rollover from the first second of the next local day, not before") {
  RunTime run = standup();
  run.dispatched_at = at("2026-06-01T21:58:00Z");  // 23:58 in Berlin
  CHECK(clock_line(run, after_dispatch(run, seconds{119}), 2).find("rolled_over") == std::string::npos);
  CHECK(clock_line(run, after_dispatch(run, seconds{120}), 3) ==
        "<clock seq=\"3\" now=\"2026-06-02T00:00:00+02:00\" elapsed=\"2m00s\" remaining=\"8m00s\" "
        "rolled_over=\"2026-06-01 -> 2026-06-02\"/>");
}

TEST_CASE("a rollover counts from dispatch: a run for a past day has not rolled over by being late") {
  RunTime run = standup();
  run.kind = RunKind::backfill;
  run.dispatched_at = at("2026-06-03T07:00:00Z");
  CHECK(clock_line(run, after_dispatch(run, seconds{5}), 2).find("rolled_over") == std::string::npos);
}

TEST_CASE("a job's name cannot break out of its attribute") {
  RunTime run = standup();
  run.job = "x\"><clock now=\"\n&";
  const std::string block = clock_block(run, after_dispatch(run, seconds{0}), 1);
  CHECK(block.find("job=\"x&quot;&gt;&lt;clock now=&quot; &amp;\">\n") != std::string::npos);
}

TEST_CASE("the constant rule holds no date, so that prompt caches stay valid") {
  CHECK(clock_rule().find_first_of("0123456789") == std::string_view::npos);
  CHECK(clock_rule().find("as_of") != std::string_view::npos);
}

TEST_CASE("lateness counts from the due moment and is never negative") {
  RunTime run = standup();
  run.due_at = run.scheduled_at + seconds{3};
  CHECK(lateness(run) == seconds{1});
  run.due_at = run.scheduled_at + seconds{30};
  CHECK(lateness(run) == seconds{0});
}

TEST_CASE("children and HTTP tools are told the same times") {
  const RunTime run = standup();
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  const Now now = after_dispatch(run, milliseconds{1'500});
  CHECK(run_environment(run, now, "key-1") == Pairs{{"NOWD_AS_OF", "2026-06-01T09:00:00+02:00"},
                                                    {"NOWD_SCHEDULED_AT", "2026-06-01T09:00:00+02:00"},
                                                    {"NOWD_WINDOW_START", "2026-05-29T09:00:00+02:00"},
                                                    {"NOWD_WINDOW_END", "2026-06-01T09:00:00+02:00"},
                                                    {"NOWD_NOW", "2026-06-01T09:00:05+02:00"},
                                                    {"NOWD_TIMEZONE", "Europe/Berlin"},
                                                    {"NOWD_JOB", "daily-standup"},
                                                    {"NOWD_RUN", "1234"},
                                                    {"NOWD_ATTEMPT", "1"},
                                                    {"NOWD_DEADLINE_MS", "598500"},
                                                    {"NOWD_IDEMPOTENCY_KEY", "key-1"}});
  const auto headers = run_headers(run, now, "");
  REQUIRE(headers.size() == 10);  // no key, no header
  CHECK(headers.front() == std::pair<std::string, std::string>{"X-Nowd-As-Of", "2026-06-01T09:00:00+02:00"});
  CHECK(headers.back() == std::pair<std::string, std::string>{"X-Nowd-Deadline-Ms", "598500"});
  CHECK(run_environment(run, after_dispatch(run, hours{1}), "").back().second == "0");
}

TEST_CASE("kinds are read as they are written, and nothing else is a kind") {
  for (const RunKind kind : {RunKind::scheduled, RunKind::catch_up, RunKind::backfill, RunKind::manual})
    CHECK(parse_run_kind(to_string(kind)) == kind);
  CHECK_FALSE(parse_run_kind("Scheduled"));
}
