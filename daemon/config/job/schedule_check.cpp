#include "config/job/schedule_section.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <sstream>

#include "config/canonical/schedule_text.hpp"
#include "foundation/text/nearest.hpp"
#include "foundation/text/words.hpp"
#include "foundation/time/zone_data.hpp"

namespace nowd {
namespace {

constexpr microseconds just_before{1};

/// Zones of tzdata that are named for an offset, and a place of each that people usually mean. EST, MST and HST have no
/// summer time at all.
constexpr std::array<std::pair<std::string_view, std::string_view>, 11> abbreviations{
    {{"CET", "Europe/Berlin"},
     {"MET", "Europe/Berlin"},
     {"EET", "Europe/Helsinki"},
     {"WET", "Europe/Lisbon"},
     {"EST", "America/New_York"},
     {"MST", "America/Denver"},
     {"HST", "Pacific/Honolulu"},
     {"EST5EDT", "America/New_York"},
     {"CST6CDT", "America/Chicago"},
     {"MST7MDT", "America/Denver"},
     {"PST8PDT", "America/Los_Angeles"}}};

/// The instant from which every slot within the bounds lies ahead.
Instant start_of(const Schedule& schedule, LocalDay from) {
  return schedule.zone.resolve(LocalTime{from}).first - just_before;
}

void check_fires(const Schedule& schedule, const Field& field, Instant now) {
  if (std::holds_alternative<Manual>(schedule.kind)) return;
  if (std::holds_alternative<Cron>(schedule.kind)) {
    Schedule unbounded = schedule;
    unbounded.from.reset();
    unbounded.until.reset();
    unbounded.except.clear();
    if (!next_occurrence(unbounded, now))
      return field.error(in_quotes(schedule.text) + " can never fire; check the day and month fields and day_match");
  }
  // Without `from` a schedule may simply be over, which is no fault.
  std::optional<Instant> start;
  if (schedule.from) start = start_of(schedule, *schedule.from);
  if (const auto* at = std::get_if<At>(&schedule.kind)) start = start_of(schedule, day_of(at->slots.front()));
  if (start && !next_occurrence(schedule, *start))
    field.error(in_quotes(schedule.text) + " can never fire within from, until and except; widen them");
}

void check_jitter(const Schedule& schedule, const Field& field, Instant now) {
  if (schedule.jitter == seconds{0}) return;
  const std::string jitter = human(schedule.jitter);
  if (const auto* every = std::get_if<Every>(&schedule.kind); every && schedule.jitter >= every->period)
    return field.error("jitter (" + jitter + ") must be shorter than the period (" + human(every->period) + ")");
  const auto coming = occurrences(schedule, now, now + days{14}, 200);
  for (std::size_t i = 1; i < coming.size(); ++i)
    if (const auto apart = coming[i].at - coming[i - 1].at; apart <= schedule.jitter)
      return field.warning("jitter (" + jitter + ") is not shorter than the time between two occurrences (" +
                           human(apart) + "), so they may start in the wrong order; make it smaller");
}

std::vector<std::string> fields_of(const Cron& cron) {
  std::istringstream words(cron.text());
  return {std::istream_iterator<std::string>(words), {}};
}

std::string time_text(LocalTime slot) {
  const std::string time = iso(slot).substr(11);
  return time.ends_with(":00") ? time.substr(0, 5) : time;
}

std::string date_text(LocalTime slot) { return iso_date(day_of(slot)); }

/// "02:30 on 2027-03-28 and 2028-03-26", "02:00 and 3 more on …": slots in clock changes, at most four dates of them.
class SlotList {
 public:
  void add(LocalTime slot) { by_date_[date_text(slot)].push_back(time_text(slot)); }
  bool empty() const { return by_date_.empty(); }

  std::string text() const {
    constexpr std::size_t max_dates = 4;
    const std::vector<std::string>& times = by_date_.begin()->second;
    std::vector<std::string> dates;
    for (const auto& [date, unused] : by_date_)
      if (dates.size() < max_dates) dates.push_back(date);
    if (by_date_.size() > max_dates) dates.push_back(std::to_string(by_date_.size() - max_dates) + " more days");
    std::string first = times.front();
    if (times.size() > 1) first += " (and " + std::to_string(times.size() - 1) + " more)";
    return first + " on " + listed(dates);
  }

 private:
  std::map<std::string, std::vector<std::string>> by_date_;
};

std::string_view gap_consequence(Gap gap) {
  switch (gap) {
    case Gap::next:
      return "it runs right after the change (gap: next)";
    case Gap::shift:
      return "it runs later by the length of the gap (gap: shift)";
    case Gap::skip:
      return "it does not run then (gap: skip)";
  }
  return "";
}

std::string_view fold_consequence(Fold fold) {
  switch (fold) {
    case Fold::first:
      return "it runs the first time (fold: first)";
    case Fold::second:
      return "it runs the second time (fold: second)";
    case Fold::both:
      return "it runs both times (fold: both)";
  }
  return "";
}

/// The slots of one change of a zone's offset.
void add_slots_near(const OffsetChange& change, const Schedule& schedule, SlotList& gaps, SlotList& folds) {
  constexpr std::size_t most = 5'000;  // a job of every second fills an hour
  const auto width = std::chrono::abs(change.after - change.before);
  for (const Occurrence& one : occurrences(schedule, change.at - width - just_before, change.at + width, most)) {
    if (one.kind == SlotKind::gap) gaps.add(one.slot);
    if (one.kind == SlotKind::fold_first || one.kind == SlotKind::fold_second) folds.add(one.slot);
  }
}

void warn_of_clock_changes(const Schedule& schedule, const Field& field, Instant now) {
  const Instant end = now + days{731};
  SlotList gaps, folds;
  for (const OffsetChange& change : schedule.zone.changes(now, end)) add_slots_near(change, schedule, gaps, folds);
  for (const DroppedSlot& dropped : dropped_slots(schedule, now, end)) gaps.add(dropped.slot);
  if (!gaps.empty())
    field.warning(schedule.zone.name() + " has no " + gaps.text() + " (the clocks go forward); " +
                  std::string(gap_consequence(schedule.gap)));
  if (!folds.empty())
    field.warning(schedule.zone.name() + " has " + folds.text() + " twice (the clocks go back); " +
                  std::string(fold_consequence(schedule.fold)));
}

bool is_late_evening(LocalTime slot) { return slot - LocalTime{day_of(slot)} >= hours{23} + minutes{45}; }

bool meets_midnight(const Schedule& schedule) {
  if (const auto* at = std::get_if<At>(&schedule.kind))
    return std::any_of(at->slots.begin(), at->slots.end(), is_late_evening);
  const auto* cron = std::get_if<Cron>(&schedule.kind);
  if (cron == nullptr || cron->is_cadence() || !cron->hours()[23]) return false;
  return (cron->minutes() >> 45).any();
}

/// "*/55" steps through a field of 60: the last step of each round is a short one.
struct SteppedField {
  std::string text;
  int step = 0;
  bool divides = true;
};

SteppedField stepped(std::string_view text, int size) {
  SteppedField field{std::string(text), 0, true};
  const std::string all = "0-" + std::to_string(size - 1);
  for (const std::string& start : {std::string("*"), std::string("0"), all})
    if (text.starts_with(start + "/")) {
      field.step = std::stoi(std::string(text.substr(start.size() + 1)));
      field.divides = text.find(',') != std::string_view::npos || size % field.step == 0;
    }
  return field;
}

/// Fields of Vixie's cron step from the start of each round, so 55 minutes are followed by 5.
void warn_of_uneven_steps(const Cron& cron, const Field& field) {
  const std::vector<std::string> fields = fields_of(cron);
  if (fields.size() < 5) return;
  const std::size_t minute = fields.size() - 5;
  const bool each_day = fields[minute + 2] == "*" && fields[minute + 3] == "*" && fields[minute + 4] == "*";
  const auto warn = [&](std::string_view name, const std::string& text, int size, std::string_view round, char unit,
                        bool is_whole) {
    const SteppedField steps = stepped(text, size);
    if (steps.divides) return;
    field.warning(std::string(name) + " " + in_quotes(text) + " does not divide " + std::to_string(size) +
                  ": the steps begin anew with each " + std::string(round) + ", so the last one is only " +
                  std::to_string(size % steps.step) + " " + std::string(name) + (size % steps.step == 1 ? "" : "s") +
                  " long" +
                  (is_whole ? "; for equal distances write every: " + std::to_string(steps.step) + unit : ""));
  };
  if (minute == 1) warn("second", fields[0], 60, "minute", 's', fields[1] == "*" && fields[2] == "*" && each_day);
  warn("minute", fields[minute], 60, "hour", 'm', fields[minute + 1] == "*" && each_day);
  warn("hour", fields[minute + 1], 24, "day", 'h', each_day);
}

}  // namespace

void warn_of_abbreviation(const Field& field, std::string_view zone) {
  const auto found = std::ranges::find(abbreviations, zone, [](const auto& one) { return one.first; });
  if (found == abbreviations.end()) return;
  field.warning("time zone '" + std::string(zone) +
                "' is an abbreviation, and not the name of a place with rules; write the place: " +
                std::string(found->second) + " or another");
}

void check_schedule(const Schedule& schedule, const Field& field, const ScheduleContext& context) {
  check_fires(schedule, field, context.now);
  check_jitter(schedule, field, context.now);
}

void warn_of_schedule(const Schedule& schedule, bool says_day_match, const Field& field, Instant now) {
  const auto* cron = std::get_if<Cron>(&schedule.kind);
  if (cron && cron->restricts_both_days() && !says_day_match)
    field.warning(
        "both day fields are set, so it runs when either of them matches; say day_match: or (this), or "
        "day_match: and (both)");
  if (cron && has_stepped_days(cron->text()) && !says_day_match)
    field.warning(
        "a day field that starts with */ is not restricted by itself, so it runs when both day fields match; say "
        "day_match: and (this), or day_match: or (when either of them does)");
  if (cron) warn_of_uneven_steps(*cron, field);
  if (const auto note = note_on_reversed_sign(schedule.zone.name())) field.warning(*note);
  // A cadence follows real time: no slot of it is lost or doubled.
  if ((cron && !cron->is_cadence()) || std::holds_alternative<At>(schedule.kind))
    warn_of_clock_changes(schedule, field, now);
  if (meets_midnight(schedule))
    field.warning(
        "a slot after 23:45 is so close to midnight that a usual run ends on the next day; as_of keeps the "
        "scheduled date, but consider an earlier time");
}

}  // namespace nowd
