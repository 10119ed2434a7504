// Whole calls over loopback: what the wire did, and what a run is told of it.
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "call_bench.hpp"
#include "providers/failure/retry_class.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

TEST_CASE("a streamed answer comes back whole, with its times in order and the server's date") {
  CallBench bench;
  ModelTurn turn = says("All good.");
  turn.headers = {{"x-request-id", "req_42"}};
  turn.date = "Mon, 01 Jun 2026 07:00:04 GMT";
  bench.model.turn(turn);
  const ModelOutcome outcome = bench.call();

  CHECK(outcome.reply.stop == Stop::complete);
  CHECK(outcome.reply.text == "All good.");
  CHECK(outcome.reply.usage == Usage{100, 40, 20, 5});
  CHECK(outcome.reply.model_served == "scripted-1");
  CHECK(outcome.reply.request_id == "req_42");
  CHECK(outcome.http_status == 200);
  CHECK(outcome.remote == bench.model.origin());
  CHECK(outcome.times.remote_date == *parse_rfc3339("2026-06-01T07:00:04Z"));
  REQUIRE((outcome.times.sent && outcome.times.headers && outcome.times.first_token && outcome.times.ended));
  CHECK(outcome.times.sent->boot <= outcome.times.headers->boot);
  CHECK(outcome.times.headers->boot <= outcome.times.first_token->boot);
  CHECK(outcome.times.first_token->boot <= outcome.times.ended->boot);
  CHECK(outcome.response_body.ends_with("[DONE]\n"));
}

TEST_CASE("what is kept as the request is what the server got, and the key is in a header only") {
  CallBench bench;
  bench.model.turn(says("ok"));
  const ModelOutcome outcome = bench.call();
  const SeenRequest seen = bench.model.seen().at(0);
  CHECK(outcome.request_body == seen.body);
  CHECK(seen.header("authorization") == "Bearer sk-canary-123");
  CHECK(seen.header("content-type") == "application/json");
  CHECK(seen.method == "POST");
  CHECK(bench.model.requests().at(0)["model"] == Json("gpt-5.2"));
}

TEST_CASE("a request that names no model gets the provider's") {
  CallBench bench;
  bench.model.turn(says("ok"));
  bench.request.model.clear();
  bench.call();
  CHECK(bench.model.requests().at(0)["model"] == Json("configured-model"));
}

TEST_CASE("a tool call crosses the wire under a name that the API allows and comes back under nowd's") {
  CallBench bench;
  bench.request = conversation();
  bench.model.turn(calls("crm_note_2", R"({"text":"x"})"));
  const ModelOutcome outcome = bench.call();
  CHECK(outcome.reply.stop == Stop::tool_call);
  REQUIRE(outcome.reply.calls.size() == 1);
  CHECK(outcome.reply.calls[0] == ProposedCall{"call_1", "crm.note", R"({"text":"x"})"});
}

TEST_CASE("a body that arrives one byte at a time gives the same reply") {
  CallBench bench;
  ModelTurn turn = says("café ✓");
  turn.split = 1;
  bench.model.turn(turn);
  CHECK(bench.call().reply.text == "café ✓");
}

TEST_CASE("a server that answers in one document, in spite of stream: true, is understood; it has no first token") {
  CallBench bench;
  ModelTurn turn = says("All good.");
  turn.stream = false;
  bench.model.turn(turn);
  const ModelOutcome outcome = bench.call();
  CHECK(outcome.reply.stop == Stop::complete);
  CHECK(outcome.reply.text == "All good.");
  CHECK_FALSE(outcome.times.first_token.has_value());
  CHECK(parse_json(outcome.response_body).has_value());
}

TEST_CASE("an answer with a reason to stop needs no terminal event where its frame shows that it is whole") {
  CallBench bench;
  ModelTurn turn = says("All good.");
  turn.done = false;
  bench.model.turn(turn);
  CHECK(bench.call().reply.stop == Stop::complete);

  // The same body, and a connection that closes in place of a frame.
  CallBench other;
  const std::string body = sse(R"({"choices":[{"delta":{"content":"All good."},"finish_reason":"stop"}]})");
  turn.raw = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n" + body;
  other.model.turn(turn);
  const ModelReply reply = other.call().reply;
  CHECK(reply.stop == Stop::malformed);
  CHECK(reply.detail.find("[DONE]") != std::string::npos);
}

TEST_CASE("no coding is asked for; one that comes all the same is undone, and one that is not known is named") {
  CallBench bench;
  const std::string gzipped = std::string(
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x4b\x49\x2c\x49\xb4\x52\xa8\x56\x4a\xce\xc8\xcf\x4c\x4e"
      "\x2d\x56\xb2\x8a\xae\x56\x4a\x49\xcd\x29\x49\x54\xb2\x02\x0a\xe6\xe7\x95\xa4\xe6\x95\x28\x59\x29"
      "\x39\xe6\xe4\x28\xa4\xe7\xe7\xa7\xe8\x29\xd5\xea\x28\xa5\x65\xe6\x65\x16\x67\xc4\x17\xa5\x26\x16"
      "\xe7\xe7\x01\x25\x8b\x4b\xf2\x0b\x94\x6a\x63\x6b\xb9\xb8\x52\xc0\xa6\x45\xbb\xf8\xfb\xb9\xc6\x72"
      "\x71\x01\x00\xea\x59\xc3\x3d\x5c\x00\x00\x00",
      107);
  ModelTurn turn;
  turn.bytes = gzipped;
  turn.headers = {{"Content-Encoding", "gzip"}};
  bench.model.turn(turn);
  const ModelOutcome outcome = bench.call();
  CHECK(bench.model.seen().at(0).header("accept-encoding") == "identity");
  CHECK(outcome.reply.stop == Stop::complete);
  CHECK(outcome.reply.text == "All good.");

  CallBench other;
  turn.headers = {{"Content-Encoding", "x-strange"}};
  other.model.turn(turn);
  const ModelOutcome strange = other.call();
  CHECK(strange.reply.detail.find("x-strange") != std::string::npos);
  CHECK(retry_class(failed_call_of(strange), milliseconds::max()) == RetryClass::never);
}

TEST_CASE("an exchange in which no model wrote anything is known to cost nothing") {
  const auto reply_to = [](const ModelTurn& turn) {
    CallBench bench;
    bench.model.turn(turn);
    return bench.call();
  };
  for (const int status : {307, 400, 503}) CHECK(reply_to(fails(status, "x", "y")).reply.no_answer);
  ModelTurn nothing;
  nothing.raw = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
  ModelTurn page;
  page.raw = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 18\r\n\r\n<html>Log in</html";
  ModelTurn inside;
  inside.bytes = sse(R"({"error":{"message":"loading"}})");
  for (const ModelTurn& turn : {nothing, page, inside}) {
    const ModelOutcome outcome = reply_to(turn);
    CHECK(outcome.reply.stop == Stop::provider_error);
    CHECK(outcome.reply.no_answer);
    CHECK(retry_class(failed_call_of(outcome), milliseconds::max()) == RetryClass::never);
  }
  CHECK_FALSE(reply_to(says("All good.")).reply.no_answer);
}

TEST_CASE("what is no HTTP is not asked again") {
  CallBench bench;
  ModelTurn turn;
  turn.raw = std::string("\0\0\x12\x04\0\0\0\0\0\0\3\0\0\0\x64", 15);
  bench.model.turn(turn);
  const ModelOutcome outcome = bench.call();
  CHECK(outcome.reply.stop == Stop::provider_error);
  CHECK(retry_class(failed_call_of(outcome), milliseconds::max()) == RetryClass::never);
}

TEST_CASE("a prompt that a filter refuses is blocked, which is no error of the provider's") {
  CallBench bench;
  bench.model.turn(fails(400, "content_filter", "The response was filtered"));
  const ModelReply reply = bench.call().reply;
  CHECK(reply.stop == Stop::prompt_blocked);
  CHECK(reply.stop_raw == "content_filter");
  CHECK(reply.detail.find("max_tokens_field") == std::string::npos);
}

TEST_CASE("a connection that breaks in the answer is a cut stream; before the answer, a provider error") {
  CallBench bench;
  ModelTurn turn = says("All good.");
  turn.cut_after = 300;
  bench.model.turn(turn);
  const ModelOutcome cut = bench.call();
  CHECK(cut.reply.stop == Stop::stream_cut);
  CHECK(cut.reply.detail.starts_with("the answer was cut short: "));
  CHECK(cut.http_status == 200);
  CHECK(cut.times.headers.has_value());

  CallBench other;
  turn.cut_after = 0;
  other.model.turn(turn);
  const ModelOutcome nothing = other.call();
  CHECK(nothing.reply.stop == Stop::provider_error);
  CHECK(nothing.http_status == 200);
  CHECK(nothing.reply.detail.ends_with("(providers.primary)"));
}

TEST_CASE("a connection that breaks after the terminal event has cost nothing") {
  CallBench bench;
  ModelTurn turn = says("All good.");
  turn.cut_after = 1'000'000;  // after all of it, before the end of the body
  bench.model.turn(turn);
  const ModelReply reply = bench.call().reply;
  CHECK(reply.stop == Stop::complete);
  CHECK(reply.detail.empty());
}

TEST_CASE("a document that breaks off is cut, not complete") {
  CallBench bench;
  ModelTurn turn = says("All good.");
  turn.stream = false;
  turn.cut_after = 1'000'000;
  bench.model.turn(turn);
  CHECK(bench.call().reply.stop == Stop::stream_cut);
}

TEST_CASE("a model that says nothing in time is a provider error; one that falls silent is a cut stream") {
  CallBench bench;
  bench.config.timeout.first_token = milliseconds{50};
  ModelTurn turn = says("All good.");
  turn.hold = Latch();
  bench.model.turn(turn);
  const ModelOutcome outcome = bench.call();
  CHECK(outcome.reply.stop == Stop::provider_error);
  CHECK_FALSE(outcome.times.first_token.has_value());
  CHECK(outcome.times.ended.has_value());

  CallBench other;
  other.config.timeout.idle = milliseconds{50};
  turn.hold.reset();
  turn.cut_after = 400;
  turn.stall = true;
  other.model.turn(turn);
  const ModelOutcome silent = other.call();
  CHECK(silent.reply.stop == Stop::stream_cut);
  CHECK(silent.reply.detail.starts_with("the answer was cut short: "));
}

TEST_CASE("a call ends by the run's deadline, and is not made when none of it is left") {
  CallBench bench;
  ModelTurn turn = says("All good.");
  turn.hold = Latch();
  bench.model.turn(turn);
  bench.context.deadline = milliseconds{50};
  const ModelReply late = bench.call().reply;
  CHECK(late.stop == Stop::provider_error);
  CHECK(late.detail.find("limits.wall") != std::string::npos);
  CHECK(bench.model.seen().size() == 1);
  bench.context.deadline = milliseconds{0};
  const ModelOutcome none = bench.call();
  CHECK(none.reply.stop == Stop::budget_exceeded);
  CHECK_FALSE(none.times.sent.has_value());
  CHECK(bench.model.seen().size() == 1);
}

TEST_CASE("a wrong key is told with the remedy") {
  CallBench bench;
  bench.model.turn(fails(401, "invalid_api_key", "Incorrect API key provided"));
  const ModelOutcome outcome = bench.call();
  CHECK(outcome.reply.stop == Stop::provider_error);
  CHECK(outcome.reply.stop_raw == "invalid_api_key");
  CHECK(outcome.reply.detail ==
        "401 from 127.0.0.1: check the key (providers.primary.key); it says: invalid_api_key, Incorrect API key "
        "provided");
  CHECK(outcome.http_status == 401);
  CHECK(parse_json(outcome.response_body).has_value());
}

TEST_CASE("an error is one request: nothing is tried again here") {
  for (const int status : {301, 400, 404, 408, 429, 500, 503, 529}) {
    CAPTURE(status);
    CallBench bench;
    bench.model.turn(fails(status, "some_code", "some text"));
    const ModelOutcome outcome = bench.call();
    CHECK(outcome.reply.stop == Stop::provider_error);
    CHECK(outcome.http_status == status);
    CHECK(outcome.reply.detail.starts_with(std::to_string(status) + " from 127.0.0.1: "));
    CHECK(bench.model.seen().size() == 1);
  }
}

TEST_CASE("a server that is not there is a provider error without times, because nothing was sent") {
  CallBench bench;
  bench.config.base_url = "http://127.0.0.1:1/v1";
  const ModelOutcome outcome = bench.call();
  CHECK(outcome.reply.stop == Stop::provider_error);
  CHECK(outcome.http_status == 0);
  CHECK(outcome.remote == "http://127.0.0.1:1");
  CHECK(outcome.times == ExchangeTimes{});
  CHECK(outcome.reply.detail.find("127.0.0.1:1") != std::string::npos);
}

TEST_CASE("a date that a cache kept is no clock, and an absent or broken one is none") {
  const auto date_with = [](std::vector<std::pair<std::string, std::string>> headers, const std::string& date) {
    CallBench bench;
    ModelTurn turn = says("ok");
    turn.headers = std::move(headers);
    turn.date = date;
    bench.model.turn(turn);
    return bench.call().times.remote_date;
  };
  const std::string wrong = http_date(std::chrono::hours{3});
  CHECK(date_with({}, wrong) == parse_http_date(wrong));
  CHECK(date_with({{"Age", "0"}}, wrong) == parse_http_date(wrong));
  CHECK_FALSE(date_with({{"Age", "7"}}, wrong).has_value());
  CHECK_FALSE(date_with({}, "none").has_value());
  CHECK_FALSE(date_with({}, "yesterday").has_value());
}

TEST_CASE("a key that the server echoes is in nothing that people read, and an answer is handed on as it came") {
  CallBench bench;
  bench.model.turn(fails(401, "sk-canary-123", "Incorrect API key: sk-canary-123"));
  bench.model.turn(says("your key is sk-canary-123"));
  for (int i = 0; i < 2; ++i) {
    const ModelOutcome outcome = bench.call();
    const ModelReply& reply = outcome.reply;
    for (const std::string& text :
         {reply.detail, reply.stop_raw, outcome.response_body, outcome.request_body, outcome.error_message})
      CHECK(text.find("sk-canary") == std::string::npos);
    CHECK(reply.text == (i == 0 ? "" : "your key is sk-canary-123"));
  }
}

TEST_CASE("without a key there is no Authorization header, and with a broken one nothing is sent") {
  CallBench bench;
  bench.model.turn(says("ok"));
  bench.config.key = {};
  CHECK(bench.call().reply.stop == Stop::complete);
  CHECK(bench.model.seen().at(0).header("authorization").empty());

  bench.config.key = {SecretSource::Kind::env, "KEY"};
  for (const char* bad : {"", "sk-canary\r\nX-Evil: 1", "two words"}) {
    bench.secret = Secret(bad);
    const ModelOutcome outcome = bench.call();
    CHECK(outcome.reply.stop == Stop::provider_error);
    CHECK(outcome.reply.detail.find("providers.primary.key") != std::string::npos);
    CHECK(outcome.reply.detail.find("canary") == std::string::npos);
  }
  bench.secret = unavailable("the file /run/key is not there");
  CHECK(bench.call().reply.detail == "the file /run/key is not there (providers.primary.key)");
  CHECK(bench.model.seen().size() == 1);
}

TEST_CASE("the key is read again for every call, so a rotated one is used at once") {
  CallBench bench;
  bench.model.turn(says("ok"));
  auto provider = bench.provider();
  bench.run(provider->call(bench.request, bench.context));
  bench.secret = Secret("sk-rotated-456\n");  // as a file ends
  bench.run(provider->call(bench.request, bench.context));
  CHECK(bench.model.seen().at(1).header("authorization") == "Bearer sk-rotated-456");
}

TEST_CASE("cancelling a call ends it") {
  CallBench bench;
  boost::asio::cancellation_signal cancel;
  ModelTurn turn = says("never");
  turn.hold = Latch();
  bench.model.decide([&](const Json&) {
    boost::asio::post(bench.io, [&] { cancel.emit(boost::asio::cancellation_type::terminal); });
    return turn;
  });
  auto provider = bench.provider();
  bool done = false;
  boost::asio::co_spawn(
      bench.io, provider->call(bench.request, bench.context),
      boost::asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr, ModelOutcome) { done = true; }));
  while (!done) bench.io.run_one();
  CHECK(bench.model.seen().size() == 1);
}

namespace {

/// Knows that it was asked for the time of the first token: a provider asks it for nothing else.
class FirstTokenClock final : public Clock {
 public:
  Instant now() const override {
    asked = true;
    return clock_.now();
  }
  Tick tick() const override { return clock_.tick(); }
  nanoseconds monotonic() const override { return clock_.monotonic(); }
  std::string boot_id() const override { return clock_.boot_id(); }
  SyncState sync_state() const override { return clock_.sync_state(); }
  mutable bool asked = false;

 private:
  SystemClock clock_;
};

}  // namespace

TEST_CASE("a call that is given up tells what its provider had counted by then; one that ends has its outcome") {
  ModelTurn turn;
  turn.bytes = sse(R"({"type":"message_start","message":{"usage":{"input_tokens":50,"output_tokens":1}}})") +
               sse(R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":"a"}})");
  CallBench bench;
  bench.config.api = "anthropic";
  std::optional<Usage> told;
  bench.context.report_usage = [&](const Usage& usage) { told = usage; };
  SECTION("one that ends") {
    bench.model.turn(turn);
    CHECK(bench.call().reply.usage_so_far == Usage{.input = 50, .output = 1});
    CHECK_FALSE(told.has_value());
    return;
  }
  turn.cut_after = turn.bytes->size();
  turn.stall = true;
  bench.model.turn(turn);
  const FirstTokenClock clock;
  const auto read = [&](const SecretSource&) { return bench.secret; };
  auto provider = *make_provider(bench.config, bench.http, clock, read, bench.io.get_executor());
  boost::asio::cancellation_signal cancel;
  bool done = false;
  boost::asio::co_spawn(
      bench.io, provider->call(bench.request, bench.context),
      boost::asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr, ModelOutcome) { done = true; }));
  while (!done && !clock.asked) bench.io.run_one();
  cancel.emit(boost::asio::cancellation_type::terminal);
  while (!done) bench.io.run_one();
  CHECK(told == Usage{.input = 50, .output = 1});
}
