// What each form of webhook is sent.
#include "delivery/webhook/webhook_body.hpp"

#include <nlohmann/json.hpp>

#include "delivery/sender_fixture.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;
using Form = WebhookSink::Form;

namespace {

WebhookContent content(Form form, const Delivery& delivery, Json body = nullptr) {
  WebhookSink sink;
  sink.form = form;
  sink.body = std::move(body);
  const auto made = webhook_content(sink, delivery, noon());
  REQUIRE(made.has_value());
  return *made;
}

Delivery saying(std::string text) {
  Delivery delivery = output_parcel();
  delivery.text = std::move(text);
  return delivery;
}

/// An alert, which names its job itself.
Delivery alerting(std::string text) {
  Delivery delivery = saying(std::move(text));
  delivery.purpose = Purpose::alert;
  delivery.subject = "daily-standup failed: timeout";
  return delivery;
}

Json parsed(const WebhookContent& content) {
  const auto json = parse_json(content.body);
  REQUIRE(json.has_value());
  return *json;
}

}  // namespace

TEST_CASE("slack: a model's text mentions nobody") {
  CHECK(content(Form::slack, saying("<!channel> a & b <@U1> \"x\"")).body ==
        R"({"text":"*daily-standup*, 2026-06-01 09:00, run 1234\n&lt;!channel&gt; a &amp; b &lt;@U1&gt; \"x\""})");
}

TEST_CASE("slack: a long text is cut within the limit as slack counts, and never within an entity") {
  const std::string text = parsed(content(Form::slack, saying(std::string(50'000, '&'))))["text"].get<std::string>();
  CHECK(text.size() <= 39'000);
  CHECK(text.size() > 38'900);
  CHECK(text.ends_with("&amp;\n[cut here; all of it: nowctl show 1234]"));
}

TEST_CASE("teams: a message with one Adaptive Card") {
  CHECK(parsed(content(Form::teams, saying("Line\n<at>all</at>"))) == parse_json(R"({
    "type": "message",
    "attachments": [{
      "contentType": "application/vnd.microsoft.card.adaptive",
      "contentUrl": null,
      "content": {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4",
        "body": [
          {"type": "TextBlock", "text": "daily-standup, 2026-06-01 09:00, run 1234", "wrap": true, "weight": "Bolder"},
          {"type": "TextBlock", "text": "Line\n<at>all</at>", "wrap": true}]}}]})")
                                                                          .value());
  CHECK(content(Form::teams, saying(std::string(50'000, '"'))).body.size() < 28'000);
}

TEST_CASE("discord: mentions are off, and two thousand characters are the end") {
  CHECK(content(Form::discord, saying("@everyone hi")).body ==
        R"({"allowed_mentions":{"parse":[]},"content":"**daily-standup**, 2026-06-01 09:00, run 1234\n@everyone hi"})");
  const std::string exactly(2'000, 'x');
  CHECK(parsed(content(Form::discord, alerting(exactly)))["content"] == exactly);
  const Json cut = parsed(content(Form::discord, alerting(exactly + "y")));
  CHECK(cut["content"].get<std::string>().size() == 2'000);
  CHECK(cut["content"].get<std::string>().ends_with("[cut here; all of it: nowctl show 1234]"));
}

TEST_CASE("an alert is sent as it is: its text names the job") {
  CHECK(parsed(content(Form::slack, alerting("daily-standup failed")))["text"] == "daily-standup failed");
  CHECK(parsed(content(Form::discord, alerting("daily-standup failed")))["content"] == "daily-standup failed");
}

TEST_CASE("the heading has the local date of the schedule, not that of UTC") {
  Delivery delivery = saying("x");
  delivery.run->scheduled_at = at("2026-05-31T22:30:00Z");  // 00:30 of the next day in Berlin
  CHECK(parsed(content(Form::slack, delivery))["text"] == "*daily-standup*, 2026-06-01 00:30, run 1234\nx");
}

TEST_CASE("teams and discord: no link hides its address") {
  const auto [text, shown] = GENERATE(table<std::string, std::string>({
      {"see [your bank](https://evil.example)", "see [your bank] (https://evil.example)"},
      {"![x](https://evil.example/p.png)", "![x] (https://evil.example/p.png)"},
      {"[a](<https://evil.example>)", "[a] (<https://evil.example>)"},
      {"[bank][1]\n\n[1]: https://evil.example", "[bank][1]\n\n[1] : https://evil.example"},
      {"[[x]](mailto:a@b.example)", "[[x]] (mailto:a@b.example)"},
      {"[INFO]: all is well, f(x[0])", "[INFO]: all is well, f(x[0])"},
      {"ends with ]", "ends with ]"},
  }));
  CHECK(parsed(content(Form::discord, alerting(text)))["content"] == shown);
  CHECK(parsed(content(Form::teams, alerting(text)))["attachments"][0]["content"]["body"][1]["text"] == shown);
}

TEST_CASE("ntfy: plain text with a title") {
  CHECK(content(Form::ntfy, saying("x")).headers.back() ==
        std::pair<std::string, std::string>{"Title", "daily-standup, 2026-06-01 09:00, run 1234"});
  Delivery delivery = alerting("Für alle");
  delivery.subject = "Größe\r\nX-Evil: 1";
  const auto made = content(Form::ntfy, delivery);
  CHECK(made.body == "Für alle");
  CHECK(made.headers ==
        std::vector<std::pair<std::string, std::string>>{{"Content-Type", "text/plain; charset=utf-8"},
                                                         {"Title", "=?UTF-8?B?R3LDtsOfZSAgWC1FdmlsOiAx?="}});
  CHECK(content(Form::ntfy, saying(std::string(5'000, 'x'))).body.size() == 4'000);
}

TEST_CASE("json: without a body the whole message goes out") {
  CHECK(parsed(content(Form::json, output_parcel())) == parse_json(R"({
    "job": "daily-standup", "run": 1234, "purpose": "output", "key": "c0ffee00c0ffee00",
    "subject": "daily-standup: 2026-06-01", "text": "All is well.\n", "state": "succeeded", "verdict": "on_time",
    "scheduled_at": "2026-06-01T09:00:00+02:00", "as_of": "2026-06-01T09:00:00+02:00",
    "window": {"start": "2026-05-29T09:00:00+02:00", "end": "2026-06-01T09:00:00+02:00"}})")
                                                            .value());
  Delivery alone = output_parcel();
  alone.run.reset();
  const Json message = parsed(content(Form::json, alone));
  CHECK(message["run"].is_null());
  CHECK(message["window"].is_null());
  CHECK(message["text"] == "All is well.\n");
}

TEST_CASE("json: a body is filled in wherever a text stands, and a value stays a value") {
  const Json body{{"msg", "{{job}}: {{text}}"}, {"n", 5}, {"list", {"{{today}}", {{"k", "{{state}}/{{purpose}}"}}}}};
  const Json made = parsed(content(Form::json, saying("a\"},\"admin\":true,{\" {{key}} <clock"), body));
  CHECK(made == Json{{"msg", "daily-standup: a\"},\"admin\":true,{\" {{key}} <clock"},
                     {"n", 5},
                     {"list", {"2026-06-01", {{"k", "succeeded/output"}}}}});
  Delivery alone = output_parcel();
  alone.run.reset();
  CHECK(parsed(content(Form::json, alone, Json{{"t", "[{{job}}{{today}}{{run}}] {{verdict}}"}}))["t"] == "[] on_time");
}

TEST_CASE("json: a body with an unknown token is a fault of the configuration") {
  WebhookSink sink;
  sink.body = Json{{"t", "{{txt}}"}};
  const auto made = webhook_content(sink, output_parcel(), noon());
  REQUIRE(made.has_error());
  CHECK(made.error().kind == ErrorKind::invalid);
  CHECK(holds(made.error().message, "did you mean {{text}}?"));
}
