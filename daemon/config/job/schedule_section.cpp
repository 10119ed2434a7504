#include "config/job/schedule_section.hpp"

#include <algorithm>

#include "config/canonical/schedule_text.hpp"
#include "config/table/job_table.hpp"

namespace nowd {
namespace {

constexpr seconds max_period{days{3650}};

/// Reads one schedule; its members are shared by the readers of its parts.
class ScheduleReader {
 public:
  ScheduleReader(const Field& field, const ScheduleContext& context)
      : field_(field), context_(context), errors_before_(field.report().errors()) {}

  std::optional<Schedule> read();

 private:
  bool failed() const { return field_.report().errors() != errors_before_; }
  /// For messages that name their thing themselves: "minute '61' is not in 0-59".
  static void fail(const Field& field, const std::string& message) { field.report().error(field.mark(), message); }

  void read_text();
  void read_period(const std::string& text);
  void read_mapping(const Mapping& map);
  void read_kind(const Mapping& map, std::string_view kind);
  void read_cron_value(const Field& field);
  void read_cron(const Field& field, const std::string& expression);
  void read_zone(const Field& field, const std::optional<std::string>& named, bool needed);
  void read_policies(const Mapping& map);
  void read_dates(const Mapping& map);

  const Field& field_;
  const ScheduleContext& context_;
  const std::size_t errors_before_;
  Schedule schedule_;
  bool says_day_match_ = false;
};

std::optional<Schedule> ScheduleReader::read() {
  if (field_.is(Node::Kind::map))
    read_mapping(Mapping(field_, table_of<Schedule>()));
  else
    read_text();
  if (failed()) return std::nullopt;
  schedule_.text = schedule_text(schedule_);
  check_schedule(schedule_, field_, context_);
  if (failed()) return std::nullopt;
  warn_of_schedule(schedule_, says_day_match_, field_, context_.now);
  return std::move(schedule_);
}

void ScheduleReader::read_text() {
  const auto text = field_.filled_text();
  if (!text) return;
  const ScheduleWords words = split_schedule(*text);
  if (const auto remedy = zone_prefix_remedy(words.value)) return field_.error(in_quotes(*text) + " " + *remedy);
  read_zone(field_, words.zone, words.kind == ScheduleWords::Kind::cron);
  if (words.kind == ScheduleWords::Kind::cron) return read_cron(field_, words.value);
  if (words.kind == ScheduleWords::Kind::every) return read_period(words.value);
  if (!words.value.empty())
    field_.error("nothing can follow 'manual' but a zone, and " + in_quotes(words.value) + " is none; remove it");
}

void ScheduleReader::read_period(const std::string& text) {
  const auto period = parse_duration(in_unit_letters(text));
  if (!period || *period % seconds{1} != milliseconds{0})
    return field_.error(in_quotes(text) + " is not a period in whole seconds; write it like: every 15m");
  if (*period < seconds{1} || *period > max_period)
    return field_.error(in_quotes(text) + " is out of range; a period must be from 1s to 3650d");
  schedule_.kind = Every{std::chrono::duration_cast<seconds>(*period), Instant{}};
}

void ScheduleReader::read_cron(const Field& field, const std::string& expression) {
  auto cron = Cron::parse(expression);
  if (cron)
    schedule_.kind = std::move(*cron);
  else
    fail(field, cron.error().message);
}

/// Never the host's zone in silence: where local time matters, a zone must have been named.
void ScheduleReader::read_zone(const Field& field, const std::optional<std::string>& named, bool needed) {
  const std::optional<std::string>& name = named ? named : context_.default_zone;
  if (name) {
    auto zone = Zone::find(*name);
    if (!zone) return fail(field, zone.error().message);
    schedule_.zone = *zone;
    if (named) warn_of_abbreviation(field, *name);  // a default's is warned of where it stands
  } else if (needed) {
    field_.error(std::string("there is no time zone; add one (0 9 * * * Europe/Berlin, or timezone: Europe/Berlin), or "
                             "set defaults.timezone in nowd.yaml") +
                 (context_.has_config ? "" : " (no nowd.yaml was read)"));
  }
}

void ScheduleReader::read_mapping(const Mapping& map) {
  const auto kind = map.only_one({"cron", "every", "at", "manual"}, "a schedule is one of them");
  const bool has_dates = map.has("from") || map.has("until") || map.has("except");
  const bool is_local = kind == "cron" || kind == "at" || has_dates;
  const Field zone = map["timezone"];
  read_zone(zone.present() ? zone : field_, zone.filled_text(), is_local && !zone.present());
  if (kind) read_kind(map, *kind);
  read_policies(map);
  read_dates(map);
}

void ScheduleReader::read_kind(const Mapping& map, std::string_view kind) {
  const Field field = map[kind];
  if (kind == "cron") {
    read_cron_value(field);
  } else if (kind == "every") {
    const auto period = field.whole_seconds(seconds{1}, max_period);
    const auto anchor = read_anchor(map["anchor"], schedule_.zone);
    if (period) schedule_.kind = Every{*period, anchor.value_or(Instant{})};
  } else if (kind == "at") {
    if (auto at = read_at(field, schedule_.zone, context_)) schedule_.kind = std::move(*at);
  } else if (auto manual = field.boolean(); manual && !*manual) {
    field.error("false says nothing; write manual: true, or a cron, every or at");
  }
}

void ScheduleReader::read_cron_value(const Field& field) {
  const auto text = field.filled_text();
  if (!text) return;
  const ScheduleWords words = split_schedule(*text);
  if (const auto remedy = zone_prefix_remedy(words.value)) return field.error(in_quotes(*text) + " " + *remedy);
  if (words.kind != ScheduleWords::Kind::cron)
    field.error(in_quotes(*text) + " is no cron expression; use the key every or manual");
  else if (words.zone)
    field.error("a zone (" + in_quotes(*words.zone) +
                ") has a key of its own in a mapping; write timezone: " + *words.zone);
  else
    read_cron(field, words.value);
}

/// A policy that makes no difference to this kind of schedule is a misunderstanding, so it is refused.
void ScheduleReader::read_policies(const Mapping& map) {
  const std::string kind = map.has("cron") ? "cron" : map.has("every") ? "every" : map.has("at") ? "at" : "manual";
  auto only_for = [&](std::string_view key, std::initializer_list<std::string_view> kinds) {
    if (map.has(key) && std::find(kinds.begin(), kinds.end(), kind) == kinds.end())
      map[key].error("makes no difference to '" + kind + "'; remove it");
  };
  only_for("gap", {"cron"});  // an `at` in a gap is refused, so it needs no policy
  only_for("fold", {"cron", "at"});
  only_for("day_match", {"cron"});
  only_for("anchor", {"every"});
  only_for("jitter", {"cron", "every", "at"});
  KeyReader reader(map);
  describe(reader, schedule_);
  says_day_match_ = map.has("day_match");
  const auto* cron = std::get_if<Cron>(&schedule_.kind);
  if (cron && says_day_match_ && schedule_.day_match == DayMatch::any && has_stepped_days(cron->text()))
    read_cron(map["cron"], with_restricted_days(cron->text()));
}

void ScheduleReader::read_dates(const Mapping& map) {
  schedule_.except = read_days(map["except"]);
  if (schedule_.from && schedule_.until && *schedule_.until <= *schedule_.from)
    map["until"].error("must be later than from (" + iso_date(*schedule_.from) +
                       "): from is the first day, until the "
                       "first day without");
}

}  // namespace

std::optional<Schedule> read_schedule(const Field& field, const ScheduleContext& context) {
  if (!field.present()) return std::nullopt;
  return ScheduleReader(field, context).read();
}

namespace {

/// A list's items, or the one value that stands for a list of one.
std::vector<Field> one_or_more(const Field& field) {
  return field.is(Node::Kind::sequence) ? field.items() : std::vector{field};
}

template <class T>
void sort_unique(std::vector<T>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

std::string clock_change(const Zone& zone, const Resolution& resolved) {
  const LocalTime after = zone.local(resolved.first);
  return "the clocks of " + zone.name() + " go forward over it, to " + iso(after).substr(11, 5);
}

void check_slot(const Field& field, LocalTime slot, const Zone& zone, const ScheduleContext& context) {
  const Resolution resolved = zone.resolve(slot);
  const std::string text = in_quotes(field.node().text);
  if (resolved.what == Resolution::Case::nonexistent)
    field.error(text + " does not exist: " + clock_change(zone, resolved) + "; choose another time");
  else if (resolved.second <= context.now && !context.past_at_known && context.past_at_is_warned)
    field.warning(text +
                  " is in the past: it does not run any more, and a ledger that has never had this job refuses it");
  else if (resolved.second <= context.now && !context.past_at_known)
    field.error(text + " is in the past; a new or edited `at` must lie in the future");
}

std::optional<LocalTime> read_slot(const Field& field) {
  const auto text = field.filled_text();
  if (!text) return std::nullopt;
  if (auto local = parse_local(*text)) return *local;
  field.error(in_quotes(*text) +
              " is not a local time; write it like 2026-12-01T09:00, without an offset: timezone says it");
  return std::nullopt;
}

}  // namespace

std::optional<At> read_at(const Field& field, const Zone& zone, const ScheduleContext& context) {
  At at;
  const std::vector<Field> slots = one_or_more(field);
  for (const Field& slot : slots)
    if (auto local = read_slot(slot)) {
      check_slot(slot, *local, zone, context);
      at.slots.push_back(*local);
    }
  if (slots.empty()) field.error("the list is empty; name a local time such as 2026-12-01T09:00");
  if (at.slots.empty()) return std::nullopt;
  sort_unique(at.slots);
  return at;
}

std::optional<Instant> read_anchor(const Field& field, const Zone& zone) {
  const auto text = field.filled_text();
  if (!text) return std::nullopt;
  if (const auto instant = parse_rfc3339(*text)) return *instant;
  const auto local = parse_local(*text);
  if (!local) {
    field.error(in_quotes(*text) + " is not a time; write it like 2026-01-01T00:00:00Z, or local: 2026-01-01T00:00");
    return std::nullopt;
  }
  const Resolution resolved = zone.resolve(*local);
  if (resolved.what != Resolution::Case::nonexistent) return resolved.first;
  field.error(in_quotes(*text) + " does not exist: " + clock_change(zone, resolved) + "; choose another time");
  return std::nullopt;
}

std::vector<LocalDay> read_days(const Field& field) {
  std::vector<LocalDay> out;
  if (!field.present()) return out;
  for (const Field& item : one_or_more(field))
    if (auto day = item.day()) out.push_back(*day);
  sort_unique(out);
  return out;
}

}  // namespace nowd
