// Mails as they go over the wire.
#include "delivery/mail/mail_text.hpp"
#include "delivery/sender_fixture.hpp"
#include "foundation/text/words.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

EmailSink ops() {
  EmailSink sink;
  sink.server = "smtps://mail.example.com:465";
  sink.from = "nowd@example.com";
  sink.to = {"ops@example.com", "boss@example.com"};
  return sink;
}

std::string mail(const EmailSink& sink, const Delivery& delivery) {
  const auto text = mail_text(sink, delivery, noon());
  REQUIRE(text.has_value());
  return *text;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find("\r\n", at);
    REQUIRE(end != std::string::npos);
    lines.push_back(text.substr(at, end - at));
    at = end + 2;
  }
  return lines;
}

}  // namespace

TEST_CASE("a mail is exactly this") {
  CHECK(mail(ops(), output_parcel()) ==
        "Date: Mon, 01 Jun 2026 10:00:00 +0000\r\n"
        "From: nowd@example.com\r\n"
        "To: ops@example.com,\r\n boss@example.com\r\n"
        "Subject: daily-standup: 2026-06-01\r\n"
        "Message-ID: <c0ffee00c0ffee00@nowd.example.com>\r\n"
        "Auto-Submitted: auto-generated\r\n"
        "MIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n"
        "\r\n"
        "All is well.\r\n");
}

TEST_CASE("a subject may be a template, and no subject can add a header") {
  EmailSink sink = ops();
  sink.subject = "{{job}} {{today:%d.%m.}} {{state}}: {{subject}}";
  Delivery delivery = output_parcel();
  delivery.subject = "a\r\nBcc: victim@example.com";
  const std::string text = mail(sink, delivery);
  CHECK(holds(text, "\r\nSubject: daily-standup 01.06. succeeded: a  Bcc: victim@example.com\r\n"));
  CHECK_FALSE(holds(text, "\r\nBcc:"));
  sink.subject = "{{subjct}}";
  CHECK(mail_text(sink, delivery, noon()).has_error());
}

TEST_CASE("a subject beyond ASCII becomes encoded words that split no character") {
  CHECK(encoded_words("Bericht für Köln", " ") == "=?UTF-8?B?QmVyaWNodCBmw7xyIEvDtmxu?=");
  CHECK(encoded_words("", " ").empty());
  CHECK(encoded_words("looks =?like?= one", " ").starts_with("=?UTF-8?B?"));
  std::string umlauts = "x";
  for (int i = 0; i < 100; ++i) umlauts += "\xC3\xB6";
  const std::string words = encoded_words(umlauts, "\r\n ");
  for (const std::string& word : lines_of(words + "\r\n")) CHECK(word.size() <= 76);
  // 45 bytes from "x" on would end within a character: the first word has 22 of them, 45 bytes.
  CHECK(words.starts_with("=?UTF-8?B?" + base64("x" + umlauts.substr(1, 44)) + "?=\r\n =?UTF-8?B?"));
}

TEST_CASE("quoted-printable keeps every byte, and no line is long") {
  CHECK(quoted_printable("a=b") == "a=3Db\r\n");
  CHECK(quoted_printable("f\xC3\xBCr") == "f=C3=BCr\r\n");
  CHECK(quoted_printable("end \nof\tline\t\n") == "end=20\r\nof\tline=09\r\n");
  CHECK(quoted_printable("a\r\nb\rc\n\nd") == "a\r\nb\r\nc\r\n\r\nd\r\n");
  CHECK(quoted_printable("") == "\r\n");
  CHECK(quoted_printable(std::string(76, 'x')) == std::string(75, 'x') + "=\r\nx\r\n");
  std::string long_text;
  for (int i = 0; i < 200; ++i) long_text += "\xE2\x82\xAC x";
  for (const std::string& line : lines_of(quoted_printable(long_text))) CHECK(line.size() <= 76);
}
