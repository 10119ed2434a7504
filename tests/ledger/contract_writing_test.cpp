#include "ledger/contract_world.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

/// One job, one daemon, one run of it under way.
struct Running {
  std::unique_ptr<World> world = make_world();
  JobsSnapshot jobs = jobs_of({job_named("a"), job_named("b")});
  Ledger* ledger = &world->daemon_with(jobs);
  ClaimedRun run = next();

  ClaimedRun next(const JobName& job = "a") {
    world->due(job);
    return world->claim(*ledger, jobs).runs.at(0);
  }
  /// The daemon is killed; its successor is `ledger` from now on.
  void killed() { ledger = &world->daemon(world->node_of(*ledger)); }
  bool write(Facts facts) { return world->write(*ledger, run.claim, std::move(facts)); }
  std::string state() { return world->run(run.claim.run); }

  Facts call(Effect effect) {
    Facts facts;
    CallFact fact;
    fact.seq = 1;
    fact.inference_seq = 1;
    fact.tool = "t";
    fact.effect = effect;
    fact.idempotency_key = "key";
    fact.intent = world->clock().read();
    facts.calls.push_back(fact);
    return facts;
  }
};

}  // namespace

TEST_CASE_METHOD(Running, "contract: an end closes the run and its occurrence, and nothing is written after it") {
  CHECK(state() == "running");
  CHECK(write(world->end(RunState::succeeded)));
  CHECK(state() == "succeeded");
  CHECK(world->states("a") == "done");
  CHECK(!write(world->end(RunState::failed)));
  CHECK(!write({}));
  CHECK(state() == "succeeded");
}

TEST_CASE_METHOD(Running, "contract: a stale fence or another's claim id is refused, and nothing is written") {
  Claim stale = run.claim, other = run.claim;
  --stale.fence;
  other.claim_id = "00000000-0000-4000-8000-00000000ffff";
  CHECK(!world->write(*ledger, stale, world->end(RunState::failed)));
  CHECK(!world->write(*ledger, other, world->end(RunState::failed)));
  CHECK(state() == "running");
  CHECK(write({}));  // an empty write asks whether the run is still ours
}

TEST_CASE_METHOD(Running, "contract: a run that found nothing to do is a skip, one that began too late a miss") {
  CHECK(write(world->end(RunState::cancelled, RunReason::nothing_to_do)));
  run = next();
  CHECK(write(world->end(RunState::cancelled, RunReason::window)));
  CHECK(world->states("a") == "skipped nothing_to_do, missed window");
}

TEST_CASE_METHOD(Running, "contract: a success asks once for the jobs that are after it, for its moment and window") {
  Facts end = world->end(RunState::succeeded);
  end.end->followers = {"b", "nobody"};
  CHECK(write(end));
  CHECK(!write(end));
  const std::vector<ClaimedRun> runs = world->claim(*ledger, jobs).runs;
  REQUIRE(runs.size() == 1);
  CHECK(runs[0].job == "b");
  CHECK(runs[0].kind == RunKind::after);
  CHECK(runs[0].scheduled_at == run.scheduled_at);
  CHECK(runs[0].window_start == run.window_start);
  CHECK(runs[0].after_run == run.claim.run);
  CHECK(runs[0].effects);
}

TEST_CASE_METHOD(Running, "contract: outputs are those of the job's last success, and of the run that it follows") {
  Facts said;
  said.bodies.push_back({BodyPart::output, 1, "hello"});
  CHECK(write(said));
  Facts end = world->end(RunState::succeeded);
  end.end->followers = {"b"};
  CHECK(write(end));
  const ClaimedRun follower = world->claim(*ledger, jobs).runs.at(0);
  const auto after = world->await(ledger->outputs(follower));
  REQUIRE(after.has_value());
  CHECK(after->after == "hello");
  CHECK(!after->previous);
  run = next();
  CHECK(write(world->end(RunState::failed)));
  run = next();
  CHECK(world->await(ledger->outputs(run))->previous == "hello");
}

TEST_CASE_METHOD(Running,
                 "contract: what a killed daemon left is served again under a higher fence, and its own "
                 "writes are refused") {
  const Claim old = run.claim;
  Ledger& dead = *ledger;
  killed();
  CHECK(state() == "orphaned node_died");
  CHECK(world->states("a") == "planned");
  const ClaimedRun again = world->claim(*ledger, jobs).runs.at(0);
  CHECK(again.attempt == 2);
  CHECK(again.scheduled_at == run.scheduled_at);
  CHECK(again.claim.fence > old.fence);
  CHECK(!world->write(dead, old, world->end(RunState::succeeded)));
  CHECK(state() == "orphaned node_died");
  CHECK(world->write(*ledger, again.claim, world->end(RunState::succeeded)));
  CHECK(world->states("a") == "done");
}

TEST_CASE_METHOD(Running, "contract: the third orphan is a crash loop, and its occurrence is done") {
  for (int attempt = 2; attempt <= 3; ++attempt) {
    killed();
    run = world->claim(*ledger, jobs).runs.at(0);
    CHECK(run.attempt == attempt);
  }
  killed();
  CHECK(state() == "failed crash_loop");
  CHECK(world->states("a") == "done");
  CHECK(world->claim(*ledger, jobs).runs.empty());
}

TEST_CASE_METHOD(Running, "contract: a run with an effect in doubt is interrupted and not repeated; reading is free") {
  CHECK(write(call(Effect::irreversible)));
  killed();
  CHECK(state() == "interrupted effect_in_doubt");
  CHECK(world->states("a") == "done");
  run = next("b");
  CHECK(write(call(Effect::read)));
  killed();
  CHECK(state() == "orphaned node_died");
}

TEST_CASE_METHOD(Running, "contract: an effect that was made is not repeated, a command under way neither") {
  CHECK(write(call(Effect::reversible)));
  Facts made;
  OutcomeFact outcome;
  outcome.seq = 1;
  outcome.state = CallState::confirmed;
  made.outcomes.push_back(outcome);
  CHECK(write(made));
  killed();
  CHECK(state() == "interrupted effects_not_repeated");
  run = next("b");
  Facts command;
  command.sending.push_back({1, "command", "claude", true});
  CHECK(write(command));
  killed();
  CHECK(state() == "interrupted command_in_doubt");
  CHECK(world->claim(*ledger, jobs).runs.empty());
}

TEST_CASE_METHOD(Running, "contract: a request of a killed daemon is served again, too") {
  CHECK(write(world->end(RunState::succeeded)));
  const std::int64_t asked = world->ask("a");
  run = world->claim(*ledger, jobs).runs.at(0);
  killed();
  CHECK(world->request(asked) == "planned");
  CHECK(world->claim(*ledger, jobs).runs.at(0).attempt == 2);
}

TEST_CASE_METHOD(Running,
                 "contract: a daemon silent for 15 s on the observer's clock is dead, and a gap in the "
                 "observer's own looking says nothing") {
  Ledger& silent = *ledger;
  Ledger& observer = world->daemon();
  CHECK(world->await(observer.sweep())->ended_runs == 0);
  world->clock().advance(minutes{10});
  CHECK(world->await(observer.sweep())->ended_runs == 0);
  for (int passed = 0; passed < 12; passed += 3) {
    world->clock().advance(seconds{3});
    CHECK(world->await(observer.sweep())->ended_runs == 0);
  }
  world->clock().advance(seconds{3});
  CHECK(world->await(observer.sweep())->ended_runs == 1);
  CHECK(state() == "orphaned node_died");
  CHECK(!world->write(silent, run.claim, world->end(RunState::failed)));  // it registered anew
}

namespace {

/// A run that was put aside, its time being `later` than now.
struct PutAside : Running {
  bool put_aside(microseconds later) {
    Facts facts = world->end(RunState::suspended, RunReason::deferred);
    facts.end->detail = "no quota";
    facts.end->not_before = world->now() + later;
    return write(std::move(facts));
  }
  int woken() { return world->await(ledger->sweep())->ended_runs; }
};

}  // namespace

TEST_CASE_METHOD(PutAside, "contract: a run that is put aside is live, keeps its lane, and belongs to no daemon") {
  REQUIRE(put_aside(hours{1}));
  CHECK(state() == "suspended deferred");
  CHECK(!write(world->end(RunState::succeeded)));
  CHECK(woken() == 0);
  killed();
  CHECK(state() == "suspended deferred");
  world->due("a");
  CHECK(world->claim(*ledger, jobs).runs.empty());
  CHECK(world->states("a").find("claimed") != std::string::npos);
  CHECK(world->states("a").find("skipped overlap") != std::string::npos);
}

TEST_CASE_METHOD(PutAside, "contract: when its time has come another attempt serves it, late, with what is left") {
  Facts asked;
  asked.sending.push_back({1, "provider", "model"});
  AnswerFact answer;
  answer.seq = 1;
  answer.reply.stop = Stop::provider_error;
  answer.reply.usage = Usage{20, 0, 3, 0};
  asked.answers.push_back(answer);
  REQUIRE(write(asked));
  REQUIRE(put_aside(-seconds{1}));
  CHECK(woken() == 1);
  CHECK(state() == "orphaned deferred");
  CHECK(woken() == 0);
  const ClaimedRun again = world->claim(*ledger, jobs).runs.at(0);
  CHECK(again.attempt == 2);
  CHECK(again.kind == RunKind::catch_up);
  CHECK(again.scheduled_at == run.scheduled_at);
  CHECK(again.before.model_calls == 1);
  CHECK(again.before.spent.input == 20);
  CHECK(again.before.spent.output == 3);
  CHECK(world->write(*ledger, again.claim, world->end(RunState::succeeded)));
  CHECK(world->states("a") == "done");
}

TEST_CASE_METHOD(PutAside, "contract: a request that is put aside is served again as what it was") {
  REQUIRE(write(world->end(RunState::failed)));
  const std::int64_t request = world->ask("b");
  run = world->claim(*ledger, jobs).runs.at(0);
  REQUIRE(put_aside(-seconds{1}));
  CHECK(world->request(request) == "claimed");
  CHECK(woken() == 1);
  const ClaimedRun again = world->claim(*ledger, jobs).runs.at(0);
  CHECK(again.request == request);
  CHECK(again.kind == RunKind::manual);
  CHECK(again.attempt == 2);
}

TEST_CASE_METHOD(PutAside, "contract: being put aside is no step towards a crash loop") {
  for (int attempt = 2; attempt <= 4; ++attempt) {
    REQUIRE(put_aside(-seconds{1}));
    CHECK(woken() == 1);
    run = world->claim(*ledger, jobs).runs.at(0);
    CHECK(run.attempt == attempt);
  }
  killed();
  CHECK(state() == "orphaned node_died");
}

TEST_CASE("contract: a run that is put aside makes way at once for a newer one, where that is the rule") {
  PutAside scene;
  Job job = job_named("a");
  job.overlap.policy = OverlapRules::Policy::cancel_running;
  scene.jobs = jobs_of({job, job_named("b")});
  REQUIRE(scene.world->await(scene.ledger->load_jobs(scene.jobs)).has_value());
  REQUIRE(scene.put_aside(hours{1}));
  scene.world->due("a");
  CHECK(scene.world->claim(*scene.ledger, scene.jobs).runs.empty());
  CHECK(scene.woken() == 1);
  CHECK(scene.state() == "cancelled cancelled");
  CHECK(scene.world->claim(*scene.ledger, scene.jobs).runs.size() == 1);
}
