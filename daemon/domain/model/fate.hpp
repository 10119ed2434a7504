// The closed sets of words for the fate of an occurrence: its state, and the reason of that state. Pure.
#pragma once

#include "foundation/text/enum_words.hpp"

namespace nowd {

/// State of a row of nowd.occurrence; a row in one of the last five is not run.
enum class OccurrenceState { planned, claimed, done, missed, skipped, coalesced, superseded, withdrawn };
inline constexpr std::array<std::string_view, 8> occurrence_state_words{
    "planned", "claimed", "done", "missed", "skipped", "coalesced", "superseded", "withdrawn"};
static_assert(covers(occurrence_state_words, OccurrenceState::withdrawn));
/// The word that the ledger stores.
constexpr std::string_view to_string(OccurrenceState state) { return word_of(occurrence_state_words, state); }
/// Nothing for a word that is no such state.
constexpr std::optional<OccurrenceState> parse_occurrence_state(std::string_view word) {
  return parse_word<OccurrenceState>(occurrence_state_words, word);
}

/// Why an occurrence did not run. `nowctl explain WORD` describes each reason.
enum class OccurrenceReason {
  none,           ///< it ran, or another occurrence serves it; the ledger stores null
  down,           ///< no daemon was running
  suspended,      ///< the host slept
  clock_jump,     ///< a clock jumped over it, or a clock held dispatch
  window,         ///< a start would be later than missed.window
  cutoff,         ///< a start would be later than missed.not_after
  limit,          ///< more were missed than missed.max
  overlap,        ///< a run of the lane was live
  paused,         ///< the job was paused
  frozen,         ///< a freeze was in force
  nothing_to_do,  ///< `when` found no work
  crash_loop,     ///< three runs of it were orphaned
  rescheduled,    ///< the schedule changed before its time
  retired,        ///< the job left the job files before its time
  asked,          ///< a person skipped it
};
inline constexpr std::array<std::string_view, 15> occurrence_reason_words{
    "",       "down",   "suspended",     "clock_jump", "window",      "cutoff",  "limit", "overlap",
    "paused", "frozen", "nothing_to_do", "crash_loop", "rescheduled", "retired", "asked"};
static_assert(covers(occurrence_reason_words, OccurrenceReason::asked));
/// The word that the ledger stores; empty for `none`.
constexpr std::string_view to_string(OccurrenceReason reason) { return word_of(occurrence_reason_words, reason); }
/// Nothing for a word that is no such reason; `none` for an empty one.
constexpr std::optional<OccurrenceReason> parse_occurrence_reason(std::string_view word) {
  return parse_word<OccurrenceReason>(occurrence_reason_words, word);
}

}  // namespace nowd
