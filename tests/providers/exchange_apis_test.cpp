// Whole calls over loopback in each of the APIs.
#include "call_bench.hpp"
#include "providers/failure/retry_class.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

struct ApiBench : CallBench {
  explicit ApiBench(const std::string& api) { config.api = api; }
};

}  // namespace

TEST_CASE("the same answer comes back the same through every API") {
  for (const TestedApi& api : tested_apis()) {
    CAPTURE(api.api);
    for (const bool stream : {true, false}) {
      ApiBench bench(api.api);
      ModelTurn turn = says("All good: café ✓");
      turn.stream = stream;
      turn.split = 7;
      bench.model.turn(turn);
      const ModelOutcome outcome = bench.call();
      CHECK(outcome.reply.stop == Stop::complete);
      CHECK(outcome.reply.text == "All good: café ✓");
      CHECK(outcome.reply.usage == Usage{.input = 100, .cached = 40, .output = 20, .reasoning = 5});
      CHECK(outcome.reply.model_served == "scripted-1");
      CHECK(outcome.times.first_token.has_value() == stream);
      CHECK(outcome.request_body == bench.model.seen().at(0).body);
      CHECK(outcome.request_body.find("canary") == std::string::npos);
    }
  }
}

TEST_CASE("a tool call and its result go there and back through every API") {
  for (const TestedApi& api : tested_apis()) {
    CAPTURE(api.api);
    ApiBench bench(api.api);
    bench.request = conversation();
    bench.model.turn(calls("crm_note_2", R"({"text":"x"})"));
    bench.model.turn(says("Noted."));
    const ModelReply reply = bench.call().reply;
    CHECK(reply.stop == Stop::tool_call);
    REQUIRE(reply.calls.size() == 1);
    CHECK(reply.calls[0] == ProposedCall{"call_1", "crm.note", R"({"text":"x"})"});
    bench.request.messages.push_back(
        {.role = Message::Role::assistant, .calls = reply.calls, .carried = reply.carried});
    bench.request.messages.push_back(
        {.role = Message::Role::tool, .text = "result-7", .call_id = "call_1", .tool = "crm.note"});
    CHECK(bench.call().reply.text == "Noted.");
    CHECK(bench.model.seen().at(1).body.find("result-7") != std::string::npos);
  }
}

TEST_CASE("an answer whose end is nowhere to be seen is cut in every API, and so is a connection that breaks") {
  for (const TestedApi& api : tested_apis()) {
    CAPTURE(api.api);
    ApiBench bench(api.api);
    ModelTurn turn = says("All good.");
    turn.done = false;
    bench.model.turn(turn);
    // A reason to stop, which these two give before their terminal event, and the body's frame are an end.
    const bool reasoned = api.api == "openai-chat" || api.api == "anthropic";
    CHECK(bench.call().reply.stop == (reasoned ? Stop::complete : Stop::stream_cut));

    ApiBench other(api.api);
    turn.done = true;
    turn.cut_after = 60;
    other.model.turn(turn);
    const ModelOutcome cut = other.call();
    CHECK(cut.reply.stop == Stop::stream_cut);
    CHECK(retry_class(failed_call_of(cut), minutes{1}) == RetryClass::overload);
  }
}

TEST_CASE("a connection that breaks after the end costs nothing where the API has a terminal event") {
  for (const TestedApi& api : tested_apis()) {
    CAPTURE(api.api);
    ApiBench bench(api.api);
    ModelTurn turn = says("All good.");
    turn.cut_after = 1'000'000;
    bench.model.turn(turn);
    CHECK(bench.call().reply.stop == (api.api == "gemini" ? Stop::stream_cut : Stop::complete));
  }
}

TEST_CASE("an error inside a 200 is a provider error with its code in every API") {
  const std::string error = R"({"error":{"code":"x","type":"overloaded_error","message":"Overloaded"}})";
  for (const TestedApi& api : tested_apis()) {
    CAPTURE(api.api);
    ApiBench bench(api.api);
    ModelTurn turn;
    turn.bytes = "event: error\ndata: " + error + "\n\n";
    bench.model.turn(turn);
    const ModelReply reply = bench.call().reply;
    CHECK(reply.stop == Stop::provider_error);
    CHECK(reply.stop_raw == "x");
  }
}

namespace {

ModelOutcome answered_with(const std::string& api, const std::string& body) {
  ApiBench bench(api);
  ModelTurn turn;
  turn.bytes = body;
  bench.model.turn(turn);
  return bench.call();
}

RetryClass class_inside(const std::string& api, const std::string& body) {
  const ModelOutcome outcome = answered_with(api, body);
  CHECK(outcome.http_status == 200);
  CHECK(outcome.reply.stop == Stop::provider_error);
  return retry_class(failed_call_of(outcome), minutes{1}).value();
}

std::string event(const std::string& type, const std::string& data) {
  return "event: " + type + "\ndata: " + data + "\n\n";
}

const std::string gemini_quota =
    R"({"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"Quota","details":[)"
    R"({"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerID"}]},)"
    R"({"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"2.5s"}]}})";

std::string per(const std::string& span) {
  std::string out = gemini_quota;
  return out.replace(out.find("PerID"), 5, "Per" + span);
}

}  // namespace

TEST_CASE("a key in the id of a quota, or escaped within a word that is not known, is in nothing that people read") {
  ApiBench bench("gemini");
  bench.secret = Secret("sk\\ca\"na'ry-123");
  std::string body = gemini_quota;
  body.replace(body.find("GenerateRequestsPerID"), 21, R"(of sk\\ca\"na'ry-123)");
  ModelTurn quota;
  quota.bytes = body;
  bench.model.turn(quota);
  ModelTurn unknown = says("half");
  unknown.finish = "STOP_sk\\ca\"na'ry-123";
  bench.model.turn(unknown);
  CHECK(bench.call().limits.quota == "of [redacted]");
  const ModelReply reply = bench.call().reply;
  CHECK(reply.stop == Stop::unknown);
  CHECK(reply.stop_raw == "STOP_[redacted]");
  CHECK(reply.detail.find("'STOP_[redacted]'") != std::string::npos);
  CHECK(reply.detail.find("ry-123") == std::string::npos);
}

TEST_CASE("an error inside a 200 stream is of the same class as with a status of its own") {
  using enum RetryClass;
  const std::string start = event("message_start", R"({"type":"message_start","message":{"id":"m","model":"x"}})");
  const auto anthropic = [&](const std::string& type) {
    return class_inside("anthropic",
                        start + event("error", R"({"type":"error","error":{"type":")" + type + R"(","message":"m"}})"));
  };
  CHECK(anthropic("overloaded_error") == overload);
  CHECK(anthropic("rate_limit_error") == wait);
  CHECK(anthropic("billing_error") == money);
  CHECK(anthropic("invalid_request_error") == never);

  const auto chat = [](const std::string& error) {
    return class_inside("openai-chat", "data: {\"error\":" + error + "}\n\n");
  };
  CHECK(chat(R"({"code":"rate_limit_exceeded","type":"tokens","message":"m"})") == wait);
  CHECK(chat(R"({"code":null,"type":"server_error","message":"m"})") == overload);
  CHECK(chat(R"({"code":"insufficient_quota","message":"m"})") == money);
  // Gateways and compatible servers name the status that it would have had.
  CHECK(chat(R"({"code":429,"message":"m"})") == wait);
  CHECK(chat(R"({"code":"502","message":"m"})") == overload);
  CHECK(chat(R"({"code":503,"type":"ServiceUnavailableError","message":"m"})") == overload);
  CHECK(chat(R"({"code":402,"message":"m"})") == money);
  CHECK(chat(R"({"code":400,"message":"m"})") == never);

  const auto responses = [](const std::string& type, const std::string& data) {
    return class_inside("openai-responses", event(type, data));
  };
  CHECK(responses("error", R"({"type":"error","code":"rate_limit_exceeded","message":"m"})") == wait);
  CHECK(responses("error", R"({"type":"error","error":{"type":"server_error","message":"m"}})") == overload);
  const auto failed = [&](const std::string& code) {
    return responses("response.failed", R"({"type":"response.failed","response":{"status":"failed","error":{"code":")" +
                                            code + R"(","message":"m"}}})");
  };
  CHECK(failed("server_error") == overload);
  CHECK(failed("rate_limit_exceeded") == wait);
  CHECK(failed("insufficient_quota") == money);
}

TEST_CASE("what Gemini says of waiting and quotas inside a 200 counts, in a stream and in a document") {
  const std::string chunk = R"({"candidates":[{"content":{"parts":[{"text":"a"}]}}]})";
  for (const std::string& body : {"data: " + chunk + "\n\ndata: " + per("Minute") + "\n\n", per("Minute"),
                                  "[" + chunk + "," + per("Minute") + "]"}) {
    CAPTURE(body);
    const ModelOutcome outcome = answered_with("gemini", body);
    CHECK(outcome.reply.stop == Stop::provider_error);
    CHECK(outcome.retry_after == milliseconds{2500});
    CHECK_FALSE(outcome.limits.per_day);
    CHECK(retry_class(failed_call_of(outcome), minutes{1}) == RetryClass::wait);
    CHECK(retry_class(failed_call_of(outcome), seconds{2}) == RetryClass::defer);
  }
  const ModelOutcome day = answered_with("gemini", "data: " + per("Day") + "\n\n");
  CHECK(day.limits.per_day);
  CHECK(retry_class(failed_call_of(day), minutes{1}) == RetryClass::defer);
  CHECK(class_inside("gemini", R"(data: {"error":{"code":503,"status":"UNAVAILABLE"}})"
                               "\n\n") == RetryClass::overload);
}

TEST_CASE("a text that speaks of errors is no error") {
  const ModelOutcome outcome =
      answered_with("openai-chat",
                    "data: {\"choices\":[{\"delta\":{\"content\":\"{\\\"error\\\":{\\\"code\\\":429}}\"},"
                    "\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n");
  CHECK(outcome.reply.stop == Stop::complete);
  CHECK(outcome.error_status == 0);
}

TEST_CASE("the key is where each API wants it, and the request id comes from where each API says it") {
  const std::vector<std::tuple<std::string, std::string, std::string, std::string>> rows{
      {"openai-responses", "authorization", "x-request-id", "req_42"},
      {"anthropic", "x-api-key", "request-id", "req_42"},
      {"gemini", "x-goog-api-key", "x-request-id", "gem_1"}};
  for (const auto& [api, header, id, expected] : rows) {
    CAPTURE(api);
    ApiBench bench(api);
    ModelTurn turn = says("ok");
    turn.headers = {{id, "req_42"}};
    bench.model.turn(turn);
    CHECK(bench.call().reply.request_id == expected);
    CHECK(bench.model.seen().at(0).header(header).ends_with("sk-canary-123"));
  }
}

TEST_CASE("what the server says of limits, waiting and its own duration is on the outcome") {
  ApiBench bench("openai-chat");
  ModelTurn turn = says("ok");
  turn.headers = {{"x-ratelimit-remaining-requests", "7"}, {"openai-processing-ms", "12"}};
  bench.model.turn(turn);
  const ModelOutcome good = bench.call();
  CHECK(good.limits.each == std::vector<RateLimit>{{"requests", {}, 7, {}}});
  CHECK(good.server_duration == milliseconds{12});
  CHECK_FALSE(good.retry_after.has_value());

  ApiBench other("gemini");
  turn = ModelTurn{};
  turn.status = 429;
  turn.text = R"({"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"Quota","details":[
    {"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"2.5s"}]}})";
  other.model.turn(turn);
  const ModelOutcome limited = other.call();
  CHECK(limited.reply.stop_raw == "RESOURCE_EXHAUSTED");
  CHECK(limited.retry_after == milliseconds{2500});
  CHECK(retry_class(failed_call_of(limited), minutes{1}) == RetryClass::wait);
  CHECK(retry_class(failed_call_of(limited), seconds{2}) == RetryClass::defer);
}

TEST_CASE("a wait in words counts inside a 200 too, and behind RetryInfo") {
  const ModelOutcome failed = answered_with(
      "openai-responses", "event: response.failed\ndata: " +
                              std::string(R"({"type":"response.failed","response":{"status":"failed","error":{"code":)"
                                          R"("rate_limit_exceeded","message":"Please try again in 11s."}}})") +
                              "\n\n");
  CHECK(failed.reply.stop == Stop::provider_error);
  CHECK(failed.retry_after == seconds{11});

  const auto gemini = [](const std::string& details) {
    return answered_with("gemini", R"({"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":)"
                                   R"("Please retry in 34.07s.","details":[)" +
                                       details + "]}}");
  };
  CHECK(gemini("").retry_after == milliseconds{34'070});
  CHECK(gemini(R"({"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"2s"})").retry_after == seconds{2});
}

TEST_CASE("Anthropic's account without credit is one without money, whose remedy says what to do; its text is not") {
  const std::string words =
      "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase "
      "credits.";
  const std::string body =
      R"({"type":"error","error":{"type":"invalid_request_error","message":")" + words + R"("},"request_id":"req_1"})";
  const auto answered = [](int status, const std::string& text) {
    ApiBench bench("anthropic");
    ModelTurn turn;
    turn.status = status;
    turn.text = text;
    bench.model.turn(turn);
    return bench.call();
  };
  const ModelOutcome broke = answered(400, body);
  CHECK(retry_class(failed_call_of(broke), minutes{1}) == RetryClass::money);
  CHECK(broke.reply.detail.find("add credit or raise the limit where the key was made") != std::string::npos);
  CHECK(broke.reply.detail.find("it says: invalid_request_error, Your credit balance") != std::string::npos);

  CHECK(retry_class(failed_call_of(answered(400, words)), minutes{1}) == RetryClass::never);  // no error of the API's
  const ModelOutcome inside = answered_with("anthropic", "event: error\ndata: " + body + "\n\n");
  CHECK(inside.reply.stop == Stop::provider_error);
  CHECK(retry_class(failed_call_of(inside), minutes{1}) == RetryClass::never);
  ApiBench bench("anthropic");
  bench.model.turn(says(words));
  CHECK_FALSE(retry_class(failed_call_of(bench.call()), minutes{1}).has_value());
}

TEST_CASE("pieces that come with pauses give the same reply") {
  ApiBench bench("anthropic");
  ModelTurn turn = says("slowly");
  turn.pause = std::chrono::milliseconds{1};
  bench.model.turn(turn);
  CHECK(bench.call().reply.text == "slowly");
}

TEST_CASE("a key that the server echoes into a call stays in the call, and in what goes back with it") {
  ApiBench bench("gemini");
  ModelTurn turn = calls("clock", R"({"text":"your key is sk-canary-123"})");
  bench.model.turn(turn);
  const ModelReply reply = bench.call().reply;
  CHECK(reply.stop == Stop::tool_call);
  CHECK(reply.calls.at(0).arguments == R"({"text":"your key is sk-canary-123"})");
  CHECK(reply.carried.has_value());
}
