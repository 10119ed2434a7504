// One message to one sink, decided: what an attempt's outcome means, and when the next one is due. Pure.
//
//   pending ⇄ sending ──► delivered · failed (the sink will never take it) · unknown (it may have) · expired (too late)
//   shown: a dry run's message, which never leaves
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

/// What a message is: a run's output, an alert (on_failure), word of a recovery, or a heartbeat.
enum class Purpose { output, alert, recovery, heartbeat };
std::string_view to_string(Purpose purpose);
std::optional<Purpose> parse_purpose(std::string_view name);

/// A message as a sink gets it: all but `attempt` and `last_detail` is the same at every attempt.
struct Delivery {
  std::int64_t delivery = 0;
  Purpose purpose = Purpose::output;
  std::string key;             ///< idempotency key, hex; the same at every attempt
  std::string subject;         ///< one line
  std::string text;            ///< the output, or the alert's text
  std::string run_state;       ///< "succeeded" …; empty where no run is meant
  std::string verdict;         ///< the run's
  int attempt = 1;             ///< of this delivery
  std::string last_detail;     ///< what the attempt before came to (SendOutcome::detail); empty at the first
  std::optional<RunTime> run;  ///< which run it is about; heartbeats and outputs always have one
};

/// What one attempt came to.
struct SendOutcome {
  enum class What {
    delivered,  ///< the sink said so
    again,      ///< it did not take it now (down, busy, 5xx), or its answer was lost and it can tell a repetition
    failed,     ///< it will never take this (4xx, 5xx of SMTP, a bad address)
    unknown     ///< it may have taken it, and could not tell a repetition
  };
  What what = What::again;
  std::string detail;    ///< for people: the status, the reply, the error; without secrets
  bool in_part = false;  ///< delivered, but not to all of the sink's addresses: `detail` names the others
  bool denied = false;   ///< the guard kept it back, for the sink's clock: `detail` says why
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
/// The detail of an attempt that is to be repeated, with the addresses that wait since the one before, should it not
/// name any itself because it did not come as far as the server.
std::string with_waiting(std::string_view last_detail, std::string detail);

struct DeliveryStep {
  DeliveryState state = DeliveryState::pending;
  std::optional<Instant> next_at;  ///< of a pending one
  bool operator==(const DeliveryStep&) const = default;
};

/// After the `attempts`-th attempt (1 = first). `expires_at`: from then on it is not sent any more. `spread` in [0, 1)
/// is the jitter: waits double from 5 s to 5 min, and `spread` places the next attempt in the upper half of the wait.
DeliveryStep after_attempt(const SendOutcome& outcome, int attempts, Instant now, Instant expires_at, double spread);

// What the {{tokens}} of a sink's templates stand for.

/// The tokens of a message besides those of its run's time. `all` is for where any text is at home; a path takes only
/// words that nowd itself makes, and a place beside the text (header, argument, subject) anything but the text.
enum class MessagePlace { all, beside_text, path };
const std::vector<std::string>& message_tokens(MessagePlace place);

/// Requires: `delivery` outlives the values. A delivery without a run has empty {{run}}, {{job}} and times.
TemplateValues message_values(const Delivery& delivery, Now now);

}  // namespace nowd
