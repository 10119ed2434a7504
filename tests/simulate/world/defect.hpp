// Defects that a simulation can be given, so that it is seen to find them. They live in the wrappers around the ledger
// and the fakes, never in the product.
#pragma once

#include <array>
#include <string_view>

#include "foundation/text/enum_words.hpp"

namespace nowd::sim {

enum class Defect {
  none,
  fence_ignored,        ///< facts of a daemon that was declared dead are recorded
  buried_continues,     ///< a daemon does not notice that it was declared dead
  intent_after_effect,  ///< the intent of an effect is recorded with its outcome
  clock_sleeps,         ///< the boot clock of a host does not count the time in which its daemon stood still
  busy_lane,            ///< a claim does not look at the runs of the lane
  claim_shared,         ///< two daemons get the same run
  delivery_before_end,  ///< messages are queued before the end of their run is committed
  mail_repeated,        ///< a message is sent again to a sink that does not recognise a repetition
  commit_repeated,      ///< a commit without an answer is made again, without a look
  living_buried,        ///< a sweep ends runs of a daemon that lives
  cursor_falls_back,    ///< planning starts before the end of the plan
  occurrence_lost,      ///< an occurrence that is due disappears
  pause_missed,         ///< a claim does not look at the pause of a job
  spend_released,       ///< the money of an answer is given back
  cut_answer_accepted,  ///< an answer that was cut counts as complete
  early_start,          ///< a run starts before it is due
  failure_unreported,   ///< an effect whose answer was lost counts as refused
};
inline constexpr std::array<std::string_view, 18> defect_words{"none",
                                                               "fence_ignored",
                                                               "buried_continues",
                                                               "intent_after_effect",
                                                               "clock_sleeps",
                                                               "busy_lane",
                                                               "claim_shared",
                                                               "delivery_before_end",
                                                               "mail_repeated",
                                                               "commit_repeated",
                                                               "living_buried",
                                                               "cursor_falls_back",
                                                               "occurrence_lost",
                                                               "pause_missed",
                                                               "spend_released",
                                                               "cut_answer_accepted",
                                                               "early_start",
                                                               "failure_unreported"};
static_assert(covers(defect_words, Defect::failure_unreported));
constexpr std::string_view to_string(Defect defect) { return word_of(defect_words, defect); }

}  // namespace nowd::sim
