#include "domain/clocks/verdict.hpp"

#include "domain/clocks/clock_runs.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

VerdictInputs aligned() {
  VerdictInputs inputs;
  inputs.run = standup();
  inputs.grace = seconds{90};
  inputs.synchronised = true;
  return inputs;
}

}  // namespace

TEST_CASE("a run within its grace on a synchronised host is aligned") {
  VerdictInputs inputs = aligned();
  inputs.run.dispatched_at = inputs.run.due_at + seconds{90};
  inputs.effect_at = inputs.run.dispatched_at;
  CHECK(findings(inputs).empty());
  CHECK(worst(findings(inputs)) == Verdict::aligned);
}

TEST_CASE("late begins one microsecond behind the grace, counted from the due moment") {
  VerdictInputs inputs = aligned();
  inputs.run.due_at = inputs.run.scheduled_at + seconds{30};
  inputs.run.dispatched_at = inputs.run.due_at + seconds{90} + microseconds{1};
  REQUIRE(findings(inputs).size() == 1);
  CHECK(findings(inputs)[0].verdict == Verdict::late);

  inputs.run.dispatched_at = inputs.run.due_at + hours{3} + minutes{5};
  CHECK(findings(inputs)[0].detail == "late: dispatched 3h05m after it was due (grace 1m30s)");
}

TEST_CASE("a backfill or a manual run of a past moment is not called late") {
  VerdictInputs inputs = aligned();
  inputs.run.dispatched_at = inputs.run.due_at + hours{100};
  inputs.run.kind = GENERATE(RunKind::backfill, RunKind::manual);
  CHECK(findings(inputs).empty());
}

TEST_CASE("an unsynchronised host is named") {
  VerdictInputs inputs = aligned();
  inputs.synchronised = false;
  CHECK(findings(inputs) ==
        std::vector<Finding>{
            {Verdict::unsynchronised, "unsynchronised: this host's clock was not synchronised at dispatch"}});
}

TEST_CASE("an effect on another local date than as_of has rolled over, even by a second") {
  VerdictInputs inputs = aligned();
  inputs.effect_at = at("2026-06-01T21:59:59Z");  // 23:59:59 in Berlin
  CHECK(findings(inputs).empty());
  inputs.effect_at = at("2026-06-01T22:00:00Z");
  CHECK(findings(inputs) ==
        std::vector<Finding>{{Verdict::rolled_over,
                              "rolled_over: the effect's day is 2026-06-02, as_of is 2026-06-01 (Europe/Berlin)"}});
}

TEST_CASE("midnight in UTC is no rollover where it is not midnight") {
  VerdictInputs inputs = aligned();
  inputs.run.zone = Zone::find("America/New_York").value();
  inputs.run.as_of = at("2026-06-01T23:59:00Z");
  inputs.effect_at = at("2026-06-02T00:01:00Z");
  CHECK(findings(inputs).empty());
}

TEST_CASE("without an effect there is nothing to roll over") {
  VerdictInputs inputs = aligned();
  inputs.run.dispatched_at = inputs.run.due_at + days{2};
  CHECK(worst(findings(inputs)) == Verdict::late);
}

TEST_CASE("all findings are kept, the worst first") {
  VerdictInputs inputs = aligned();
  inputs.synchronised = false;
  inputs.run.dispatched_at = inputs.run.due_at + hours{20};
  inputs.effect_at = inputs.run.dispatched_at;
  const auto found = findings(inputs);
  REQUIRE(found.size() == 3);
  CHECK(found[0].verdict == Verdict::rolled_over);
  CHECK(found[1].verdict == Verdict::late);
  CHECK(found[2].verdict == Verdict::unsynchronised);
  CHECK(worst(found) == Verdict::rolled_over);
}

TEST_CASE("of a run by a command-line agent nowd says what it did not see") {
  VerdictInputs inputs = aligned();
  inputs.by_command = true;
  CHECK(findings(inputs) ==
        std::vector<Finding>{
            {Verdict::unobserved, "unobserved: a command-line agent's own clock and effects are not visible to nowd"}});
  inputs.synchronised = false;
  CHECK(worst(findings(inputs)) == Verdict::unsynchronised);
  CHECK(findings(inputs).size() == 2);
}

TEST_CASE("verdicts are ordered by severity") {
  CHECK(to_string(Verdict::rolled_over) == "rolled_over");
  CHECK(worst({{Verdict::stale, ""}, {Verdict::contradicted, ""}, {Verdict::late, ""}}) == Verdict::contradicted);
  CHECK(Verdict::aligned < Verdict::unobserved);
  CHECK(Verdict::expired < Verdict::contradicted);
}
