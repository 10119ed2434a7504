// Why a model stopped, normalised over all providers. Every raw value set is open: what is not known is `unknown`,
// and `unknown` never counts as complete.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace nowd {

enum class Stop {
  complete,
  stop_sequence,
  tool_call,
  truncated_output,
  truncated_context,
  filtered,
  refused,
  prompt_blocked,
  paused,
  compacted,
  malformed,
  tool_misuse,
  loop_limit,
  budget_exceeded,
  provider_error,
  cancelled,
  in_progress,
  missing,
  stream_cut,
  unknown,
};

std::string_view to_string(Stop stop);
std::optional<Stop> parse_stop(std::string_view name);

/// A provider's own word in a message for people: in quotes, at most 60 characters of it, and whatever is no printable
/// ASCII as \xNN. A word that is none can so neither end its quotes nor move a reader's cursor.
std::string quoted_word(std::string_view raw);

/// What nowd does about it.
enum class StopAction { commit, run_tools, retry_larger, resume, repair_once, fail, hold };
std::string_view to_string(StopAction action);
std::optional<StopAction> parse_stop_action(std::string_view name);

/// The default action of a class (inference.md 1). A job accepts a stop sequence only if it says so.
StopAction default_action(Stop stop);

/// What a job may say of a class instead: only what makes sense. Empty where nothing may be said. Invariant: commit is
/// offered for a stop sequence alone, and nothing that is unknown or missing is offered anything but to end the run.
std::span<const StopAction> offered_actions(Stop stop);

/// What a provider's word means, and what it asks for by itself.
struct StopMeaning {
  Stop stop = Stop::unknown;
  StopAction action = StopAction::hold;
  bool operator==(const StopMeaning&) const = default;
};

/// What a job says; a class that is not in it keeps its default.
using StopRules = std::map<Stop, StopAction>;

}  // namespace nowd
