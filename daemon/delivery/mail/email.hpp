// Mail: one attempt, and what the server's words mean for the message.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "domain/delivery/outbox.hpp"
#include "domain/delivery/sink.hpp"
#include "domain/job/secret_text.hpp"
#include "net/mail/mail_client.hpp"

namespace nowd {

/// The addresses that an attempt is for: all of the sink's, or those of them that the attempt before left for later,
/// as its detail says ("waiting for a@example.com, b@example.com: …").
std::vector<std::string> open_recipients(const EmailSink& sink, std::string_view last_detail);

/// 4xx again, 5xx failed; lost before the text was handed over again, lost after it unknown. Where the server took some
/// of the addresses `to` and not others: again for those it put off (4xx), which the detail then begins with; else
/// delivered, in part, and the detail names those that it refused. `redact` is applied to what the server said.
SendOutcome judge(const MailOutcome& outcome, const EmailSink& sink, const std::vector<std::string>& to,
                  const Redactor& redact);

boost::asio::awaitable<SendOutcome> send_email(MailClient& mail, EmailSink sink, milliseconds timeout,
                                               Delivery delivery, Now now, SecretReader secrets);

/// Greets, starts TLS and logs in. Errors: `unavailable` or `refused`, in the server's words.
boost::asio::awaitable<Result<std::string>> probe_email(MailClient& mail, EmailSink sink, milliseconds timeout,
                                                        SecretReader secrets);

}  // namespace nowd
