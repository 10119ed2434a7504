// Mail against a scripted server: what each of its words, and each silence, means for the message.
#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>

#include "delivery/mail/email.hpp"
#include "delivery/sender_fixture.hpp"
#include "support/catch.hpp"
#include "support/smtp_fixture.hpp"
#include "support/untrusted_server.hpp"

using namespace nowd;
using namespace nowd::test;
using What = SendOutcome::What;
using Then = SmtpAct::Then;

namespace {

struct Post {
  SmtpFixture server;
  Sending sending;

  Sink sink() const {
    EmailSink mail;
    mail.server = server.url();
    mail.tls = EmailSink::Tls::none;
    mail.from = "nowd@example.com";
    mail.to = {"ops@example.com", "boss@example.com"};
    return sink_of(mail);
  }
  SendOutcome send() { return sending.send(sink()); }
};

}  // namespace

TEST_CASE("a mail is handed over whole, to everybody, with a Message-ID that a repetition has too") {
  Post post;
  post.sending.delivery.text = "Dear all,\n.dots at a line's start stay\n.\nbye";
  const auto outcome = post.send();
  CHECK(outcome.what == What::delivered);
  CHECK(outcome.detail == "250 queued as 42");
  CHECK(outcome.remote == post.server.url());
  CHECK(outcome.started.has_value());
  CHECK(outcome.ended.has_value());
  const auto commands = post.server.commands();
  for (const char* line : {"MAIL FROM:<nowd@example.com>", "RCPT TO:<ops@example.com>", "RCPT TO:<boss@example.com>"}) {
    INFO(line);
    CHECK(std::any_of(commands.begin(), commands.end(), [&](const auto& one) { return one.starts_with(line); }));
  }
  REQUIRE(post.server.texts().size() == 1);
  const std::string text = post.server.texts()[0];
  CHECK(holds(text, "Message-ID: <c0ffee00c0ffee00@nowd.example.com>\r\n"));
  CHECK(holds(text, "\r\n\r\nDear all,\r\n.dots at a line's start stay\r\n.\r\nbye\r\n"));
  CHECK(post.send().what == What::delivered);
  CHECK(holds(post.server.texts()[1], "Message-ID: <c0ffee00c0ffee00@nowd.example.com>\r\n"));
}

TEST_CASE("a 4xx reply at any stage means again, a 5xx failed") {
  const std::string stage = GENERATE("MAIL", "RCPT", "DATA", "DOT");
  INFO(stage);
  Post post;
  post.server.at(stage, {"451 greylisted, come back"});
  const auto later = post.send();
  CHECK(later.what == What::again);
  CHECK(later.detail == "451 greylisted, come back");
  post.server.at(stage, {"554 never"});
  const auto never = post.send();
  CHECK(never.what == What::failed);
  CHECK(never.detail == "554 never");
}

TEST_CASE("one refused recipient keeps no mail from the others, and is named in the outcome") {
  const int refused = GENERATE(1, 2);
  Post post;
  post.server.at("RCPT", {"550 no such user"}, refused);
  const auto outcome = post.send();
  CHECK(outcome.what == What::delivered);
  CHECK(outcome.in_part);
  const std::string gone = refused == 1 ? "ops@example.com" : "boss@example.com";
  CHECK(outcome.detail == "250 queued as 42; refused: " + gone + " (550 no such user)");
  CHECK(post.server.texts().size() == 1);
}

TEST_CASE("one recipient that is put off is tried again by itself: the others have the mail once") {
  Post post;
  post.server.at("RCPT", {"450 greylisted"}, 1);
  const auto first = post.send();
  CHECK(first.what == What::again);
  CHECK(first.detail == "waiting for ops@example.com: 250 queued as 42");
  CHECK(post.server.texts().size() == 1);

  post.server.at("RCPT", {"250 ok"});
  post.sending.delivery.attempt = 2;
  post.sending.delivery.last_detail = first.detail;
  const std::size_t before = post.server.commands().size();
  const auto second = post.send();
  CHECK(second.what == What::delivered);
  CHECK_FALSE(second.in_part);
  const auto commands = post.server.commands();
  for (std::size_t i = before; i < commands.size(); ++i) CHECK_FALSE(commands[i].starts_with("RCPT TO:<boss"));
  CHECK(std::count_if(commands.begin(), commands.end(),
                      [](const auto& one) { return one.starts_with("RCPT TO:<ops@example.com>"); }) == 2);
  CHECK(holds(post.server.texts().at(1), "To: ops@example.com,\r\n boss@example.com"));
}

TEST_CASE("while a recipient waits, no other failure makes the served ones get the mail again") {
  Post post;
  post.sending.delivery.last_detail = "waiting for ops@example.com: 250 queued as 42";
  const std::string stage = GENERATE("GREETING", "MAIL", "RCPT", "DATA", "DOT");
  INFO(stage);
  post.server.at(stage, {"451 later"});
  CHECK(post.send().detail == "waiting for ops@example.com: 451 later");
  post.server.at("RCPT", {"550 gone"});
  if (stage != "RCPT") return;
  const auto last = post.send();
  CHECK(last.what == What::delivered);  // to all but this one
  CHECK(last.in_part);
  CHECK(last.detail == "550 gone; refused: ops@example.com (550 gone)");
}

TEST_CASE("where every recipient is refused, one that is only put off is tried again") {
  Post post;
  post.server.at("RCPT", {"550 no such user"}, 1);
  Sink sink = post.sink();
  std::get<EmailSink>(sink.target).to = {"gone@example.com"};
  CHECK(post.sending.send(sink).what == What::failed);
  const MailOutcome mixed{.end = MailOutcome::End::not_sent,
                          .code = 450,
                          .detail = "450 later",
                          .refused_to = {{"a@example.com", 550, "550 gone"}, {"b@example.com", 450, "450 later"}}};
  EmailSink both;
  both.to = {"a@example.com", "b@example.com"};
  const auto outcome = judge(mixed, both, both.to, Redactor());
  CHECK(outcome.what == What::again);
  CHECK(outcome.detail == "waiting for b@example.com: 450 later; refused: a@example.com (550 gone)");
  CHECK(open_recipients(both, outcome.detail) == std::vector<std::string>{"b@example.com"});
}

TEST_CASE("a recipient that waits and is taken out of the configuration is not waited for") {
  Post post;
  post.sending.delivery.last_detail = "waiting for gone@example.com: 450 later";
  const auto outcome = post.send();
  CHECK(outcome.what == What::delivered);
  CHECK(post.server.commands().empty());
  EmailSink sink;
  sink.to = {"a@example.com"};
  CHECK(open_recipients(sink, "") == sink.to);
  CHECK(open_recipients(sink, "451 waiting for a@example.com") == sink.to);
}

TEST_CASE("a connection lost before the text was handed over means again") {
  const std::string stage = GENERATE("GREETING", "EHLO", "MAIL", "RCPT", "DATA");
  INFO(stage);
  Post post;
  post.server.at(stage, {.then = Then::hang_up});
  const auto outcome = post.send();
  CHECK(outcome.what == What::again);
  CHECK_FALSE(outcome.detail.empty());
  CHECK(post.server.texts().empty());
}

TEST_CASE("a text that broke off half-way is not a mail: again") {
  Post post;
  post.server.at("TEXT", {.then = Then::hang_up});
  post.sending.delivery.text = std::string(20'000'000, 'x');  // more than any buffer on the way holds
  CHECK(post.send().what == What::again);
  CHECK(post.server.texts().empty());
}

TEST_CASE("a text that stalls half-way is given up, and no dot makes a mail of its torso") {
  Post post;
  post.server.at("TEXT", {.then = Then::stall});
  post.sending.delivery.text = std::string(20'000'000, 'x');
  Sink sink = post.sink();
  sink.timeout = milliseconds{300};
  CHECK(post.sending.send(sink).what == What::again);
  post.server.at("TEXT", {});
  post.server.resume();
  post.sending.delivery.text = "short";
  CHECK(post.send().what == What::delivered);  // on the next connection: the first one is over
  CHECK(post.server.texts().size() == 1);
}

TEST_CASE("a mail that is cancelled, or whose client goes, ends without waiting for its server") {
  SmtpFixture server;
  boost::asio::io_context io;
  const SystemClock clock;
  std::optional<MailClient> client(std::in_place, io.get_executor(), clock);
  server.at("MAIL", {.then = Then::hang});
  const MailRequest request{
      .server = server.url(), .tls_required = false, .from = "a@b.example", .to = {"c@d.example"}};
  boost::asio::cancellation_signal stop;
  std::exception_ptr cancelled;
  bool done = false;
  boost::asio::co_spawn(io, client->send(request),
                        boost::asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr error, MailOutcome) {
                          cancelled = error;
                          done = true;
                        }));
  boost::asio::post(io, [&] { stop.emit(boost::asio::cancellation_type::terminal); });
  run_until(io, done);
  CHECK(cancelled);

  std::optional<MailOutcome> outcome;
  boost::asio::co_spawn(io, client->send(request), [&](std::exception_ptr, MailOutcome value) { outcome = value; });
  boost::asio::post(io, [&] { client.reset(); });
  io.restart();
  io.run();
  REQUIRE(outcome.has_value());
  CHECK(outcome->end == MailOutcome::End::not_sent);
  CHECK(outcome->detail == "the mail was cancelled");
}

TEST_CASE("a connection lost after the whole text leaves the mail in doubt") {
  Post post;
  post.server.at("DOT", {.then = Then::hang_up});
  const auto outcome = post.send();
  CHECK(outcome.what == What::unknown);
  CHECK(holds(outcome.detail, "the server may have the mail"));
  CHECK(post.server.texts().size() == 1);
}

TEST_CASE("time that runs out is judged as a lost connection is") {
  Post post;
  Sink sink = post.sink();
  sink.timeout = seconds{5};
  post.server.at("DOT", {.then = Then::hang});
  CHECK(post.sending.send(sink).what == What::unknown);
  sink.timeout = milliseconds{300};
  post.server.at("MAIL", {.then = Then::hang});
  const auto outcome = post.sending.send(sink);
  CHECK(outcome.what == What::again);
  CHECK(holds(outcome.detail, "no end within 300 ms"));
}

TEST_CASE("once the server took the mail, its silence at the goodbye changes nothing and holds nobody up") {
  Post post;
  post.server.at("DOT", {"250 queued", Then::hang});
  const SystemClock clock;
  const Tick before = clock.tick();
  CHECK(post.send().what == What::delivered);
  CHECK(clock.tick() - before < seconds{10});
}

TEST_CASE("a server that is down means again, with the remedy") {
  Post post;
  Sink sink = post.sink();
  {
    const SmtpFixture gone;
    std::get<EmailSink>(sink.target).server = gone.url();
  }
  const auto outcome = post.sending.send(sink);
  CHECK(outcome.what == What::again);
  CHECK_FALSE(outcome.started.has_value());
  CHECK(holds(outcome.detail, "check the address, the port and the network"));
}

TEST_CASE("without STARTTLS nothing is sent where TLS is required") {
  Post post;
  Sink sink = post.sink();
  std::get<EmailSink>(sink.target).tls = EmailSink::Tls::required;
  const auto outcome = post.sending.send(sink);
  CHECK(outcome.what == What::again);
  CHECK(holds(outcome.detail, "STARTTLS"));
  for (const std::string& line : post.server.commands()) CHECK_FALSE(line.starts_with("MAIL"));
}

TEST_CASE("a certificate that nobody vouches for means again, and neither password nor mail goes there") {
  UntrustedServer stranger;
  Post post;
  Sink sink = post.sink();
  auto& mail = std::get<EmailSink>(sink.target);
  mail.server = stranger.mail_url();
  mail.tls = EmailSink::Tls::required;
  const auto outcome = post.sending.send(sink);
  CHECK(outcome.what == What::again);
  CHECK(holds(outcome.detail, "check the certificate's names and dates"));
  CHECK(stranger.heard().empty());
}

TEST_CASE("the password is read for each attempt, and shown nowhere") {
  Post post;
  Sink sink = post.sink();
  auto& mail = std::get<EmailSink>(sink.target);
  mail.user = "nowd";
  mail.password = {SecretSource::Kind::credential, "smtp"};
  CHECK(post.sending.send(sink).what == What::again);  // not there yet
  CHECK(post.server.commands().empty());
  post.sending.secrets["smtp"] = "hunter2-hunter2";
  CHECK(post.sending.send(sink).what == What::delivered);
  post.server.at("LOGIN", {"535 bad password hunter2-hunter2"});
  const auto outcome = post.sending.send(sink);
  CHECK(outcome.what == What::failed);
  CHECK(outcome.detail == "535 bad password [redacted]");
}

TEST_CASE("a probe greets and logs in, and mails nothing") {
  Post post;
  const auto seen = post.sending.probe(post.sink());
  REQUIRE(seen.has_value());
  CHECK(seen.value() == "250 ok");
  for (const std::string& line : post.server.commands()) CHECK_FALSE(line.starts_with("MAIL"));
  post.server.at("GREETING", {"554 go away"});
  const auto refusal = post.sending.probe(post.sink());
  REQUIRE(refusal.has_error());
  CHECK(holds(refusal.error().message, post.server.url()));
}

TEST_CASE("a reply is redacted before it is cut: no piece of a secret is left at its end") {
  Post post;
  Sink sink = post.sink();
  auto& mail = std::get<EmailSink>(sink.target);
  mail.user = "nowd";
  mail.password = {SecretSource::Kind::credential, "smtp"};
  post.sending.secrets["smtp"] = "hunter2-hunter2";
  for (const std::size_t before : {483U, 490U, 494U, 499U}) {
    post.server.at("LOGIN", {"535 " + std::string(before - 4, 'x') + "hunter2-hunter2 is no password"});
    const auto outcome = post.sending.send(sink);
    CHECK(outcome.what == What::failed);
    CHECK(outcome.detail.size() <= 500);
    CHECK_FALSE(holds(outcome.detail, "h"));
  }
  const auto seen = post.sending.probe(sink);
  REQUIRE(seen.has_error());
  CHECK_FALSE(holds(seen.error().message, "xh"));
}
