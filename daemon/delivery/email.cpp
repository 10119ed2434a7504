#include "delivery/email.hpp"

#include "delivery/cut_text.hpp"
#include "delivery/mail_text.hpp"
#include "delivery/not_sent.hpp"

namespace nowd {
namespace {

using What = SendOutcome::What;

constexpr std::size_t shown_of_reply = 500;

What meaning_of(MailOutcome::End end) {
  switch (end) {
    case MailOutcome::End::accepted:
      return What::delivered;
    case MailOutcome::End::refused:
      return What::failed;
    case MailOutcome::End::not_sent:
      return What::again;
    case MailOutcome::End::in_doubt:
      return What::unknown;
  }
  return What::unknown;
}

/// Everything but the text. Errors: the password cannot be read.
Result<MailRequest> request_to(const EmailSink& sink, milliseconds timeout, const SecretReader& secrets) {
  MailRequest request;
  request.server = sink.server;
  request.tls_required = sink.tls == EmailSink::Tls::required;
  request.from = sink.from;
  request.to = sink.to;
  request.timeout = timeout;
  if (sink.user.empty()) return request;
  const auto password = secrets(sink.password);
  if (!password) return password.error();
  request.user = sink.user;
  request.password = password->reveal();
  return request;
}

Redactor redactor_of(const MailRequest& request, const SecretReader& secrets) {
  Redactor redact = secrets.known();
  redact.add(Secret(request.password));
  return redact;
}

}  // namespace

SendOutcome judge(const MailOutcome& outcome, const EmailSink& sink) {
  SendOutcome out;
  out.what = meaning_of(outcome.end);
  out.detail = outcome.detail;
  out.started = outcome.started;
  out.ended = outcome.ended;
  out.remote = sink.server;
  return out;
}

boost::asio::awaitable<SendOutcome> send_email(MailClient& mail, EmailSink sink, milliseconds timeout, Parcel parcel,
                                               Now now, SecretReader secrets) {
  auto request = request_to(sink, timeout, secrets);
  if (!request) co_return not_sent(What::again, "password: " + request.error().message);
  auto text = mail_text(sink, parcel, now);
  if (!text) co_return not_sent(What::failed, text.error().message);
  request->text = std::move(*text);
  const Redactor redact = redactor_of(*request, secrets);
  const MailOutcome outcome = co_await mail.send(std::move(*request));
  SendOutcome judged = judge(outcome, sink);
  judged.detail = beginning_of(redact(judged.detail), shown_of_reply);
  co_return judged;
}

boost::asio::awaitable<Result<std::string>> probe_email(MailClient& mail, EmailSink sink, milliseconds timeout,
                                                        SecretReader secrets) {
  auto request = request_to(sink, timeout, secrets);
  if (!request) co_return request.error();
  const Redactor redact = redactor_of(*request, secrets);
  const MailOutcome outcome = co_await mail.probe(std::move(*request));
  const std::string detail = beginning_of(redact(outcome.detail), shown_of_reply);
  if (outcome.end == MailOutcome::End::accepted) co_return detail;
  if (outcome.end == MailOutcome::End::refused) co_return refused(sink.server + ": " + detail);
  co_return unavailable(sink.server + ": " + detail);
}

}  // namespace nowd
