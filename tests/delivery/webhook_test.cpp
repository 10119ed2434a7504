// Webhooks against a server that is well, busy, broken, slow or away.
#include "delivery/webhook/webhook.hpp"

#include "delivery/sender_fixture.hpp"
#include "support/catch.hpp"
#include "support/http_fixture.hpp"

using namespace nowd;
using namespace nowd::test;
using What = SendOutcome::What;
using Form = WebhookSink::Form;

namespace {

struct Exchange {
  HttpFixture server;
  Sending sending;

  WebhookSink hook(Form form = Form::json) const {
    WebhookSink sink;
    sink.url = server.url("/hook");
    sink.form = form;
    return sink;
  }
  SendOutcome send(Reply reply) {
    server.reply("/hook", std::move(reply));
    return sending.send(sink_of(hook()));
  }
};

}  // namespace

TEST_CASE("a message goes out once, with its key and the run's times") {
  Exchange it;
  const auto outcome = it.send(Reply(204).date("Mon, 01 Jun 2026 07:00:05 GMT"));
  CHECK(outcome.what == What::delivered);
  CHECK(outcome.detail == "HTTP 204");
  CHECK(outcome.remote == "http://127.0.0.1:" + std::to_string(it.server.port()));
  CHECK(outcome.remote_date == at("2026-06-01T07:00:05Z"));
  CHECK(outcome.started.has_value());
  CHECK(outcome.ended.has_value());
  REQUIRE(it.server.requests().size() == 1);
  const SeenRequest request = it.server.requests()[0];
  CHECK(request.method == "POST");
  CHECK(request.header("content-type") == "application/json");
  CHECK(request.header("idempotency-key") == "c0ffee00c0ffee00");
  CHECK(request.header("x-nowd-job") == "daily-standup");
  CHECK(request.header("x-nowd-as-of") == "2026-06-01T09:00:00+02:00");
}

TEST_CASE("a chat server gets the key, but is told nothing of the run") {
  Exchange it;
  it.server.reply("/hook", Reply());
  CHECK(it.sending.send(sink_of(it.hook(Form::slack))).what == What::delivered);
  CHECK(it.server.requests()[0].header("idempotency-key") == "c0ffee00c0ffee00");
  CHECK(it.server.requests()[0].header("x-nowd-job").empty());
}

TEST_CASE("a status says what becomes of the message") {
  const auto [status, what] = GENERATE(table<int, What>({{200, What::delivered},
                                                         {202, What::delivered},
                                                         {301, What::failed},
                                                         {400, What::failed},
                                                         {401, What::failed},
                                                         {403, What::failed},
                                                         {404, What::failed},
                                                         {408, What::again},
                                                         {410, What::failed},
                                                         {425, What::again},
                                                         {429, What::again},
                                                         {500, What::again},
                                                         {503, What::again}}));
  INFO(status);
  Exchange it;
  const auto outcome = it.send(Reply(status).header("Location", it.server.url("/other")).piece("because\nof you"));
  CHECK(outcome.what == what);
  CHECK(outcome.detail.starts_with("HTTP " + std::to_string(status)));
  CHECK(holds(outcome.detail, "because of you") == (status >= 300));
  CHECK(it.server.requests().size() == 1);  // no redirect is followed, nothing is tried twice
}

TEST_CASE("of a long answer the beginning is shown") {
  Exchange it;
  const auto outcome = it.send(Reply(400).piece(std::string(199, 'x') + "\xE2\x82\xAC" + std::string(100, 'y')));
  CHECK(outcome.detail == "HTTP 400: " + std::string(199, 'x'));
  Exchange endless;
  CHECK(endless.send(Reply(200).piece(std::string(200'000, 'x'))).what == What::delivered);
}

TEST_CASE("a busy server says when, in seconds or by its own clock") {
  Exchange it;
  CHECK(it.send(Reply(429).header("Retry-After", "30")).retry_after == seconds{30});
  Exchange dated;
  CHECK(
      dated
          .send(Reply(503).date("Mon, 01 Jun 2026 07:00:00 GMT").header("Retry-After", "Mon, 01 Jun 2026 07:02:00 GMT"))
          .retry_after == minutes{2});
  Exchange silly;
  CHECK_FALSE(silly.send(Reply(429).header("Retry-After", "soon")).retry_after.has_value());
}

TEST_CASE("a wait is in the header, with a fraction or a unit too, or in the body") {
  const auto asked = [](Reply reply) {
    Exchange it;
    const auto outcome = it.send(std::move(reply));
    CHECK(outcome.what == What::again);
    return outcome.retry_after;
  };
  CHECK(asked(Reply(429).header("Retry-After", "20.5")) == milliseconds{20'500});
  CHECK(asked(Reply(503).header("Retry-After", "3s")) == seconds{3});
  CHECK(asked(Reply(429).piece(R"({"message": "limited", "retry_after": 64.57, "global": false})")) ==
        milliseconds{64'570});
  CHECK(asked(Reply(429).piece(R"({"ok":false,"error_code":429,"parameters":{"retry_after":35}})")) == seconds{35});
  CHECK(asked(Reply(429).header("Retry-After", "20").piece(R"({"retry_after": 0.3})")) == seconds{20});
  CHECK_FALSE(asked(Reply(429).piece(R"({"retry_after": "soon"})")).has_value());
}

TEST_CASE("a 200 whose text says that the message was not taken is no delivery") {
  const auto [form, body, what] = GENERATE(table<Form, std::string, What>({
      {Form::slack, "ok", What::delivered},
      {Form::slack, "ok\n", What::delivered},
      {Form::slack, R"({"ok":true,"ts":"1"})", What::delivered},
      {Form::slack, "", What::delivered},
      {Form::slack, "no_service", What::failed},
      {Form::slack, "channel_is_archived", What::failed},
      {Form::slack, "rate_limited", What::again},
      {Form::slack, R"({"ok":false,"error":"channel_not_found"})", What::failed},
      {Form::slack, R"({"ok":false,"error":"ratelimited"})", What::again},
      {Form::slack, R"({"ok":false,"error":"internal_error"})", What::again},
      {Form::slack, "<!DOCTYPE html><title>Sign in</title>", What::failed},
      {Form::teams, "1", What::delivered},
      {Form::teams, "", What::delivered},
      {Form::teams,
       "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with ContextId "
       "tcid=0,server=AM3",
       What::again},
      {Form::teams, "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 413",
       What::failed},
      {Form::teams, R"({"error":{"code":"WorkflowTriggerIsNotEnabled","message":"off"}})", What::failed},
      {Form::teams, "<html><body>Sign in</body></html>", What::failed},
      {Form::discord, R"({"id":"123","content":"hi","flags":0})", What::delivered},
      {Form::discord, R"({"message":"Unknown Webhook","code":10015})", What::failed},
      {Form::discord, R"({"message":"You are being rate limited.","retry_after":0.5})", What::again},
      {Form::ntfy, R"({"id":"x1","time":1,"event":"message","topic":"t"})", What::delivered},
      {Form::ntfy, R"({"code":42901,"http":429,"error":"limit reached: too many requests"})", What::again},
      {Form::ntfy, R"({"code":40301,"http":403,"error":"forbidden"})", What::failed},
      {Form::json, "no_service", What::delivered},
      {Form::json, R"({"ok":false})", What::delivered},
  }));
  INFO(body);
  Exchange it;
  it.server.reply("/hook", body.empty() ? Reply(200) : Reply(200).piece(body));
  const auto outcome = it.sending.send(sink_of(it.hook(form)));
  CHECK(outcome.what == what);
  CHECK(outcome.detail.starts_with("HTTP 200"));
  CHECK(holds(outcome.detail, "but it was not taken: ") == (what != What::delivered));
}

TEST_CASE("with a success rule only an answer that has its value is a delivery") {
  const auto [body, what] = GENERATE(table<std::string, What>({
      {R"({"ok":true})", What::delivered},
      {R"({"ok":false,"error":"channel_not_found"})", What::failed},
      {R"({"ok":false,"error":"ratelimited"})", What::again},
      {R"({"ok":false,"parameters":{"retry_after":3}})", What::again},
      {R"({"ok":"true"})", What::failed},
      {R"({})", What::failed},
      {"[true]", What::failed},
      {"ok", What::failed},
      {"", What::failed},
  }));
  INFO(body);
  Exchange it;
  WebhookSink sink = it.hook();
  sink.success = SuccessRule{"/ok", true};
  it.server.reply("/hook", body.empty() ? Reply(200) : Reply(200).piece(body));
  CHECK(it.sending.send(sink_of(sink)).what == what);
}

TEST_CASE("an answer under a success rule that breaks off leaves the message in doubt") {
  Exchange it;
  WebhookSink sink = it.hook();
  sink.success = SuccessRule{"/ok", true};
  it.server.reply("/hook", Reply(200).content_length(100).piece("{\"ok\":").cut());
  const auto outcome = it.sending.send(sink_of(sink));
  CHECK(outcome.what == What::unknown);
  CHECK(holds(outcome.detail, "did not come whole"));
}

TEST_CASE("a secret in the words of a refusal is not shown") {
  Exchange it;
  it.sending.secrets = {{"token", "s3cr3t-t0k3n"}};
  WebhookSink sink = it.hook(Form::slack);
  sink.headers = {{"Authorization", "Bearer ${env:token}"}};
  it.server.reply("/hook", Reply(200).piece("bad token s3cr3t-t0k3n"));
  CHECK(it.sending.send(sink_of(sink)).detail == "HTTP 200, but it was not taken: bad token [redacted]");
}

TEST_CASE("a server that is away means again, and nothing has left") {
  Exchange it;
  WebhookSink sink = it.hook();
  {
    const HttpFixture gone;
    sink.url = gone.url("/hook");
  }
  const auto outcome = it.sending.send(sink_of(sink));
  CHECK(outcome.what == What::again);
  CHECK_FALSE(outcome.started.has_value());
  CHECK(holds(outcome.detail, "check the address, the port and the network"));
}

TEST_CASE("a lost answer means again, for the key tells a repetition") {
  Exchange it;
  const auto outcome = it.send(Reply().raw("").cut());
  CHECK(outcome.what == What::again);
  CHECK(outcome.started.has_value());
  CHECK(it.server.requests().size() == 1);
}

TEST_CASE("once the status came, an answer that breaks off changes nothing") {
  Exchange it;
  CHECK(it.send(Reply(200).content_length(100).piece("half").cut()).what == What::delivered);
  Exchange refused;
  CHECK(refused.send(Reply(400).content_length(100).piece("half").cut()).what == What::failed);
}

TEST_CASE("an untrusted certificate can be mended: again, and the message shows no path") {
  HttpPost post;
  post.origin = "https://hooks.example:443";
  const HttpFailure failure{
      refused("POST https://hooks.example/T0PSECRET: self-signed certificate; check it"), false, {}};
  const auto outcome = judge(post, failure);
  CHECK(outcome.what == What::again);
  CHECK(outcome.detail == "self-signed certificate; check it");
  CHECK_FALSE(outcome.started.has_value());
}

TEST_CASE("a slow server means again") {
  Exchange it;
  it.server.reply("/hook", Reply().until_closed());
  Sink sink = sink_of(it.hook());
  sink.timeout = seconds{3};
  const auto outcome = it.sending.send(sink);
  CHECK(outcome.what == What::again);
  CHECK(outcome.started.has_value());
}

TEST_CASE("a URL and headers may hold secrets, which no message shows") {
  Exchange it;
  it.sending.secrets = {{"hook", it.server.url("/hook/T0PSECRET")}, {"token", "s3cr3t-t0k3n"}};
  WebhookSink sink = it.hook();
  sink.url = "${credential:hook}";
  sink.headers = {{"Authorization", "Bearer ${env:token}"}, {"X-Job", "{{job}}"}, {"idempotency-key", "mine"}};
  it.server.reply("/hook/T0PSECRET", Reply(400).piece("no /hook/T0PSECRET for Bearer s3cr3t-t0k3n"));
  const auto outcome = it.sending.send(sink_of(sink));
  CHECK(outcome.what == What::failed);
  CHECK(outcome.detail == "HTTP 400: no [redacted] for Bearer [redacted]");
  REQUIRE(it.server.requests().size() == 1);
  const SeenRequest request = it.server.requests()[0];
  CHECK(request.header("authorization") == "Bearer s3cr3t-t0k3n");
  CHECK(request.header("x-job") == "daily-standup");
  CHECK(request.header("idempotency-key") == "mine");
  {
    const HttpFixture gone;
    it.sending.secrets["hook"] = gone.url("/hook/T0PSECRET");
  }
  CHECK_FALSE(holds(it.sending.send(sink_of(sink)).detail, "T0PSECRET"));
}

TEST_CASE("a secret that cannot be read, or is no URL, can be mended: again, without its value") {
  Exchange it;
  WebhookSink sink = it.hook();
  sink.url = "${credential:hook}";
  const auto missing = it.sending.send(sink_of(sink));
  CHECK(missing.what == What::again);
  CHECK(holds(missing.detail, "credential 'hook' cannot be read"));
  it.sending.secrets["hook"] = "xoxb-not-a-url-at-all";
  const auto wrong = it.sending.send(sink_of(sink));
  CHECK(wrong.what == What::again);
  CHECK_FALSE(holds(wrong.detail, "xoxb"));
}

TEST_CASE("a heartbeat is an empty POST") {
  Exchange it;
  it.server.reply("/beat", Reply(200).piece("OK"));
  CHECK(it.sending.ping(it.server.url("/beat")).what == What::delivered);
  CHECK(it.server.requests()[0].method == "POST");
  CHECK(it.server.requests()[0].body.empty());
  CHECK(it.sending.ping(it.server.url("/nowhere")).what == What::failed);
}

TEST_CASE("a heartbeat whose check is not known, or comes too often, did not arrive, though the status is 200") {
  const auto [body, what] = GENERATE(table<std::string, What>({
      {"OK", What::delivered},
      {"OK (not found)", What::failed},
      {"OK (rate limited)", What::again},
      {R"({"ok":true})", What::delivered},
      {R"({"ok":false,"msg":"Monitor not found or not active."})", What::failed},
      {"<html>thank you</html>", What::delivered},
  }));
  INFO(body);
  Exchange it;
  it.server.reply("/beat", Reply(200).piece(body));
  CHECK(it.sending.ping(it.server.url("/beat")).what == what);
}

TEST_CASE("a probe delivers nothing: it asks with HEAD and says what came") {
  Exchange it;
  it.server.reply("/hook", Reply(405));
  const auto seen = it.sending.probe(sink_of(it.hook()));
  REQUIRE(seen.has_value());
  CHECK(seen.value().starts_with("HTTP 405 in "));
  CHECK(it.server.requests()[0].method == "HEAD");
  Exchange broken;
  broken.server.reply("/hook", Reply(502));
  CHECK(broken.sending.probe(sink_of(broken.hook())).has_error());
}
