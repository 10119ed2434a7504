// The faults of a seed: a list made up front, so that a failing seed can be shown with fewer of them.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/error.hpp"
#include "foundation/text/enum_words.hpp"
#include "simulate/engine/dice.hpp"

namespace nowd::sim {

enum class FaultKind {
  kill,           ///< the process of a daemon dies at a point of its work, and starts again later
  freeze,         ///< its thread stands still, and goes on later
  away,           ///< the database cannot be reached; commits under way are in doubt
  slow,           ///< it answers late
  lost_before,    ///< a connection is lost before COMMIT happened
  lost_after,     ///< … after it happened
  refuses,        ///< the ledger refuses transactions of one daemon
  host_step,      ///< the wall clock of a host is set
  database_step,  ///< the wall clock of the database is set
  models_slow,    ///< providers answer late or not at all
  models_wrong,   ///< they answer with errors, nonsense, or a cut answer
  tools_slow,     ///< tools answer late
  tools_wrong,    ///< their answers are lost, or they fail
  sinks_down,     ///< sinks take no messages
  sinks_deaf,     ///< sinks take them, and their answers are lost
  edit_schedule,  ///< a job file changes its schedule
  edit_prompt,    ///< … its prompt
  remove_job,     ///< … goes, and comes back
  pause_job,      ///< a person pauses a job, and resumes it
  ask_run,        ///< … asks for a run
  ask_backfill,   ///< … asks for occurrences of the past
  cancel_run,     ///< … cancels a run
};
inline constexpr std::array<std::string_view, 22> fault_words{
    "kill",        "freeze",     "away",          "slow",          "lost_before",  "lost_after",
    "refuses",     "host_step",  "database_step", "models_slow",   "models_wrong", "tools_slow",
    "tools_wrong", "sinks_down", "sinks_deaf",    "edit_schedule", "edit_prompt",  "remove_job",
    "pause_job",   "ask_run",    "ask_backfill",  "cancel_run"};
static_assert(covers(fault_words, FaultKind::cancel_run));
constexpr std::string_view to_string(FaultKind kind) { return word_of(fault_words, kind); }

/// Where in the work of a daemon a fault strikes: the moments around each thing it waits for.
enum class Point {
  any,
  before_transaction,
  after_commit,
  after_transaction,
  after_intent,
  model,
  before_effect,
  after_effect,
  sink
};
inline constexpr std::array<std::string_view, 9> point_words{
    "any",           "before_transaction", "after_commit", "after_transaction", "after_intent", "model",
    "before_effect", "after_effect",       "sink"};
static_assert(covers(point_words, Point::sink));
constexpr std::string_view to_string(Point point) { return word_of(point_words, point); }

struct Fault {
  int number = 0;  ///< in the list of its seed
  FaultKind kind = FaultKind::kill;
  milliseconds at{};      ///< from then on
  milliseconds length{};  ///< how long it lasts
  int host = 0;
  int job = 0;
  Point point = Point::any;  ///< kill and freeze: the first such point from `at` on
  std::int64_t amount = 0;   ///< of a step, in milliseconds; of a delay; of other things

  bool covers(milliseconds now) const { return at <= now && now < at + length; }
};
/// "#3 kill host 1 at 72.4 s before_effect for 9.1 s".
std::string to_string(const Fault& fault);

/// The faults of a seed, in the order of their time; all are over at `until`.
std::vector<Fault> faults_of(std::uint64_t seed, int hosts, int jobs, milliseconds until);
/// "all", "none", or numbers: "1,4,7".
Result<std::vector<Fault>> chosen(const std::vector<Fault>& all, std::string_view numbers);
std::string numbers_of(const std::vector<Fault>& faults);

}  // namespace nowd::sim
