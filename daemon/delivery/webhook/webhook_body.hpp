// The body of a webhook: the message in the form of its receiver. Pure.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "domain/delivery/outbox.hpp"
#include "domain/delivery/sink.hpp"
#include "foundation/error.hpp"

namespace nowd {

struct WebhookContent {
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;  ///< headers of the form: Content-Type, Title …
};

/// slack: {"text"}, with & < > escaped, so that a model's text cannot mention people (<!channel>). teams: a message
/// with an Adaptive Card, for Workflows. discord: {"content"} without mentions. ntfy: plain text and a Title. An output
/// begins with its job, its scheduled local time, and its run: "standup, 2026-06-01 09:00, run 7". In teams and discord
/// [text](address) becomes [text] (address), because these would hide the address behind the text. json: the sink's
/// body with its {{tokens}} filled in, or else the whole message as an object. Cuts texts at the limit of the form.
/// Errors: `invalid` for a template that cannot be rendered.
Result<WebhookContent> webhook_content(const WebhookSink& sink, const Delivery& delivery, Now now);

}  // namespace nowd
