// Sends a message to a sink: one attempt with its outcome. One file pair per kind of sink; pure functions plan the
// messages.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>
#include <string>
#include <utility>

#include "domain/delivery/outbox.hpp"
#include "domain/delivery/sink.hpp"
#include "domain/job/secret_text.hpp"
#include "foundation/error.hpp"
#include "net/mail/mail_client.hpp"

namespace nowd {

/// The outcome of an attempt that sent nothing.
inline SendOutcome not_sent(SendOutcome::What what, std::string detail) {
  SendOutcome out;
  out.what = what;
  out.detail = std::move(detail);
  return out;
}

class HttpClient;

/// Dispatches by the kind of the sink's target: send_to() and probe_target() have one overload per kind.
class Senders {
 public:
  Senders(boost::asio::any_io_executor executor, HttpClient& http, const Clock& clock, SecretReader secrets);
  virtual ~Senders() = default;

  /// One attempt within the sink's timeout. Failures of the sink are outcomes, not exceptions. The outcome has the
  /// sink's message without secrets. Terminal cancellation ends the attempt.
  virtual boost::asio::awaitable<SendOutcome> send(Sink sink, Delivery delivery);

  /// A heartbeat: an empty POST to `url`. A 2xx means delivered, unless its text reports an unknown check.
  virtual boost::asio::awaitable<SendOutcome> ping(std::string url, Delivery delivery);

  /// Checks that the sink is reachable, writable or executable and that its credentials are readable. Delivers nothing.
  /// Returns an observation ("HTTP 405 in 80 ms"). Errors: thing, value, remedy.
  boost::asio::awaitable<Result<std::string>> probe(Sink sink);

 private:
  using Sent = boost::asio::awaitable<SendOutcome>;
  using Probed = boost::asio::awaitable<Result<std::string>>;
  Sent send_to(WebhookSink target, milliseconds timeout, Delivery delivery);
  Sent send_to(EmailSink target, milliseconds timeout, Delivery delivery);
  Sent send_to(FileSink target, milliseconds timeout, Delivery delivery);
  Sent send_to(ExecSink target, milliseconds timeout, Delivery delivery);
  Probed probe_target(WebhookSink target, milliseconds timeout);
  Probed probe_target(EmailSink target, milliseconds timeout);
  Probed probe_target(FileSink target, milliseconds timeout);
  Probed probe_target(ExecSink target, milliseconds timeout);
  Now now() const;

  boost::asio::any_io_executor executor_;
  HttpClient& http_;
  const Clock& clock_;
  SecretReader secrets_;
  MailClient mail_;
  boost::asio::thread_pool files_{1};  ///< a slow disk must not block the loop
};

/// The message for people: method, URL, headers and body; the mail; the path and text; the command. Shows secrets in
/// the form of the configuration (${credential:NAME}). Errors: `invalid` for a template that cannot be rendered.
Result<std::string> preview(const Sink& sink, const Delivery& delivery, Now now);

}  // namespace nowd
