#include "delivery/mail/email.hpp"

#include <algorithm>
#include <iterator>

#include "delivery/cut_text.hpp"
#include "delivery/delivery.hpp"
#include "delivery/mail/mail_text.hpp"
#include "delivery/webhook/webhook.hpp"

namespace nowd {
namespace {

using What = SendOutcome::What;

constexpr std::size_t max_shown_reply = 500;

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

/// The request without its text. Errors: the password is not readable.
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

/// "a@example.com, b@example.com: 450 …" → the addresses, which hold neither a blank nor a colon.
std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> out;
  list = list.substr(0, list.find(':'));
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(", "), list.size());
    out.emplace_back(list.substr(0, end));
    list.remove_prefix(std::min(end + 2, list.size()));
  }
  return out;
}

/// The addresses of an attempt that did not get the mail.
struct Recipients {
  std::string later;  ///< to retry: deferred by the server, or the mail as a whole failed
  std::size_t later_count = 0;
  std::string never;  ///< "gone@example.com (550 no such user)"
};

Recipients recipients_of(const MailOutcome& outcome, const std::vector<std::string>& to) {
  Recipients out;
  for (const std::string& address : to) {
    const auto refused = std::ranges::find(outcome.refused_to, address, &RefusedRecipient::address);
    const bool was_refused = refused != outcome.refused_to.end();
    if (was_refused && refused->code >= 500) {
      out.never += (out.never.empty() ? "" : ", ") + address + " (" + refused->reply + ")";
    } else if (was_refused || outcome.end != MailOutcome::End::accepted) {
      out.later += (out.later.empty() ? "" : ", ") + address;
      ++out.later_count;
    }
  }
  return out;
}

SendOutcome no_recipient_left(const EmailSink& sink) {
  SendOutcome out;
  out.what = What::delivered;
  out.detail = "the addresses that were still to be served are no longer in `to`";
  out.remote = sink.server;
  return out;
}

Redactor redactor_of(const MailRequest& request, const SecretReader& secrets) {
  Redactor redact = secrets.known();
  redact.add(Secret(request.password));
  return redact;
}

}  // namespace

std::vector<std::string> open_recipients(const EmailSink& sink, std::string_view last_detail) {
  if (!last_detail.starts_with(waiting_for)) return sink.to;
  const std::vector<std::string> named = split(last_detail.substr(waiting_for.size()));
  std::vector<std::string> out;
  std::ranges::copy_if(sink.to, std::back_inserter(out),
                       [&](const std::string& one) { return std::ranges::find(named, one) != named.end(); });
  return out;
}

SendOutcome judge(const MailOutcome& outcome, const EmailSink& sink, const std::vector<std::string>& to,
                  const Redactor& redact) {
  const Recipients left = recipients_of(outcome, to);
  const bool some_were_served = to.size() < sink.to.size();
  SendOutcome out;
  out.what = meaning_of(outcome.end);
  out.detail = outcome.detail;
  if (outcome.end == MailOutcome::End::accepted && !left.later.empty()) out.what = What::again;
  if (out.what == What::failed && some_were_served && outcome.refused_to.size() == to.size())
    out.what = What::delivered;
  out.in_part = out.what == What::delivered && !left.never.empty();
  if (!left.never.empty() && out.what != What::failed) out.detail += "; refused: " + left.never;
  out.detail = beginning_of(redact(out.detail), max_shown_reply);
  const bool for_some = out.what == What::again && left.later_count < sink.to.size();
  if (for_some) out.detail = std::string(waiting_for) + left.later + ": " + out.detail;
  out.started = outcome.started;
  out.ended = outcome.ended;
  out.remote = sink.server;
  return out;
}

boost::asio::awaitable<SendOutcome> send_email(MailClient& mail, EmailSink sink, milliseconds timeout,
                                               Delivery delivery, Now now, SecretReader secrets) {
  auto request = request_to(sink, timeout, secrets);
  if (!request) co_return not_sent(What::again, "password: " + request.error().message);
  request->to = open_recipients(sink, delivery.last_detail);
  if (request->to.empty()) co_return no_recipient_left(sink);
  auto text = mail_text(sink, delivery, now);
  if (!text) co_return not_sent(What::failed, text.error().message);
  request->text = std::move(*text);
  const Redactor redact = redactor_of(*request, secrets);
  const std::vector<std::string> to = request->to;
  const MailOutcome outcome = co_await mail.send(std::move(*request));
  co_return judge(outcome, sink, to, redact);
}

boost::asio::awaitable<Result<std::string>> probe_email(MailClient& mail, EmailSink sink, milliseconds timeout,
                                                        SecretReader secrets) {
  auto request = request_to(sink, timeout, secrets);
  if (!request) co_return request.error();
  const Redactor redact = redactor_of(*request, secrets);
  const MailOutcome outcome = co_await mail.probe(std::move(*request));
  const std::string detail = beginning_of(redact(outcome.detail), max_shown_reply);
  if (outcome.end == MailOutcome::End::accepted) co_return detail;
  if (outcome.end == MailOutcome::End::refused) co_return refused(sink.server + ": " + detail);
  co_return unavailable(sink.server + ": " + detail);
}

}  // namespace nowd
