// Webhooks against a server that is well, busy, broken, slow or away.
#include "delivery/webhook.hpp"

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

TEST_CASE("Retry-After is never negative and never longer than a day") {
  const Instant now = at("2026-06-01T07:00:00Z");
  CHECK(retry_after("0", {}, now) == milliseconds{0});
  CHECK(retry_after("99999999999999999", {}, now) == hours{24});
  CHECK_FALSE(retry_after("-5", {}, now).has_value());
  CHECK(retry_after("Mon, 01 Jun 2026 06:00:00 GMT", {}, now) == milliseconds{0});
  CHECK(retry_after("Mon, 01 Jun 2026 07:00:10 GMT", {}, now) == seconds{10});
  CHECK(retry_after("Tue, 01 Jun 2027 07:00:00 GMT", {}, now) == hours{24});
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
