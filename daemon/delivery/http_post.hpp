// A POST to a sink, and what its answer means for the message.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "domain/delivery/outbox.hpp"
#include "foundation/secret.hpp"
#include "net/http_client.hpp"

namespace nowd {

/// A request that is complete, and what may not be shown of it.
struct HttpPost {
  HttpRequest request;
  std::string origin;  ///< "https://hooks.slack.com:443"
  Redactor redact;
};

/// The longest that a sink may ask to wait, in seconds or until an HTTP date (RFC 9110, 10.2.3), which counts from the
/// server's own `date`, or else from `now`. Nothing if it is neither.
std::optional<milliseconds> retry_after(std::string_view header, std::optional<Instant> date, Instant now);

/// 2xx delivered; 408, 425, 429 and 5xx again; any other failed, with the first characters of the answer.
SendOutcome judge(const HttpPost& post, const HttpResponse& response);
/// No answer, or not all of it. Where the status came, it counts; else again: a webhook can tell a repetition by its
/// key, and what keeps the request from being sent (a name, a certificate) can be mended within hours.
SendOutcome judge(const HttpPost& post, const HttpFailure& failure);

boost::asio::awaitable<SendOutcome> send_post(HttpClient& http, HttpPost post);

/// Limits of an attempt, the same for all requests to sinks.
void set_limits(HttpRequest& request, milliseconds timeout);

}  // namespace nowd
