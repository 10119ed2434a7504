// What follows from each way in which a model may stop.
#include "domain/run/ending.hpp"
#include "domain/run/machine_fixture.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

/// Words as a provider has them: "end" is an end, "recite" asks for a repair, "broken" for none.
StopMeaning word(const std::string& raw) {
  if (raw == "end") return {Stop::complete, StopAction::commit};
  if (raw == "recite") return {Stop::filtered, StopAction::repair_once};
  if (raw == "broken") return {Stop::malformed, StopAction::fail};
  return {Stop::unknown, StopAction::hold};
}

struct Stops : MachineFixture {
  Stops() { plan.word = word; }
  RunStep begin(RunMachine& machine) {
    RunStep step = dispatch(machine);
    REQUIRE(machine.request(moment()).has_value());
    return step;
  }
  RunStep answered(RunMachine& machine, RunEvent event) {
    RunStep step = next(machine, std::move(event));
    if (std::holds_alternative<AskModel>(step.action)) sent = machine.request(moment()).value();
    return step;
  }
  ModelRequest sent;
};

ModelAnswered raw(Stop stop, std::string word, std::string text = "") {
  ModelAnswered answered = answer(stop, std::move(text));
  answered.reply.stop_raw = std::move(word);
  return answered;
}

}  // namespace

TEST_CASE("an answer that was cut is asked for again with twice the room, up to four times the first") {
  Stops f;
  f.plan.job.max_output_tokens = 100;
  RunMachine machine(f.plan);
  f.begin(machine);
  RunStep step = f.answered(machine, answer(Stop::truncated_output, "The wea"));
  CHECK(step.facts.sending.at(0).purpose == CallPurpose::larger);
  CHECK(step.facts.answers.at(0).action == StopAction::retry_larger);
  CHECK(f.sent.max_output_tokens == 200);
  CHECK(f.sent.messages.size() == 1);  // what was cut is not sent back
  f.answered(machine, answer(Stop::truncated_output, "The weather"));
  CHECK(f.sent.max_output_tokens == 400);
  SECTION("and fails at the ceiling") {
    step = f.answered(machine, answer(Stop::truncated_output, "The weather is"));
    CHECK(end_of(step).reason == RunReason::truncated_output);
    CHECK(end_of(step).detail.find("its ceiling of 400") != std::string::npos);
  }
  SECTION("and succeeds when it fits") {
    CHECK(end_of(f.answered(machine, answer(Stop::complete, "The weather is fine."))).model_calls == 3);
  }
}

TEST_CASE("the ceiling is the job's; without a first bound nothing can be enlarged, and the run says so") {
  Stops f;
  SECTION("a ceiling") {
    f.plan.job.max_output_tokens = 100;
    f.plan.job.max_output_tokens_ceiling = 150;
    RunMachine machine(f.plan);
    f.begin(machine);
    f.answered(machine, answer(Stop::truncated_output));
    CHECK(f.sent.max_output_tokens == 150);
    CHECK(end_of(f.answered(machine, answer(Stop::truncated_output))).detail.find("150") != std::string::npos);
  }
  SECTION("no bound") {
    RunMachine machine(f.plan);
    f.begin(machine);
    CHECK(end_of(f.answered(machine, answer(Stop::truncated_output))).detail.find("sets no max_output_tokens") !=
          std::string::npos);
  }
}

TEST_CASE("a paused answer goes back unchanged, at most five times, and the output is all of it") {
  Stops f;
  RunMachine machine(f.plan);
  f.begin(machine);
  ModelAnswered paused = answer(Stop::paused, "First. ");
  paused.reply.carried = Carried{"anthropic", Json{{"signed", true}}};
  RunStep step = f.answered(machine, paused);
  CHECK(step.facts.sending.at(0).purpose == CallPurpose::resume);
  REQUIRE(f.sent.messages.size() == 2);
  CHECK(f.sent.messages[1].role == Message::Role::assistant);
  CHECK(f.sent.messages[1].carried == paused.reply.carried);
  CHECK(f.sent.messages[1].text == "First. ");
  SECTION("done") {
    step = f.answered(machine, answer(Stop::complete, "Second."));
    CHECK(end_of(step).state == RunState::succeeded);
    CHECK(step.facts.bodies.back().content == "First. Second.");
  }
  SECTION("never done") {
    for (int i = 0; i < 4; ++i) f.answered(machine, answer(Stop::paused));
    step = f.answered(machine, answer(Stop::paused));
    CHECK(end_of(step).reason == RunReason::paused);
    CHECK(end_of(step).detail.find("resumed 5 times") != std::string::npos);
  }
}

TEST_CASE("what is malformed is asked for once more in a run, and then fails") {
  Stops f;
  RunMachine machine(f.plan);
  f.begin(machine);
  const auto stop = GENERATE(Stop::malformed, Stop::tool_misuse);
  RunStep step = f.answered(machine, answer(stop));
  CHECK(step.facts.sending.at(0).purpose == CallPurpose::repair);
  CHECK(f.sent.messages.size() == 1);
  step = f.answered(machine, answer(stop));
  CHECK(end_of(step).reason == reason_of(stop));
  CHECK(end_of(step).detail.find("once more") != std::string::npos);
}

TEST_CASE("a provider's word may ask for more or less than its class, and the job has the last word") {
  Stops f;
  SECTION("recitation is asked for again, another filter is not") {
    RunMachine machine(f.plan);
    f.begin(machine);
    CHECK(f.answered(machine, raw(Stop::filtered, "recite")).facts.sending.at(0).purpose == CallPurpose::repair);
    CHECK(end_of(f.answered(machine, raw(Stop::filtered, "safety"))).reason == RunReason::filtered);
  }
  SECTION("what nowd sent wrongly is not sent again") {
    RunMachine machine(f.plan);
    f.begin(machine);
    CHECK(end_of(f.answered(machine, raw(Stop::malformed, "broken"))).reason == RunReason::malformed);
  }
  SECTION("the job") {
    f.plan.job.stop[Stop::filtered] = StopAction::fail;
    RunMachine machine(f.plan);
    f.begin(machine);
    CHECK(end_of(f.answered(machine, raw(Stop::filtered, "recite"))).reason == RunReason::filtered);
  }
}

TEST_CASE("a stop sequence is an end only where the job accepts it") {
  Stops f;
  SECTION("it does") {
    f.plan.job.stop[Stop::stop_sequence] = StopAction::commit;
    RunMachine machine(f.plan);
    f.begin(machine);
    CHECK(end_of(f.answered(machine, answer(Stop::stop_sequence, "Done"))).state == RunState::succeeded);
  }
  SECTION("it does not") {
    RunMachine machine(f.plan);
    f.begin(machine);
    CHECK(end_of(f.answered(machine, answer(Stop::stop_sequence, "Done"))).reason == RunReason::stop_sequence);
  }
}

TEST_CASE("nothing that is unknown or missing succeeds, whatever is configured, and nothing is offered that could") {
  for (const Stop stop : {Stop::unknown, Stop::missing, Stop::in_progress, Stop::refused, Stop::truncated_context}) {
    INFO(to_string(stop));
    for (const StopAction each : offered_actions(stop)) CHECK((each == StopAction::fail || each == StopAction::hold));
    for (const StopAction wrong : {StopAction::commit, StopAction::run_tools}) {
      Stops f;
      f.plan.job.stop[stop] = wrong;
      RunMachine machine(f.plan);
      f.begin(machine);
      const RunStep step = f.answered(machine, answer(stop, "Looks done."));
      CHECK(end_of(step).state == RunState::failed);
      CHECK(end_of(step).deliveries.empty());
      CHECK(end_of(step).trouble.has_value());
    }
  }
  for (const Stop stop : {Stop::complete, Stop::tool_call}) CHECK(offered_actions(stop).empty());
}

TEST_CASE("an empty end after an effect is asked about once, and is then an end if nothing is wanted") {
  Stops f;
  RunMachine machine(f.plan);
  f.begin(machine);
  f.answered(machine, proposes({{"c1", "post", "{}"}}));
  f.answered(machine, tool(CallState::confirmed, "posted"));
  RunStep step = f.answered(machine, raw(Stop::malformed, "end"));
  CHECK(step.facts.sending.at(0).purpose == CallPurpose::nudge);
  CHECK(f.sent.messages.back().role == Message::Role::user);
  step = f.answered(machine, raw(Stop::malformed, "end"));
  CHECK(end_of(step).state == RunState::succeeded);
  CHECK(end_of(step).stop == Stop::complete);
}

TEST_CASE("an empty end is no end where somebody waits for the output, or where nothing was done") {
  Stops f;
  SECTION("an output is delivered") {
    f.plan.job.deliver = {"mail"};
    RunMachine machine(f.plan);
    f.begin(machine);
    f.answered(machine, proposes({{"c1", "post", "{}"}}));
    f.answered(machine, tool(CallState::confirmed, "posted"));
    f.answered(machine, raw(Stop::malformed, "end"));
    f.answered(machine, raw(Stop::malformed, "end"));
    CHECK(end_of(f.answered(machine, raw(Stop::malformed, "end"))).state == RunState::failed);
  }
  SECTION("nothing was done") {
    RunMachine machine(f.plan);
    f.begin(machine);
    CHECK(f.answered(machine, raw(Stop::malformed, "end")).facts.sending.at(0).purpose == CallPurpose::repair);
    CHECK(end_of(f.answered(machine, raw(Stop::malformed, "end"))).state == RunState::failed);
  }
}

TEST_CASE("a prompt whose front the server cut in silence was not answered") {
  Stops f;
  for (int i = 0; i < 3'000; ++i) f.plan.job.prompt += "line" + std::to_string(i) + "\n";  // some 8000 tokens
  RunMachine machine(f.plan);
  f.begin(machine);
  ModelAnswered cut = answer(Stop::complete, "All well.");
  cut.reply.usage = Usage{1'000, 0, 5, 0};
  SECTION("cut") {
    const RunStep step = f.answered(machine, cut);
    CHECK(end_of(step).reason == RunReason::truncated_context);
    CHECK(step.facts.answers[0].reply.stop == Stop::truncated_context);
    CHECK(end_of(step).detail.find("cut in silence") != std::string::npos);
  }
  SECTION("whole") {
    cut.reply.usage->input = 8'000;
    CHECK(end_of(f.answered(machine, cut)).state == RunState::succeeded);
  }
  SECTION("a server that counts nothing proves nothing") {
    cut.reply.usage->input = 0;
    CHECK(end_of(f.answered(machine, cut)).state == RunState::succeeded);
  }
}

TEST_CASE("a budget of tokens ends the run with its name, before the call that does not fit") {
  Stops f;
  f.plan.job.limits.output_tokens = 12;
  RunMachine machine(f.plan);
  f.begin(machine);
  f.answered(machine, proposes({{"c1", "look", "{}"}}));  // 5 tokens each
  f.answered(machine, tool(CallState::confirmed, "seen"));
  CHECK(f.sent.max_output_tokens == 7);
  f.answered(machine, proposes({{"c2", "look", "{}"}}));
  f.answered(machine, tool(CallState::confirmed, "seen"));
  CHECK(f.sent.max_output_tokens == 2);
  f.answered(machine, proposes({{"c3", "look", "{}"}}));
  const RunStep step = f.answered(machine, tool(CallState::confirmed, "seen"));
  CHECK(end_of(step).reason == RunReason::limit);
  CHECK(end_of(step).detail.starts_with("limits.output_tokens: 15 of 12"));
}

TEST_CASE("a server that tells no usage does not make a budget endless") {
  Stops f;
  f.plan.job.limits.output_tokens = 30;
  RunMachine machine(f.plan);
  f.begin(machine);
  ModelAnswered silent = proposes({{"c1", "look", "{}"}});
  silent.reply.text = std::string(40, 'x');  // some 11 tokens
  silent.reply.usage.reset();
  silent.times.sent = f.now;
  silent.http_status = 200;
  int calls = 1;
  RunStep step = f.answered(machine, silent);
  CHECK(step.facts.answers[0].usage_estimated);
  for (step = f.answered(machine, tool(CallState::confirmed, "seen")); !step.facts.end && calls < 10; ++calls) {
    f.answered(machine, silent);
    step = f.answered(machine, tool(CallState::confirmed, "seen"));
  }
  CHECK(calls == 3);
  CHECK(end_of(step).detail.starts_with("limits.output_tokens: 33 of 30"));
  CHECK(end_of(step).output_tokens == 0);  // what nobody told is not made up
}

TEST_CASE("an exchange in which no model wrote anything costs nothing, whatever its status was") {
  for (const int status : {200, 204, 307}) {
    CAPTURE(status);
    Stops f;
    f.plan.prices = Prices{*parse_usd("1000"), *parse_usd("1000"), {}, {}};
    RunMachine machine(f.plan);
    f.begin(machine);
    ModelAnswered none = answer(Stop::provider_error);
    none.reply.usage.reset();
    none.reply.no_answer = true;
    none.times.sent = f.now;
    none.http_status = status;
    const RunStep step = f.answered(machine, none);
    CHECK_FALSE(step.facts.answers[0].usage_estimated);
    CHECK(end_of(step).cost == Usd{});
  }
}

TEST_CASE("each call has its cost; one whose usage did not arrive costs what was reserved") {
  Stops f;
  f.plan.prices = Prices{*parse_usd("1000"), *parse_usd("1000"), {}, {}};
  f.plan.job.max_output_tokens = 10;
  RunMachine machine(f.plan);
  const RunStep first = f.begin(machine);
  const Usd reserved = first.facts.sending.at(0).reserved.value();
  CHECK(reserved.units > 0);
  ModelAnswered cut = answer(Stop::stream_cut);
  cut.reply.usage.reset();
  cut.times.sent = f.now;
  cut.retry = RetryLater{};
  RunStep step = f.answered(machine, cut);
  CHECK(step.facts.answers[0].usage_estimated);
  CHECK(step.facts.answers[0].cost == reserved);
  step = f.answered(machine, answer(Stop::complete, "Done."));
  CHECK(to_string(*step.facts.answers[0].cost) == "0.015");
  CHECK(*end_of(step).cost == reserved + *parse_usd("0.015"));
}

TEST_CASE("a call that broke off never costs less than it had told by then") {
  Stops f;
  f.plan.prices = Prices{*parse_usd("1000"), *parse_usd("1000"), {}, {}};
  f.plan.job.max_output_tokens = 10;
  f.plan.job.limits.input_tokens = 100'000;
  RunMachine machine(f.plan);
  f.begin(machine);
  ModelAnswered cut = answer(Stop::stream_cut);
  cut.reply.usage.reset();
  cut.reply.usage_so_far = Usage{.input = 90'000, .output = 1};
  cut.times.sent = f.now;
  cut.http_status = 200;
  cut.retry = RetryLater{};
  RunStep step = f.answered(machine, cut);
  CHECK(step.facts.answers[0].usage_estimated);
  CHECK(to_string(*step.facts.answers[0].cost) == "90.001");

  const Usd reserved = step.facts.sending.at(0).reserved.value();
  cut.reply.usage_so_far = Usage{.input = 1, .output = 1};  // less than was reserved
  step = f.answered(machine, cut);
  CHECK(step.facts.answers[0].cost == reserved);

  cut.reply.usage_so_far = Usage{.input = 90'000, .output = 1};
  step = f.answered(machine, cut);
  CHECK(end_of(step).detail.starts_with("limits.input_tokens: "));  // counted towards the budget too
}

TEST_CASE("an unknown stop is told with the provider's word, in quotes, and with what a person can do") {
  Stops f;
  RunMachine machine(f.plan);
  f.begin(machine);
  const RunStep step = f.answered(machine, raw(Stop::unknown, "got\x1b[31m'bored", "half"));
  CHECK(end_of(step).reason == RunReason::stop_unknown);
  CHECK(end_of(step).detail ==
        "the model stopped with unknown ('got\\x1b[31m\\'bored'); nothing of it was used, and it is not asked again. "
        "Look the word up in the documentation of the API behind providers.primary, and read the answer: nowctl show 7 "
        "--full. If it was cut short or an accident, run the job again: nowctl run standup. If the word means a "
        "good end, say so: providers.primary.stop_words; nowctl stops --table lists those that are known");
  CHECK(end_of(step).trouble->detail == end_of(step).detail);

  ModelReply told;
  told.stop = Stop::unknown;
  told.stop_raw = "bored";
  told.detail = "the stop reason 'bored' is not known to nowd";
  CHECK(stopped_detail(told, false) == "the model stopped with unknown: " + told.detail);  // and not the word twice
}

TEST_CASE("a provider's word cannot leave its quotes, and is never long") {
  CHECK(quoted_word("") == "''");
  CHECK(quoted_word("OTHER") == "'OTHER'");
  CHECK(quoted_word("a\\'b\n\xE2\x80\xAE") == "'a\\\\\\'b\\x0a\\xe2\\x80\\xae'");
  CHECK(quoted_word(std::string(61, 'x')) == "'" + std::string(60, 'x') + "…'");
}
