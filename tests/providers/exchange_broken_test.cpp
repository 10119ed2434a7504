// Servers and connections that misbehave, byte by byte, against the real client.
#include "call_bench.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

ModelTurn broken(std::string raw) {
  ModelTurn turn;
  turn.raw = std::move(raw);
  return turn;
}

ModelOutcome outcome_of(const ModelTurn& turn) {
  CallBench bench;
  bench.model.turn(turn);
  return bench.call();
}

}  // namespace

TEST_CASE("a body that is split at any one place, with a pause there, gives the same reply in every API") {
  for (const TestedApi& api : tested_apis()) {
    CAPTURE(api.api);
    CallBench bench;
    bench.config.api = api.api;
    for (std::size_t place = 1; place < 400; place += 23) {
      ModelTurn turn = says("Split anywhere.");
      turn.split_at = {place};
      turn.pause = std::chrono::milliseconds{1};
      bench.model.turn(turn);
    }
    bench.model.turn(says("the end"));
    for (ModelOutcome outcome = bench.call(); outcome.reply.text != "the end"; outcome = bench.call()) {
      REQUIRE(outcome.reply.stop == Stop::complete);
      REQUIRE(outcome.reply.text == "Split anywhere.");
    }
  }
}

TEST_CASE("a silence in the middle of a stream is in its times") {
  ModelTurn turn = says("Wait for it.");
  turn.split_at = {500};
  turn.pause = std::chrono::milliseconds{40};
  const ModelOutcome outcome = outcome_of(turn);
  CHECK(outcome.reply.stop == Stop::complete);
  REQUIRE(outcome.times.first_token);
  CHECK(outcome.times.ended->boot - outcome.times.first_token->boot >= milliseconds{40});
}

TEST_CASE("a server that takes a request and says nothing, not even a header, is a provider error") {
  CallBench bench;
  ModelTurn turn = says("never");
  turn.hold_headers = Latch();
  bench.model.turn(turn);
  bench.config.timeout.first_token = milliseconds{50};
  const ModelOutcome outcome = bench.call();
  CHECK(outcome.reply.stop == Stop::provider_error);
  CHECK(outcome.times.sent);
  CHECK_FALSE(outcome.times.headers);
}

TEST_CASE("a reset in the answer is a cut stream, and before it a provider error that was sent") {
  ModelTurn turn = says("A long answer, of which there is only the half.");
  turn.cut_after = 400;
  turn.reset = true;
  const ModelOutcome half = outcome_of(turn);
  CHECK(half.reply.stop == Stop::stream_cut);
  CHECK(half.http_status == 200);

  turn = broken("");
  turn.reset = true;
  const ModelOutcome none = outcome_of(turn);
  CHECK(none.reply.stop == Stop::provider_error);
  CHECK(none.times.sent);
}

TEST_CASE("garbage, half a head and a head that lies are no answers") {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n";
  for (const std::string& raw : {std::string("\x16\x03\x01\x02\0\x01", 6), std::string("HTTP/1.1 two hundred\r\n\r\n"),
                                 head + "X-Half: ", head + "Transfer-Encoding: chunked\r\n\r\nzz\r\ndata",
                                 head + "Content-Length: 100000\r\n\r\ndata: [DO"}) {
    CAPTURE(raw);
    const ModelOutcome outcome = outcome_of(broken(raw));
    CHECK((outcome.reply.stop == Stop::provider_error || outcome.reply.stop == Stop::stream_cut));
    CHECK(outcome.reply.text.empty());
  }
}

TEST_CASE("Retry-After in any of its forms, and the Date it is meant against, come from the headers") {
  ModelTurn turn = fails(429, "rate_limit_exceeded", "slow down");
  turn.date = "Mon, 01 Jun 2026 07:00:00 GMT";
  turn.headers = {{"Retry-After", "7"}};
  CHECK(outcome_of(turn).retry_after == seconds{7});
  turn.headers = {{"retry-after-ms", "1500"}, {"Retry-After", "7"}};
  CHECK(outcome_of(turn).retry_after == milliseconds{1500});
  turn.headers = {{"Retry-After", "Mon, 01 Jun 2026 07:00:09 GMT"}};
  CHECK(outcome_of(turn).retry_after == seconds{9});
}

TEST_CASE("a wait that only the message names is believed where waiting is of use, and where nothing else names one") {
  const std::string words = "Rate limit reached. Please try again in 1.5s.";
  ModelTurn turn = fails(429, "rate_limit_exceeded", words);
  CHECK(outcome_of(turn).retry_after == milliseconds{1500});
  turn.headers = {{"Retry-After", "7"}};
  CHECK(outcome_of(turn).retry_after == seconds{7});
  CHECK(outcome_of(fails(503, "server_is_overloaded", words)).retry_after == milliseconds{1500});

  // What fails for ever may quote what it was asked.
  CHECK_FALSE(outcome_of(fails(400, "invalid_request_error", words)).retry_after.has_value());
  CHECK_FALSE(outcome_of(fails(429, "insufficient_quota", words)).retry_after.has_value());
  const ModelOutcome said = outcome_of(says(words));
  CHECK(said.reply.stop == Stop::complete);
  CHECK_FALSE(said.retry_after.has_value());
}
