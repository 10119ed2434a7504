// A POST to a sink, and what its answer means for the message.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "delivery/webhook/asked_wait.hpp"
#include "delivery/webhook/webhook_answer.hpp"
#include "domain/delivery/outbox.hpp"
#include "foundation/secret.hpp"
#include "net/http/http_client.hpp"

namespace nowd {

/// A request that is complete, and what may not be shown of it.
struct HttpPost {
  HttpRequest request;
  std::string origin;  ///< "https://hooks.slack.com:443"
  Redactor redact;
  AnswerRule rule;
};

/// 2xx delivered, unless the answer's text says otherwise (AnswerRule); 408, 425, 429 and 5xx again; any other failed,
/// with the first characters of the answer. A wait that the server asks for is in the outcome of `again`.
SendOutcome judge(const HttpPost& post, const HttpResponse& response);
/// No answer, or not all of it. Where the status came, it counts, but under a SuccessRule, which needs all of it:
/// unknown. Without a status again: a webhook can tell a repetition by its key, and what keeps the request from being
/// sent (a name, a certificate) can be mended within hours.
SendOutcome judge(const HttpPost& post, const HttpFailure& failure);

boost::asio::awaitable<SendOutcome> send_post(HttpClient& http, HttpPost post);

/// Limits of an attempt, the same for all requests to sinks.
void set_limits(HttpRequest& request, milliseconds timeout);

}  // namespace nowd
