// Sending a message to a sink: one attempt, and what came of it. One file pair per kind of sink; what is sent is
// decided by pure functions.
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

/// The outcome of an attempt that did not get as far as sending anything.
inline SendOutcome not_sent(SendOutcome::What what, std::string detail) {
  SendOutcome out;
  out.what = what;
  out.detail = std::move(detail);
  return out;
}

class HttpClient;

class Senders {
 public:
  Senders(boost::asio::any_io_executor executor, HttpClient& http, const Clock& clock, SecretReader secrets);
  virtual ~Senders() = default;

  /// One attempt, done or given up within the sink's timeout. Never throws for what the sink does; what it says is in
  /// the outcome, without secrets. Cancelling (terminal) ends it.
  virtual boost::asio::awaitable<SendOutcome> send(Sink sink, Delivery delivery);

  /// A heartbeat: an empty POST to `url`. A 2xx is delivered, unless its text says that the check is not known.
  virtual boost::asio::awaitable<SendOutcome> ping(std::string url, Delivery delivery);

  /// Whether the sink could take a message now: reachable, writable, executable, credentials readable. Delivers
  /// nothing. Gives what was seen ("HTTP 405 in 80 ms"); errors: thing, value, remedy.
  boost::asio::awaitable<Result<std::string>> probe(Sink sink);

 private:
  boost::asio::any_io_executor executor_;
  HttpClient& http_;
  const Clock& clock_;
  SecretReader secrets_;
  MailClient mail_;
  boost::asio::thread_pool files_{1};  ///< a slow disk may not hold up the loop
};

/// What would be sent, for people: method, URL, headers and body; the mail; the path and text; the command. Secrets
/// stay as they stand in the configuration (${credential:NAME}). Errors: `invalid` where a template cannot be rendered.
Result<std::string> preview(const Sink& sink, const Delivery& delivery, Now now);

}  // namespace nowd
