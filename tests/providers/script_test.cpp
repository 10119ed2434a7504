#include "providers/local/script.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "call_bench.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

struct Stage {
  Stage() {
    config.name = "demo";
    config.api = "script";
    run.run = {1234};
    run.job = "standup";
    run.as_of = run.scheduled_at = run.window_end = *parse_rfc3339("2026-06-01T07:00:00Z");
    run.window_start = *parse_rfc3339("2026-05-29T07:00:00Z");
    context.values.run = &run;
    context.values.now = {*parse_rfc3339("2026-06-01T07:00:04Z"), Tick{}};
    context.values.inputs["notes"] = "Ann: shipped it";
    context.deadline = minutes{10};
  }
  ModelReply played(int call = 1) {
    context.call = call;
    return play_script(config, {}, context);
  }
  ModelOutcome called() {
    ScriptProvider provider(config, clock, io.get_executor());
    return run_call(io, provider.call(conversation(), context));
  }

  boost::asio::io_context io;
  VirtualClock clock{*parse_rfc3339("2026-06-01T07:00:04Z")};
  RunTime run;
  ProviderConfig config;
  CallContext context;
};

}  // namespace

TEST_CASE("a script's texts and the texts in its call arguments are rendered") {
  Stage stage;
  stage.config.script = {
      {"Looking.",
       {{"crm.note", *parse_json(R"({"day":"{{today}}","list":["{{inputs.notes}}",7,null],"{{today}}":1})")}},
       "",
       {}},
      {"Notes of {{today:%d.%m.%Y}}: {{inputs.notes}}", {}, "", {}}};
  const ModelReply first = stage.played(1);
  CHECK(first.stop == Stop::tool_call);
  CHECK(first.text == "Looking.");
  REQUIRE(first.calls.size() == 1);
  CHECK(first.calls[0].tool == "crm.note");
  CHECK(first.calls[0].arguments == R"({"day":"2026-06-01","list":["Ann: shipped it",7,null],"{{today}}":1})");
  CHECK_FALSE(first.calls[0].id.empty());
  const ModelReply second = stage.played(2);
  CHECK(second.stop == Stop::complete);
  CHECK(second.text == "Notes of 01.06.2026: Ann: shipped it");
}

TEST_CASE("past its last turn a script says so, and is never complete") {
  Stage stage;
  stage.config.script = {{"Hi", {}, "", {}}};
  const ModelReply reply = stage.played(2);
  CHECK(reply.stop == Stop::malformed);
  CHECK(
      reply.detail ==
      "providers.demo.script has 1 turns, and the run asks for turn 2; add one, or end an earlier turn without calls");
  CHECK(stage.played(0).stop == Stop::malformed);
}

TEST_CASE("a template that does not render names the turn and the token") {
  Stage stage;
  stage.config.script = {{"Hi {{nobody}}", {}, "", {}}, {"", {{"clock", Json{{"a", "{{inputs.none}}"}}}}, "", {}}};
  for (int turn : {1, 2}) {
    const ModelReply reply = stage.played(turn);
    CHECK(reply.stop == Stop::malformed);
    CHECK(reply.detail.starts_with("providers.demo.script, turn " + std::to_string(turn) + ": "));
    CHECK(reply.detail.find(turn == 1 ? "nobody" : "none") != std::string::npos);
  }
}

TEST_CASE("a script may end in any way a provider can, under the provider's word or nowd's") {
  const auto stop = [](const std::string& word) {
    Stage stage;
    stage.config.script = {{"Hi", {}, word, {}}};
    return stage.played().stop;
  };
  CHECK(stop("stop") == Stop::complete);
  CHECK(stop("length") == Stop::truncated_output);
  CHECK(stop("content_filter") == Stop::filtered);
  CHECK(stop("stream_cut") == Stop::stream_cut);
  CHECK(stop("refused") == Stop::refused);
  CHECK(stop("tool_calls") == Stop::malformed);
  CHECK(stop("end_turn") == Stop::unknown);
}

TEST_CASE("a script claims nothing: its readings say script, and it has no provider date, status, remote or usage") {
  Stage stage;
  stage.config.script = {{"Hi", {}, "", {}}};
  const ModelOutcome outcome = stage.called();
  CHECK(outcome.reply.stop == Stop::complete);
  CHECK(outcome.reply.model_served == "script");
  CHECK_FALSE(outcome.reply.usage.has_value());
  CHECK_FALSE(outcome.times.remote_date.has_value());
  CHECK_FALSE(outcome.times.headers.has_value());
  CHECK(outcome.remote.empty());
  CHECK(outcome.http_status == 0);
  REQUIRE((outcome.times.sent && outcome.times.first_token && outcome.times.ended));
  CHECK(outcome.times.sent->source == "script");
  CHECK(outcome.times.ended->source == "script");
  CHECK(outcome.times.sent->wall == stage.clock.now());
  CHECK(outcome.request_body.find("<clock seq=") != std::string::npos);
  CHECK(outcome.response_body == R"({"stop":"stop","text":"Hi"})");
}

TEST_CASE("a delay is waited for, but no longer than the run may last") {
  Stage stage;
  stage.config.script = {{"Hi", {}, "", milliseconds{5}}, {"Hi", {}, "", hours{1}}};
  CHECK(stage.called().reply.stop == Stop::complete);
  stage.context.call = 2;
  stage.context.deadline = milliseconds{5};
  const ModelOutcome late = stage.called();
  CHECK(late.reply.stop == Stop::provider_error);
  CHECK_FALSE(late.times.first_token.has_value());
  stage.context.deadline = milliseconds{0};
  CHECK(stage.called().reply.stop == Stop::budget_exceeded);
}

TEST_CASE("cancelling a script ends its delay") {
  Stage stage;
  stage.config.script = {{"Hi", {}, "", hours{1}}};
  ScriptProvider provider(stage.config, stage.clock, stage.io.get_executor());
  boost::asio::cancellation_signal cancel;
  bool done = false;
  boost::asio::co_spawn(
      stage.io, provider.call({}, stage.context),
      boost::asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr, ModelOutcome) { done = true; }));
  boost::asio::post(stage.io, [&] { cancel.emit(boost::asio::cancellation_type::terminal); });
  while (!done) stage.io.run_one();
  CHECK(done);
}
