// Webhooks and heartbeats: the request from sink and message. Pure but for reading secrets.
#pragma once

#include <string>

#include "delivery/webhook/http_post.hpp"
#include "domain/delivery/sink.hpp"
#include "domain/job/secret_text.hpp"

namespace nowd {

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
