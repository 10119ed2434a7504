#include <nlohmann/json.hpp>

#include "ctl/cli/argument.hpp"
#include "ctl/cli/commands.hpp"
#include "ctl/cli/report.hpp"
#include "ctl/cli/schedules.hpp"
#include "ctl/look/around_dst.hpp"
#include "foundation/time/clock.hpp"
#include "foundation/time/zone_data.hpp"
#include "surface/moment.hpp"
#include "surface/text.hpp"

namespace nowd::ctl {
namespace {

constexpr std::int64_t default_count = 10;
constexpr std::int64_t max_count = 10'000'000;

/// Where the clocks swallowed a slot under gap: skip.
std::string dropped_note(const std::vector<DroppedSlot>& dropped, const Zone& zone) {
  std::string text;
  for (const DroppedSlot& one : dropped)
    text += (text.empty() ? "" : "; ") + std::string("gap: ") + iso(one.slot) + " does not exist in " + zone.name() +
            ", no occurrence (gap: skip)";
  return text;
}

/// Prints occurrences as they are found: a range may hold millions.
class Printer {
 public:
  Printer(const Schedule& schedule, bool json) : schedule_(schedule), json_(json) {}

  void one(const Occurrence& occurrence, Instant after) {
    std::string text = note(occurrence, schedule_.zone);
    const std::string dropped = dropped_before(after, occurrence.at);
    if (!dropped.empty()) text += (text.empty() ? "" : "; ") + ("before it: " + dropped);
    const LocalTime local = schedule_.zone.local(occurrence.at);
    if (json_)
      return print_line({{"at", rfc3339(occurrence.at)},
                         {"local", iso(local)},
                         {"offset", offset_text(occurrence.offset)},
                         {"note", text}});
    const std::string day(weekday_short(day_of(local)));
    row(rfc3339(occurrence.at), day + " " + iso(local), offset_text(occurrence.offset), text);
  }

  /// Slots that fell out behind the last occurrence: no object of json stands for them, so there they go to stderr.
  void rest(Instant after, Instant until) {
    const std::string dropped = dropped_before(after, until);
    if (dropped.empty()) return;
    if (json_) return remark(dropped);
    row("-", "-", "-", dropped);
  }

 private:
  static constexpr std::size_t utc_width = 22;

  void row(const std::string& utc, const std::string& local, const std::string& offset, const std::string& text) {
    if (!std::exchange(has_heading_, true)) row("UTC", "LOCAL (" + schedule_.zone.name() + ")", "OFFSET", "NOTE");
    std::string line = pad(utc, utc_width) + pad(local, local_width()) + pad(offset, 8) + text;
    while (line.ends_with(' ')) line.pop_back();
    print(line + "\n");
  }
  std::size_t local_width() const { return std::max<std::size_t>(25, schedule_.zone.name().size() + 10); }
  std::string dropped_before(Instant after, Instant until) const {
    if (schedule_.gap != Gap::skip) return {};
    return dropped_note(dropped_slots(schedule_, after, until), schedule_.zone);
  }
  const Schedule& schedule_;
  bool json_;
  bool has_heading_ = false;
};

struct Bounds {
  Instant from;
  std::optional<Instant> until;
  std::int64_t count = max_count;
};

/// Local times are those of --timezone, else of the schedule.
Result<Bounds> bounds_of(const Next& command, const Zone& own, Instant now) {
  const Result<std::optional<Zone>> named = zone_argument(command.timezone);
  if (!named) return named.error();
  const std::optional<Zone> zone = *named ? *named : own;
  Bounds bounds{now, std::nullopt, command.until.empty() ? default_count : max_count};
  if (!command.from.empty()) {
    const Result<Instant> from = instant_argument("--from", command.from, zone);
    if (!from) return from.error();
    bounds.from = *from;
  }
  if (!command.until.empty()) {
    const Result<Instant> until = end_argument("--until", command.until, zone);
    if (!until) return until.error();
    if (*until < bounds.from)
      return invalid("--until " + rfc3339(*until) + " is before --from " + rfc3339(bounds.from));
    bounds.until = *until;
  }
  if (!command.count.empty()) {
    const Result<std::int64_t> count = number_argument("--count", command.count, max_count);
    if (!count) return count.error();
    bounds.count = *count;
  }
  return bounds;
}

Result<Schedule> schedule_of(const Globals& globals, const Next& command, Instant now) {
  if (!command.cron.empty()) return schedule_of_cron(command);
  Result<std::vector<NamedSchedule>> found = configured_schedules(globals, command.job, now);
  if (!found) return found.error();
  return std::move(found->front().schedule);
}

}  // namespace

int run_command(const Globals& globals, const Next& command) {
  const Instant now = SystemClock().now();
  if (command.around_dst) return tell_clock_changes(globals, command, now);
  const Result<Schedule> schedule = schedule_of(globals, command, now);
  if (!schedule) return fail(schedule.error());
  const Result<Bounds> bounds = bounds_of(command, schedule->zone, now);
  if (!bounds) return fail(bounds.error());
  if (const auto note = note_on_reversed_sign(schedule->zone.name())) remark(*note);
  if (std::holds_alternative<Manual>(schedule->kind)) {
    remark("job '" + command.job + "' has no schedule: it runs when asked for (nowctl run " + command.job +
           "), or after the job that its `after` names");
    return done;
  }
  Printer printer(*schedule, globals.json);
  Instant after = bounds->from;
  std::int64_t printed = 0;
  while (printed < bounds->count) {
    const auto occurrence = next_occurrence(*schedule, after);
    if (!occurrence || (bounds->until && occurrence->at > *bounds->until)) break;
    printer.one(*occurrence, after);
    after = occurrence->at;
    ++printed;
  }
  if (bounds->until && printed < bounds->count) printer.rest(after, *bounds->until);
  if (printed == 0)
    remark("no occurrence of " + schedule->text + " after " + rfc3339(bounds->from) +
           (bounds->until ? " and until " + rfc3339(*bounds->until) : ""));
  return done;
}

}  // namespace nowd::ctl
