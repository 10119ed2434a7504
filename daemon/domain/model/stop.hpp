// Stop classes: the reasons why a model stopped, normalised over all providers. Each provider's set of words is open:
// an unknown word is `unknown`, and never counts as complete.
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

/// A provider's own word for a message to people: in quotes, at most 60 characters, with bytes other than printable
/// ASCII as \xNN. So a hostile word can neither end its quotes nor move a reader's cursor.
std::string quoted_word(std::string_view raw);

/// The reaction of nowd to a stop.
enum class StopAction { commit, run_tools, retry_larger, resume, repair_once, fail, hold };
std::string_view to_string(StopAction action);
std::optional<StopAction> parse_stop_action(std::string_view name);

/// The default action of a class (docs/inference.md). A job accepts a stop sequence only by its own rule.
StopAction default_action(Stop stop);

/// The actions that a job may choose for a class; empty: the default action is fixed. Invariant: commit is offered for
/// a stop sequence alone, and an unknown or missing stop always ends the run.
std::span<const StopAction> offered_actions(Stop stop);

/// The meaning of a provider's word, and its default action.
struct StopMeaning {
  Stop stop = Stop::unknown;
  StopAction action = StopAction::hold;
  bool operator==(const StopMeaning&) const = default;
};

/// The rules of a job; a class without a rule keeps its default.
using StopRules = std::map<Stop, StopAction>;

}  // namespace nowd
