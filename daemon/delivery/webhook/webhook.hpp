// POSTs to webhooks and heartbeats: the request, and the meaning of its answer for the message. Pure but for the
// reading of secrets and send_post().
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

// How long the server of a sink asks to wait: by the header, or by the bodies that say it instead. Pure.

/// Retry-After (net/retry_after.hpp). A date counts from the server's own `date`, or else from `now`. From 0 to 24
/// hours: less and more are cut to that. Nothing if the text is no wait.
std::optional<milliseconds> retry_after(std::string_view header, std::optional<Instant> date, Instant now);

/// {"retry_after": SECONDS}, as Discord answers, or {"parameters": {"retry_after": SECONDS}}, as Telegram does.
/// The same bounds. Nothing if the body is no JSON or does not say it.
std::optional<milliseconds> retry_after_in_body(std::string_view body);

/// A request, and whose fault it is if there is none: a secret that cannot be read may be readable soon, a template
/// that cannot be rendered never is.
using PlannedPost = boost::system::result<HttpPost, SendOutcome>;
[[noreturn]] inline void throw_exception_from_error(const SendOutcome& outcome, const boost::source_location&) {
  throw UnhandledError(invalid(outcome.detail));
}

/// The body and headers of the sink's form, the sink's own headers (which win), Idempotency-Key, and for form json the
/// run's X-Nowd-* headers.
PlannedPost plan_webhook(const WebhookSink& sink, milliseconds timeout, const Delivery& delivery, Now now,
                         const SecretReader& secrets);

/// An empty POST; the URL may hold secrets.
PlannedPost plan_ping(const std::string& url, const Delivery& delivery, const SecretReader& secrets);

/// A HEAD, which no server acts upon, with the sink's headers.
Result<HttpPost> plan_webhook_probe(const WebhookSink& sink, milliseconds timeout, const SecretReader& secrets);

/// The request for people: URL and headers as they stand in the configuration.
Result<std::string> webhook_preview(const WebhookSink& sink, const Delivery& delivery, Now now);

}  // namespace nowd
