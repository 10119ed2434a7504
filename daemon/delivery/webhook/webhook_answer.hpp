// Whether an answer with a status of 2xx means that the message was taken: some servers say no in the body. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "domain/delivery/outbox.hpp"
#include "domain/delivery/sink.hpp"

namespace nowd {

/// What a server's answer has to say besides its status.
struct AnswerRule {
  enum class Server { any, slack, teams, discord, ntfy, heartbeat };
  Server server = Server::any;
  std::optional<SuccessRule> success;  ///< of form json
};
AnswerRule answer_rule(const WebhookSink& sink);

/// The reason why the message was not taken.
struct NotTaken {
  SendOutcome::What what = SendOutcome::What::failed;  ///< again: the server is busy or in trouble
  std::string said;                                    ///< by the server; not redacted, not cut
};

/// Nothing where the message was taken. An empty answer says nothing against it.
///  slack: "ok", or JSON with ok (or success) true.
///  https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks teams: not "Webhook message delivery
///  failed with error: … HTTP error 429 …", and no JSON with an error discord, ntfy: no JSON with an error, which has a
///  code and no id heartbeat: not "OK (not found)", "OK (rate limited)" (https://healthchecks.io/docs/http_api/), no
///  JSON with ok false all of these: no web page, which a proxy or a login answers with any: the sink's own rule, if it
///  has one
std::optional<NotTaken> objection_in(const AnswerRule& rule, std::string_view body);

}  // namespace nowd
