// Decides the delivery of one message to one sink: the state after an attempt, and the time of the next one. Pure.
//
//   pending ⇄ sending ──► delivered · failed (the sink will never take it) · unknown (it may have) · expired (too late)
//   shown: a dry run's message, which is never sent
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/prompt/run_time.hpp"
#include "domain/prompt/template.hpp"
#include "foundation/time/clock.hpp"

namespace nowd {

enum class DeliveryState { pending, sending, delivered, failed, unknown, expired, shown };
std::string_view to_string(DeliveryState state);
std::optional<DeliveryState> parse_delivery_state(std::string_view name);

/// The purpose of a message: a run's output, an alert (on_failure), the end of an alert, or a heartbeat.
enum class Purpose { output, alert, recovery, heartbeat };
std::string_view to_string(Purpose purpose);
std::optional<Purpose> parse_purpose(std::string_view name);

/// A message for a sink. All but `attempt` and `last_detail` is the same at every attempt.
struct Delivery {
  std::int64_t delivery = 0;
  Purpose purpose = Purpose::output;
  std::string key;             ///< idempotency key, hex; the same at every attempt
  std::string subject;         ///< one line
  std::string text;            ///< the output, or the alert's text
  std::string run_state;       ///< "succeeded" …; empty without a run
  std::string verdict;         ///< the run's
  int attempt = 1;             ///< of this delivery
  std::string last_detail;     ///< SendOutcome::detail of the attempt before; empty at the first
  std::optional<RunTime> run;  ///< the run of the message; heartbeats and outputs always have one
};

/// The outcome of one attempt.
struct SendOutcome {
  enum class What {
    delivered,  ///< the sink confirmed it
    again,      ///< not taken now (down, busy, 5xx), or the answer was lost and the sink recognises a repetition
    failed,     ///< the sink will never take it (4xx, 5xx of SMTP, a bad address)
    unknown     ///< the sink may have taken it, and does not recognise a repetition
  };
  What what = What::again;
  std::string detail;    ///< for people: the status, the reply, the error; without secrets
  bool in_part = false;  ///< delivered, but not to all of the sink's addresses: `detail` names the others
  bool denied = false;   ///< the guard refused it because of the sink's clock; the reason is in `detail`
  std::optional<milliseconds> retry_after;
  std::optional<Reading> started;  ///< nothing: no byte left
  std::optional<Reading> ended;
  std::string remote;  ///< "https://hooks.slack.com:443"
  std::optional<Instant> remote_date;
  bool operator==(const SendOutcome&) const = default;
};

/// Begins the detail of an attempt that left some addresses of a mail for later, and names them up to the first colon:
/// "waiting for a@example.com, b@example.com: 450 greylisted". The next attempt is for these alone.
inline constexpr std::string_view waiting_for = "waiting for ";
/// The detail of an attempt that is to be repeated. If it names no waiting addresses (it did not reach the server),
/// those of the attempt before are added.
std::string with_waiting(std::string_view last_detail, std::string detail);

struct DeliveryStep {
  DeliveryState state = DeliveryState::pending;
  std::optional<Instant> next_at;  ///< of a pending one
  bool operator==(const DeliveryStep&) const = default;
};

/// After the `attempts`-th attempt (1 = first). `expires_at`: from then on it is not sent any more. `spread` in [0, 1)
/// is the jitter: waits double from 5 s to 5 min, and `spread` places the next attempt in the upper half of the wait.
DeliveryStep after_attempt(const SendOutcome& outcome, int attempts, Instant now, Instant expires_at, double spread);

/// The {{tokens}} of a message in a sink's templates, besides those of its run's time. `all` is for places that take
/// any text; a path takes only words of nowd, and a place beside the text (header, argument, subject) all but the text.
enum class MessagePlace { all, beside_text, path };
const std::vector<std::string>& message_tokens(MessagePlace place);

/// Requires: `delivery` outlives the values. A delivery without a run has empty {{run}}, {{job}} and times.
TemplateValues message_values(const Delivery& delivery, Now now);

}  // namespace nowd
