// What a webhook is sent: the message in the form that its receiver reads. Pure.
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
  std::vector<std::pair<std::string, std::string>> headers;  ///< that belong to the form: Content-Type, Title …
};

/// slack: {"text"}, with & < > escaped, so that a model's text mentions nobody (<!channel>). teams: a message with an
/// Adaptive Card, as Workflows takes it. discord: {"content"} that mentions nobody. ntfy: plain text and a Title.
/// An output begins with its job, the local time that it is scheduled for, and its run: "standup, 2026-06-01 09:00, run
/// 7". In teams and discord, which would hide a link's address behind its text, [text](address) becomes [text]
/// (address). json: the sink's body with its {{tokens}} filled in, or else the whole message as an object. Texts beyond
/// a form's limit are cut. Errors: `invalid` for a template that cannot be rendered.
Result<WebhookContent> webhook_content(const WebhookSink& sink, const Delivery& delivery, Now now);

}  // namespace nowd
