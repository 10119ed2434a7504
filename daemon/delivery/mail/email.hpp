// Mail as a sink: one attempt, and the meaning of the server's replies for the message.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "domain/delivery/outbox.hpp"
#include "domain/delivery/sink.hpp"
#include "domain/job/secret_text.hpp"
#include "net/mail/mail_client.hpp"

namespace nowd {

/// The addresses of an attempt: all addresses of the sink, or those that the previous attempt deferred, which its
/// detail lists ("waiting for a@example.com, b@example.com: …").
std::vector<std::string> open_recipients(const EmailSink& sink, std::string_view last_detail);

/// 4xx: again. 5xx: failed. A connection lost before the end of the text: again; after it: unknown. If the server
/// accepted only some of the addresses `to`: again for those with a 4xx, which the detail begins with; otherwise
/// delivered in part, and the detail lists the refused ones. Redacts the server's replies.
SendOutcome judge(const MailOutcome& outcome, const EmailSink& sink, const std::vector<std::string>& to,
                  const Redactor& redact);

boost::asio::awaitable<SendOutcome> send_email(MailClient& mail, EmailSink sink, milliseconds timeout,
                                               Delivery delivery, Now now, SecretReader secrets);

/// Greets, starts TLS and logs in. Errors: `unavailable` or `refused`, with the server's reply.
boost::asio::awaitable<Result<std::string>> probe_email(MailClient& mail, EmailSink sink, milliseconds timeout,
                                                        SecretReader secrets);

}  // namespace nowd
