// Whether a run may be put aside until a moment.
#include "domain/run/ending.hpp"

#include "domain/run/machine_fixture.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

struct Deferring : MachineFixture {
  BeforeDeferral before;
  /// Why not, after so long; empty = it may be.
  std::string until(milliseconds later) const {
    return cannot_defer(plan, before, plan.time.scheduled_at + later).value_or("");
  }
};

}  // namespace

TEST_CASE_METHOD(Deferring, "a run is put aside for as long as it might start late anyway") {
  CHECK(until(hours{2}).empty());
  CHECK(until(hours{2} + seconds{1}).find("missed.window") != std::string::npos);
  plan.job.missed.window = hours{12};
  CHECK(until(hours{12}).empty());
  plan.job.missed.not_after = hours{11};  // 11:00 in Berlin
  CHECK(until(minutes{119}).empty());
  CHECK(until(minutes{121}).find("not_after") != std::string::npos);
}

TEST_CASE_METHOD(Deferring, "a job that is never started late is not put aside beyond its grace") {
  plan.job.missed.policy = MissedRules::Policy::skip;
  CHECK(until(plan.job.missed.grace).empty());
  CHECK(until(plan.job.missed.grace + seconds{1}).find("missed: skip") != std::string::npos);
}

TEST_CASE_METHOD(Deferring, "nor is what would have expired by then, where the guard would refuse it") {
  plan.job.valid_for = hours{1};
  plan.job.clocks.expiry = Response::flag;
  CHECK(until(minutes{61}).empty());
  plan.job.clocks.expiry = Response::refuse;
  CHECK(until(minutes{61}).find("valid_for") != std::string::npos);
  CHECK(until(minutes{59}).empty());
}

TEST_CASE_METHOD(Deferring, "what a person asked for may wait two days, whatever the schedule says") {
  plan.time.kind = RunKind::manual;
  plan.job.missed.policy = MissedRules::Policy::skip;
  CHECK(until(hours{48}).empty());
  CHECK(until(hours{49}).find("asked for") != std::string::npos);
}

TEST_CASE_METHOD(Deferring, "another attempt must be harmless, and able to ask") {
  before.acted = true;
  CHECK(until(minutes{5}).find("an effect was made") != std::string::npos);
  before = {false, false};
  CHECK(until(minutes{5}).find("limits.model_calls") != std::string::npos);
}
