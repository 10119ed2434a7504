#include "domain/schedule/clock_change.hpp"

#include <algorithm>

#include "foundation/text/enum_words.hpp"

namespace nowd {
namespace {

constexpr std::array<std::string_view, 6> outcome_words{"untouched", "real_time", "moved", "skipped", "once", "twice"};
static_assert(covers(outcome_words, ClockChange::Outcome::twice));

constexpr microseconds just_before{1};
constexpr std::size_t max_slots = 100'000;  // a job of every second has 90 000 occurrences on a day of 25 hours

bool is_cadence(const Schedule& schedule) {
  const auto* cron = std::get_if<Cron>(&schedule.kind);
  return cron != nullptr && cron->is_cadence();
}

ClockChange::Outcome outcome_of(const ClockChange& change, const Schedule& schedule) {
  using Outcome = ClockChange::Outcome;
  const auto has = [&](SlotKind kind) {
    return std::any_of(change.runs.begin(), change.runs.end(), [&](const Occurrence& run) { return run.kind == kind; });
  };
  if (is_cadence(schedule)) return Outcome::real_time;
  if (!change.dropped.empty()) return Outcome::skipped;
  if (has(SlotKind::gap)) return Outcome::moved;
  if (has(SlotKind::fold_first) && has(SlotKind::fold_second)) return Outcome::twice;
  return change.runs.empty() ? Outcome::untouched : Outcome::once;
}

std::int64_t runs_on(const Schedule& schedule, LocalDay day) {
  const Instant begin = schedule.zone.resolve(LocalTime{day}).first;
  const Instant end = schedule.zone.resolve(LocalTime{day + days{1}}).first;
  return std::ssize(occurrences(schedule, begin - just_before, end - just_before, max_slots));
}

}  // namespace

std::vector<ClockChange> clock_changes(const Schedule& schedule, Instant from, Instant until) {
  std::vector<ClockChange> all;
  for (const OffsetChange& change : schedule.zone.changes(from, until)) {
    ClockChange found{change.at, change.before, change.after, {}, {}, {}, 0};
    const auto width = std::chrono::abs(change.after - change.before);
    if (!is_cadence(schedule))
      for (const Occurrence& run : occurrences(schedule, change.at - width - just_before, change.at + width, max_slots))
        if (run.kind != SlotKind::plain) found.runs.push_back(run);
    for (const DroppedSlot& slot : dropped_slots(schedule, change.at - just_before, change.at))
      found.dropped.push_back(slot.slot);
    found.runs_that_day = runs_on(schedule, day_of(schedule.zone.local(change.at)));
    found.outcome = outcome_of(found, schedule);
    all.push_back(std::move(found));
  }
  return all;
}

std::string_view to_string(ClockChange::Outcome outcome) { return word_of(outcome_words, outcome); }

}  // namespace nowd
