#include "runtime/run/run_driver.hpp"

#include "runtime/heart.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

bool ends(const Facts& facts) { return facts.end.has_value(); }
bool has_intent(const Facts& facts) { return !facts.calls.empty() && facts.calls[0].effect != Effect::read; }
/// Says more of an outcome than what became of it.
bool tells_outcome(const Facts& facts) { return !facts.outcomes.empty() && facts.outcomes[0].result_bytes > 0; }

/// Refuses the first `times` writes that are like this.
std::function<bool(const Facts&)> first(int times, std::function<bool(const Facts&)> like) {
  return [times, like](const Facts& facts) mutable { return like(facts) && times-- > 0; };
}
bool any(const Facts&) { return true; }

}  // namespace

TEST_CASE_METHOD(Heart, "a run is recorded from its dispatch to its end, and then reported") {
  posts_once();
  Driven run(*this);
  run.start();
  REQUIRE(run.report);
  CHECK(run.state() == "succeeded");
  CHECK(run.report->end.state == RunState::succeeded);
  CHECK(tools.calls == 1);
  CHECK(model->calls == 2);
}

TEST_CASE_METHOD(Heart, "facts that the ledger refuses once end their run, and it says why") {
  ledger.refuses = first(1, any);
  Driven run(*this);
  run.start();
  REQUIRE(run.report);
  CHECK(run.state() == "failed ledger");
  CHECK(run.report->end.detail == "ledger: refused");
  CHECK(run.report->end.trouble);
  CHECK(model->calls == 0);
}

TEST_CASE_METHOD(Heart, "an end that is refused, too, becomes one of fixed words") {
  ledger.refuses = first(2, any);
  Driven run(*this);
  run.start();
  REQUIRE(run.report);
  CHECK(run.state() == "failed ledger");
  CHECK(run.report->end.detail.find("refused to record how this run ended") != std::string::npos);
  CHECK_FALSE(run.report->end.cost);
  CHECK(run.report->end.trouble);
}

TEST_CASE_METHOD(Heart, "a good end that is refused ends the run all the same, and delivers nothing") {
  ledger.refuses = first(1, ends);
  Driven run(*this);
  run.start();
  REQUIRE(run.report);
  CHECK(run.state() == "failed ledger");
  CHECK(run.report->end.deliveries.empty());
}

TEST_CASE_METHOD(Heart, "a run of which the ledger refuses every end is let go, and two sweeps end it") {
  ledger.refuses = any;
  Driven run(*this);
  run.start();
  CHECK(run.over);
  CHECK_FALSE(run.report);
  CHECK(run.state() == "running");
  CHECK(test::run(io, ledger.sweep(Ledger::Serving{})).value().ended_runs == 0);
  CHECK(test::run(io, ledger.sweep(Ledger::Serving{})).value().ended_runs == 1);
  CHECK(run.state() == "orphaned node_died");
  CHECK(test::run(io, ledger.inner.claim_due(setup->jobs, 1)).value().runs.size() == 1);  // the next one starts
}

TEST_CASE_METHOD(Heart, "what a sweep is told of is not ended, whatever the sweep before was told") {
  const ClaimedRun claimed = claim();
  const Ledger::Serving all{{claimed.claim.run}, {}};
  for (int look = 0; look < 4; ++look)
    CHECK(test::run(io, ledger.sweep(look % 2 == 0 ? Ledger::Serving{} : all)).value().ended_runs == 0);
  CHECK(state(claimed.claim.run) == "running");
}

TEST_CASE_METHOD(Heart, "an effect whose words are refused keeps what became of it") {
  posts_once();
  ledger.refuses = first(1, tells_outcome);
  Driven run(*this);
  run.start();
  REQUIRE(run.report);
  CHECK(run.state() == "failed ledger");
  REQUIRE(run.row().facts.outcomes.size() == 1);
  CHECK(run.row().facts.outcomes[0].state == CallState::confirmed);
  CHECK(run.row().facts.outcomes[0].started);
  CHECK_FALSE(run.row().is_in_doubt());
}

TEST_CASE_METHOD(Heart, "an effect of unknown outcome leaves its run interrupted, though its words are refused") {
  posts_once();
  tools.outcome = {CallState::unknown, "no answer"};
  ledger.refuses = first(1, tells_outcome);
  Driven run(*this);
  run.start();
  REQUIRE(run.report);
  CHECK(run.report->end.state == RunState::interrupted);
  CHECK(run.row().is_in_doubt());
}

TEST_CASE_METHOD(Heart, "an effect whose outcome cannot be recorded at all is in doubt, and its run interrupted") {
  posts_once();
  ledger.refuses = [](const Facts& facts) { return !facts.outcomes.empty(); };
  Driven run(*this);
  run.start();
  REQUIRE(run.report);
  CHECK(run.state() == "interrupted effect_in_doubt");
  CHECK(run.row().is_in_doubt());
  CHECK(tools.calls == 1);
}

TEST_CASE_METHOD(Heart, "an effect whose intent is refused is not made, and its run is not in doubt") {
  posts_once();
  ledger.refuses = has_intent;
  Driven run(*this);
  run.start();
  REQUIRE(run.report);
  CHECK(run.state() == "failed ledger");
  CHECK(tools.calls == 0);
  CHECK_FALSE(run.row().has_acted());
}

TEST_CASE_METHOD(Heart, "outputs of other runs that cannot be read end the run before it begins") {
  job.canonical = "previous.output";
  use();
  ledger.no_outputs = invalid("ledger: no right");
  Driven run(*this);
  run.start();
  REQUIRE(run.report);
  CHECK(run.state() == "failed ledger");
  CHECK(run.report->end.detail.find("no right") != std::string::npos);
  CHECK(model->calls == 0);
}

TEST_CASE_METHOD(Heart, "a stop while outputs are read leaves the run to whoever comes next") {
  job.canonical = "previous.output";
  use();
  ledger.no_outputs = unavailable("the ledger is being stopped");
  Driven run(*this);
  run.start();
  CHECK(run.over);
  CHECK_FALSE(run.report);
  CHECK(ledger.asked.empty());
}

TEST_CASE_METHOD(Heart, "a run that was taken away before its dispatch asks no model") {
  ledger.fences = any;
  Driven run(*this);
  run.start();
  CHECK(run.over);
  CHECK_FALSE(run.report);
  CHECK(model->calls == 0);
}

TEST_CASE_METHOD(Heart, "a run that is taken away between an intent and its call makes no effect") {
  posts_once();
  ledger.refuses = [this](const Facts& facts) {
    if (!facts.calls.empty()) clock.advance(seconds{20});  // the intent was sent too long ago
    return false;
  };
  ledger.fences = [](const Facts& facts) { return facts.empty(); };
  Driven run(*this);
  run.start();
  CHECK(run.over);
  CHECK(tools.calls == 0);
  CHECK_FALSE(run.row().has_acted());
}

TEST_CASE_METHOD(Heart, "after an old intent an effect is made only when the ledger says that the run is ours") {
  posts_once();
  ledger.refuses = [this](const Facts& facts) {
    if (!facts.calls.empty()) clock.advance(seconds{20});
    return false;
  };
  Driven run(*this);
  run.start();
  CHECK(tools.calls == 1);
  CHECK(run.state() == "succeeded");
}

TEST_CASE_METHOD(Heart, "a ledger that is away is waited for; nothing is done meanwhile and nothing twice") {
  ledger.away.shut = true;
  Driven run(*this);
  run.start();
  CHECK_FALSE(run.over);
  CHECK(model->calls == 0);
  ledger.away.open();
  settle();
  CHECK(run.state() == "succeeded");
  CHECK(model->calls == 1);
}

TEST_CASE_METHOD(Heart, "a stop while the database is away lets go of a run at its next write") {
  Driven run(*this);
  model->gate.shut = true;
  run.start();
  ledger.away.shut = true;
  model->gate.open();
  settle();
  CHECK_FALSE(run.over);
  ledger.give_up();
  settle();
  CHECK(run.over);
  CHECK_FALSE(run.report);
  CHECK(run.state() == "running");
}

TEST_CASE_METHOD(Heart, "a cancellation before the first action: nothing is asked, the run is cancelled") {
  Driven run(*this);
  run.cancel();
  run.start();
  CHECK(run.state() == "cancelled cancelled");
  CHECK(model->calls == 0);
}

TEST_CASE_METHOD(Heart, "a cancellation while an input is read cuts the reading, and the run is cancelled") {
  reads_an_input();
  tools.gate.shut = true;
  Driven run(*this);
  run.start();
  REQUIRE(tools.fetches == 1);
  run.cancel();
  CHECK(run.state() == "cancelled cancelled");
  CHECK(model->calls == 0);
}

TEST_CASE_METHOD(Heart, "a cancellation that comes with the end of an input keeps what was read, and asks no model") {
  reads_an_input();
  Driven run(*this);
  tools.during = [&] { run.cancellation.ask({"alice", "enough"}); };
  run.start();
  CHECK(run.state() == "cancelled cancelled");
  CHECK(model->calls == 0);
}

TEST_CASE_METHOD(Heart, "a cancellation while the model thinks cuts the call, and the run is cancelled") {
  model->gate.shut = true;
  Driven run(*this);
  run.start();
  REQUIRE(model->calls == 1);
  run.cancel();
  CHECK(run.state() == "cancelled cancelled");
}

TEST_CASE_METHOD(Heart, "a cancellation that comes with a proposal makes no effect") {
  posts_once();
  Driven run(*this);
  model->during = [&] { run.cancellation.ask({"alice", "enough"}); };
  run.start();
  CHECK(run.state() == "cancelled cancelled");
  CHECK(tools.calls == 0);
}

TEST_CASE_METHOD(Heart, "a cancellation while an effect is made leaves it in doubt, and the run interrupted") {
  posts_once();
  tools.gate.shut = true;
  Driven run(*this);
  run.start();
  REQUIRE(tools.calls == 1);
  run.cancel();
  CHECK(run.state() == "interrupted effect_in_doubt");
  CHECK(run.row().is_in_doubt());
}

TEST_CASE_METHOD(Heart, "a cancellation after an effect was made says that it was made") {
  posts_once();
  Driven run(*this);
  tools.during = [&] { model->gate.shut = true; };  // the model's next call hangs
  run.start();
  REQUIRE(model->calls == 2);
  run.cancel();
  CHECK(run.state() == "aborted_partial effects_made");
}

TEST_CASE_METHOD(Heart, "a cancellation that the ledger refuses to record still ends the run") {
  model->gate.shut = true;
  Driven run(*this);
  run.start();
  ledger.refuses = first(2, ends);
  run.cancel();
  CHECK(run.state() == "failed ledger");
}

TEST_CASE_METHOD(Heart, "a provider that throws fails its run") {
  model->during = [] { throw std::runtime_error("a bug"); };
  Driven run(*this);
  run.start();
  CHECK(run.state() == "failed internal");
  REQUIRE(run.report);
  CHECK(run.report->end.detail == "a bug");
}

TEST_CASE_METHOD(Heart, "an effect that throws is in doubt") {
  posts_once();
  tools.during = [] { throw std::runtime_error("a bug"); };
  Driven run(*this);
  run.start();
  CHECK(run.state() == "interrupted internal");
  CHECK(run.row().is_in_doubt());
}

TEST_CASE_METHOD(Heart, "usage beyond all measure is recorded as the most that is believed") {
  model->replies.front().usage = Usage{9'000'000'000'000, -1, 9'007'199'254'740'992, 0};
  Driven run(*this);
  run.start();
  REQUIRE(run.report);
  CHECK(run.report->end.input_tokens == 1'000'000'000);
  CHECK(run.report->end.output_tokens == 1'000'000'000);
  CHECK(run.row().facts.answers.at(0).reply.usage->cached == 0);
}

TEST_CASE_METHOD(Heart, "an effect that never started is refused on record, and bars no later attempt") {
  posts_once();
  tools.outcome = {CallState::refused, "connection refused"};
  Driven run(*this);
  run.start();
  REQUIRE(run.report);
  CHECK(run.row().facts.outcomes.at(0).state == CallState::refused);
  CHECK_FALSE(run.row().has_acted());
}

TEST_CASE_METHOD(Heart, "a clock that is set back during a call changes nothing of how the run ends") {
  posts_once();
  model->during = tools.during = [this] { clock.step(-hours{30}); };
  Driven run(*this);
  run.start();
  CHECK(run.state() == "succeeded");
}

TEST_CASE_METHOD(Heart, "a daemon that was declared dead and registered anew makes no effect of a run from before") {
  posts_once();
  Driven driven(*this);
  ledger.refuses = [&](const Facts& facts) {
    if (facts.calls.empty()) return false;
    clock.advance(seconds{17});          // the process stands still after the commit of the intent
    ledger.confirmed_at = clock.tick();  // and beats again, as another node
    return false;
  };
  ledger.fences = [](const Facts& facts) { return facts.empty(); };
  driven.start();
  CHECK(driven.over);
  CHECK(tools.calls == 0);
}

TEST_CASE_METHOD(Heart, "an answer of the ledger that comes late does not let an effect begin") {
  posts_once();
  Driven driven(*this);
  int asked = 0;
  ledger.refuses = [&](const Facts& facts) {
    if (!facts.calls.empty()) clock.advance(seconds{13});
    if (facts.empty() && ++asked == 1) clock.advance(seconds{20});  // its commit was in doubt for so long
    return false;
  };
  ledger.fences = [&](const Facts& facts) { return facts.empty() && asked > 1; };
  driven.start();
  CHECK(asked == 2);
  CHECK(tools.calls == 0);
}
