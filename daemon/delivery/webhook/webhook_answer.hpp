// Refusals in answers with a status of 2xx: some servers refuse a message in the body only. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "domain/delivery/outbox.hpp"
#include "domain/delivery/sink.hpp"

namespace nowd {

/// The server's rule for the body of its answers.
struct AnswerRule {
  enum class Server { any, slack, teams, discord, ntfy, heartbeat };
  Server server = Server::any;
  std::optional<SuccessRule> success;  ///< of a sink of form json
};
AnswerRule answer_rule(const WebhookSink& sink);

/// The refusal of a message.
struct NotTaken {
  SendOutcome::What what = SendOutcome::What::failed;  ///< again: the server is busy or has a problem
  std::string text;                                    ///< the server's answer; not redacted, not cut
};

/// The refusal in an answer, or nothing. An empty answer is no refusal, except under a SuccessRule.
///   slack: accepted by "ok", or JSON with ok (or success) true
///     https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
///   teams: refused by "Webhook message delivery failed with error: … HTTP error 429 …", or JSON with an error
///   discord, ntfy: refused by JSON with an error, a retry_after, or a code without an id
///   heartbeat: refused by "OK (not found)", "OK (rate limited)" or JSON with ok false
///     https://healthchecks.io/docs/http_api/
///   slack, teams, discord, ntfy: refused by a web page, the answer of a proxy or a login
///   any: by the sink's own SuccessRule, if it has one
std::optional<NotTaken> objection_in(const AnswerRule& rule, std::string_view body);

}  // namespace nowd
