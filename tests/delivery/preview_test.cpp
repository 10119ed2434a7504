// What would be sent, for people.
#include "delivery/sender_fixture.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

std::string shown(const Sink& sink) {
  const auto text = preview(sink, output_parcel(), noon());
  return text ? *text : "error: " + text.error().message;
}

}  // namespace

TEST_CASE("a webhook's preview shows the request, with secrets by their names") {
  WebhookSink sink;
  sink.url = "${credential:slack}";
  sink.form = WebhookSink::Form::slack;
  sink.headers = {{"Authorization", "Bearer ${env:TOKEN}"}};
  CHECK(shown(sink_of(sink)) ==
        "POST ${credential:slack}\n"
        "Authorization: Bearer ${env:TOKEN}\n"
        "Content-Type: application/json\n"
        "Idempotency-Key: c0ffee00c0ffee00\n"
        "\n"
        "{\"text\":\"*daily-standup*, 2026-06-01 09:00, run 1234\\nAll is well.\\n\"}\n");
}

TEST_CASE("a mail's preview shows its headers and the text as a reader sees it") {
  EmailSink sink;
  sink.server = "smtps://mail.example.com";
  sink.from = "nowd@example.com";
  sink.to = {"ops@example.com"};
  const std::string text = shown(sink_of(sink));
  CHECK(
      text.starts_with("SMTP smtps://mail.example.com\nDate: Mon, 01 Jun 2026 10:00:00 +0000\nFrom: nowd@example.com"));
  CHECK(text.ends_with("quoted-printable\n\nAll is well.\n\n"));
}

TEST_CASE("a file's preview shows the path, a command's the command line") {
  CHECK(shown(sink_of(FileSink{"/srv/{{job}}.md"})) == "/srv/daily-standup.md\n\nAll is well.\n\n");
  CHECK(shown(sink_of(ExecSink{{"/bin/notify", "it's {{today}}", "{{job}}"}})) ==
        "/bin/notify 'it'\\''s 2026-06-01' daily-standup\n\nAll is well.\n\n");
}

TEST_CASE("what cannot be rendered is an error that names the sink") {
  CHECK(shown(sink_of(FileSink{"/srv/{{jbo}}.md"})).starts_with("error: sink ops: path: "));
}
