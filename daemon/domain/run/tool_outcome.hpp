// The outcome of one call of a tool, as a value.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "domain/clocks/data_time.hpp"
#include "domain/job/job.hpp"
#include "foundation/time/clock.hpp"

namespace nowd {

/// The state of a call that is over (docs/effects.md).
enum class CallState {
  refused,    ///< nothing left this host: bad arguments, a rule, the command does not exist
  confirmed,  ///< the tool reported success (exit 0, a 2xx status)
  failed,     ///< the tool reported a failure (another exit code, a 4xx status)
  unknown,    ///< the effect may have happened: no answer after sending, a timeout, a 5xx after a request was sent
};
std::string_view to_string(CallState state);

/// Whether a call with this outcome may have changed something outside: a run in which one did is never repeated.
/// `started`: something of it left this host.
bool effect_may_have_happened(CallState state, bool started);

struct ToolOutcome {
  CallState state = CallState::refused;
  std::string result;  ///< text for the model, bounded; not yet escaped
  /// The result with the secrets that redaction took out of it: for other tools, never for a model, a screen or the
  /// ledger. Nothing = the result has no secrets.
  std::optional<std::string> unredacted;
  bool cut = false;              ///< more than max_bytes came; `result` ends with a note that says so
  std::optional<int> exit_code;  ///< exec: exit code; http: status
  std::optional<Reading> started;
  std::optional<Reading> ended;
  std::optional<Instant> remote_date;  ///< an HTTP Date
  std::string remote;                  ///< the host of that clock: "https://crm.internal:443"
  std::optional<DataTimes> data;       ///< where data_time is declared
  std::string error;                   ///< for people; empty when confirmed
};

// The question `when` of a job: is there anything to do? Pure.

enum class Answer { yes, no, none };

/// A command: exit 0 = yes, 1 = no, anything else is no answer. A query: no row = no, and so is a first row whose only
/// value is false, 0, null or an empty text; else yes.
Answer anything_to_do(const std::variant<ExecAction, SqlAction>& asked, const ToolOutcome& outcome);

}  // namespace nowd
