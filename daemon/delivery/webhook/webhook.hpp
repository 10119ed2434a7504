// POSTs to webhooks and heartbeats: the request, and the meaning of its answer for the message. Pure, except
// send_post() and the reading of secrets.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "delivery/webhook/webhook_answer.hpp"
#include "domain/delivery/outbox.hpp"
#include "domain/delivery/sink.hpp"
#include "domain/job/secret_text.hpp"
#include "foundation/secret.hpp"
#include "foundation/time/time.hpp"
#include "net/http/http_client.hpp"

namespace nowd {

/// A complete request, and the redactor for its secrets.
struct HttpPost {
  HttpRequest request;
  std::string origin;  ///< "https://hooks.slack.com:443"
  Redactor redact;
  AnswerRule rule;
};

/// 2xx: delivered, unless the answer's text contradicts (AnswerRule). 408, 425, 429 and 5xx: again, with the wait that
/// the server asks for. Any other: failed, with the first characters of the answer.
SendOutcome judge(const HttpPost& post, const HttpResponse& response);
/// No answer, or an incomplete one. A status counts as above, except under a SuccessRule, which needs the whole answer:
/// unknown. Without a status: again, because webhooks recognize a repetition by its key, and obstacles to sending (a
/// name, a certificate) can be repaired within hours.
SendOutcome judge(const HttpPost& post, const HttpFailure& failure);

boost::asio::awaitable<SendOutcome> send_post(HttpClient& http, HttpPost post);

/// Sets the limits common to all requests to sinks.
void set_limits(HttpRequest& request, milliseconds timeout);

/// The wait in a Retry-After (net/http/retry_after.hpp), limited to 0 to 24 hours. A date counts from the server's own
/// `date`, or else from `now`. Nothing for an invalid text.
std::optional<milliseconds> retry_after(std::string_view header, std::optional<Instant> date, Instant now);

/// The wait in {"retry_after": SECONDS} (Discord) or {"parameters": {"retry_after": SECONDS}} (Telegram), with the same
/// limits. Nothing if the body is not JSON or has none.
std::optional<milliseconds> retry_after_in_body(std::string_view body);

/// A request, or the outcome without one: `again` for an unreadable secret, which may become readable; `failed` for a
/// template that cannot be rendered.
using PlannedPost = boost::system::result<HttpPost, SendOutcome>;
[[noreturn]] inline void throw_exception_from_error(const SendOutcome& outcome, const boost::source_location&) {
  throw UnhandledError(invalid(outcome.detail));
}

/// The body and headers of the sink's form, the sink's own headers (which have priority), Idempotency-Key, and for form
/// json the run's X-Nowd-* headers.
PlannedPost plan_webhook(const WebhookSink& sink, milliseconds timeout, const Delivery& delivery, Now now,
                         const SecretReader& secrets);

/// An empty POST. The URL may contain secrets.
PlannedPost plan_ping(const std::string& url, const Delivery& delivery, const SecretReader& secrets);

/// A HEAD, which has no effect on the server, with the sink's headers.
Result<HttpPost> plan_webhook_probe(const WebhookSink& sink, milliseconds timeout, const SecretReader& secrets);

/// The request for people, with URL and headers in the form of the configuration.
Result<std::string> webhook_preview(const WebhookSink& sink, const Delivery& delivery, Now now);

}  // namespace nowd
