// Mail: one attempt, and what the server's words mean for the message.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "domain/delivery/outbox.hpp"
#include "domain/delivery/sink.hpp"
#include "domain/secret_text.hpp"
#include "net/mail_client.hpp"

namespace nowd {

/// 4xx again, 5xx failed; lost before the text was handed over again, lost after it unknown.
SendOutcome judge(const MailOutcome& outcome, const EmailSink& sink);

boost::asio::awaitable<SendOutcome> send_email(MailClient& mail, EmailSink sink, milliseconds timeout, Parcel parcel,
                                               Now now, SecretReader secrets);

/// Greets, starts TLS and logs in. Errors: `unavailable` or `refused`, in the server's words.
boost::asio::awaitable<Result<std::string>> probe_email(MailClient& mail, EmailSink sink, milliseconds timeout,
                                                        SecretReader secrets);

}  // namespace nowd
