#include "domain/clocks/clock_watch.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include "foundation/text/enum_words.hpp"

namespace nowd {
namespace {

using Kind = ClockEvent::Kind;

constexpr std::array<std::string_view, 6> clock_event_words{"step",      "suspend", "sync_lost",
                                                            "sync_back", "tzdata",  "remote_skew"};
static_assert(covers(clock_event_words, Kind::remote_skew));

constexpr milliseconds noticeable{500};
constexpr int slewed_part = 10;
constexpr seconds suspicious_offset{2};

nanoseconds size_of(nanoseconds span) { return span < nanoseconds{0} ? -span : span; }

std::string sync_text(const ClockLook& look) { return look.synchronised ? look.sync_source : "unsynchronised"; }

}  // namespace

std::string_view to_string(Kind kind) { return word_of(clock_event_words, kind); }

std::string sentence(const ClockEvent& event) {
  const nanoseconds size = event.size.value_or(nanoseconds{0});
  const bool forward = size > nanoseconds{0};
  const std::string span = human(std::chrono::round<milliseconds>(size_of(size)));
  switch (event.kind) {
    case Kind::step:
      return "the clock of this host was set " + std::string(forward ? "forward" : "back") + " by " + span + ", from " +
             event.before + " to " + event.after;
    case Kind::suspend:
      return "this host was suspended for " + span + ", until " + event.after;
    case Kind::sync_lost:
      return "the clock of this host is not synchronised any more (before: " + event.before + ")";
    case Kind::sync_back:
      return "the clock of this host is synchronised (" + event.after + ")";
    case Kind::tzdata:
      return "the zone data changed, from " + event.before + " to " + event.after;
    case Kind::remote_skew:
      return "the database's clock is " + span + (forward ? " ahead of" : " behind") +
             " this host's: one of them is wrong; the database's clock decides which runs are due";
  }
  return "";
}

std::vector<ClockEvent> compare(const ClockLook& before, const ClockLook& now) {
  std::vector<ClockEvent> events;
  const nanoseconds passed = now.boot - before.boot;
  const nanoseconds awake = now.monotonic - before.monotonic;
  const nanoseconds asleep = passed - awake;
  if (asleep > noticeable) events.push_back({Kind::suspend, now.wall, asleep, rfc3339(before.wall), rfc3339(now.wall)});
  const Instant expected = before.wall + std::chrono::floor<microseconds>(passed);
  const nanoseconds step = now.wall - expected;
  if (size_of(step) > std::max<nanoseconds>(noticeable, awake / slewed_part))
    events.push_back({Kind::step, now.wall, step, rfc3339(expected), rfc3339(now.wall)});
  if (before.synchronised != now.synchronised)
    events.push_back(
        {now.synchronised ? Kind::sync_back : Kind::sync_lost, now.wall, {}, sync_text(before), sync_text(now)});
  if (before.tzdata != now.tzdata) events.push_back({Kind::tzdata, now.wall, {}, before.tzdata, now.tzdata});
  return events;
}

bool needs_a_person(const ClockEvent& event) {
  return event.kind == Kind::step && event.size && size_of(*event.size) > max_step;
}

Offset judge_offset(nanoseconds offset) {
  if (size_of(offset) > wrong_offset) return Offset::wrong;
  return size_of(offset) > suspicious_offset ? Offset::suspicious : Offset::fine;
}

namespace {

// Reference id, name, stratum, reference time, system time, last offset, RMS offset, frequency, residual, skew, root
// delay, root dispersion, update interval, leap status.
constexpr std::size_t fields = 14, system_time = 4, root_delay = 10, root_dispersion = 11, leap_status = 13;
constexpr double max_seconds = 1e6;

std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> out;
  for (std::size_t comma = 0; comma != std::string_view::npos;) {
    comma = line.find(',');
    out.push_back(line.substr(0, comma));
    line.remove_prefix(comma == std::string_view::npos ? line.size() : comma + 1);
  }
  return out;
}

std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc{} || end != text.data() + text.size() || !(std::abs(value) < max_seconds))
    return std::nullopt;
  return std::abs(value);
}

}  // namespace

std::optional<nanoseconds> chrony_bound(std::string_view tracking) {
  const auto row = fields_of(tracking.substr(0, tracking.find('\n')));
  if (row.size() != fields || row[leap_status] == "Not synchronised") return std::nullopt;
  const auto to_slew = number(row[system_time]), delay = number(row[root_delay]),
             dispersion = number(row[root_dispersion]);
  if (!to_slew || !delay || !dispersion) return std::nullopt;
  return nanoseconds{static_cast<std::int64_t>(std::ceil((*to_slew + *delay / 2 + *dispersion) * 1e9))};
}

}  // namespace nowd
