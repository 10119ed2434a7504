#include "domain/schedule/oracle.hpp"

#include <time.h>

#include <algorithm>
#include <cstdlib>
#include <map>

namespace nowd::oracle {
namespace {

/// All slots that became one instant, in the order of local time.
using Fired = std::map<Instant, std::map<LocalTime, SlotKind>>;

class Enumeration {
 public:
  Enumeration(const Expression& expression, const Schedule& policies, const std::vector<Piece>& pieces)
      : expression_(expression), policies_(policies), pieces_(pieces) {}

  const Fired& over(LocalDay first, LocalDay last) {
    for (LocalDay day = first; day <= last; day += days{1})
      if (exists(day) && expression_.matches(Date{std::chrono::local_days{day}}, policies_.day_match)) try_day(day);
    return fired_;
  }

 private:
  bool cadence() const { return expression_.hours.size() == 24; }

  bool exists(LocalDay day) const {
    const LocalTime begin{day}, end{day + days{1}};
    return std::any_of(pieces_.begin(), pieces_.end(), [&](const Piece& piece) {
      return std::max(shown(piece.begin, piece), begin) < std::min(shown(piece.end, piece), end);
    });
  }

  static LocalTime shown(Instant at, const Piece& piece) {
    return LocalTime{std::chrono::floor<seconds>(at.time_since_epoch()) + piece.offset};
  }

  void try_day(LocalDay day) {
    for (const int hour : expression_.hours)
      for (const int minute : expression_.minutes)
        for (const int second : expression_.seconds) try_slot(day + hours{hour} + minutes{minute} + seconds{second});
  }

  void try_slot(LocalTime slot) {
    std::vector<Instant> readings;
    for (const Piece& piece : pieces_) {
      const Instant at{(slot - piece.offset).time_since_epoch()};
      if (piece.begin <= at && at < piece.end) readings.push_back(at);
    }
    if (readings.size() == 1) fired_[readings[0]].emplace(slot, SlotKind::plain);
    if (readings.size() == 2) repeated(slot, readings);
    if (readings.empty()) jumped_over(slot);
  }

  void repeated(LocalTime slot, const std::vector<Instant>& readings) {
    if (cadence() || policies_.fold != Fold::second) fired_[readings[0]].emplace(slot, SlotKind::fold_first);
    if (cadence() || policies_.fold != Fold::first) fired_[readings[1]].emplace(slot, SlotKind::fold_second);
  }

  void jumped_over(LocalTime slot) {
    if (cadence() || policies_.gap == Gap::skip) return;
    for (std::size_t i = 1; i < pieces_.size(); ++i) {
      const Piece &before = pieces_[i - 1], &after = pieces_[i];
      if (slot < shown(after.begin, before) || slot >= shown(after.begin, after)) continue;
      const LocalTime shifted = slot + (after.offset - before.offset);
      const Instant at =
          policies_.gap == Gap::next ? after.begin : Instant{(shifted - after.offset).time_since_epoch()};
      fired_[at].emplace(slot, SlotKind::gap);
    }
  }

  const Expression& expression_;
  const Schedule& policies_;
  const std::vector<Piece>& pieces_;
  Fired fired_;
};

}  // namespace

LibcZone::LibcZone(const std::string& name) {
  if (const char* zone = std::getenv("TZ")) outer_ = zone;
  setenv("TZ", name.c_str(), 1);
  tzset();
}

LibcZone::~LibcZone() {
  outer_ ? setenv("TZ", outer_->c_str(), 1) : unsetenv("TZ");
  tzset();
}

seconds LibcZone::offset(Instant at) const {
  const time_t time = std::chrono::floor<seconds>(at.time_since_epoch()).count();
  tm out{};
  localtime_r(&time, &out);
  return seconds{out.tm_gmtoff};
}

std::vector<Piece> LibcZone::pieces(Instant begin, Instant end) const {
  begin = std::chrono::floor<seconds>(begin);  // changes come on whole seconds
  std::vector<Piece> out{{begin, end, offset(begin)}};
  for (Instant at = begin; at < end; at += hours{1}) {
    Instant low = at, high = at + hours{1};
    if (offset(high) == offset(low)) continue;
    while (high - low > seconds{1}) {
      const Instant middle = low + std::chrono::floor<seconds>((high - low) / 2);
      (offset(middle) == offset(low) ? low : high) = middle;
    }
    out.back().end = high;
    out.push_back({high, end, offset(high)});
  }
  return out;
}

std::optional<Piece> LibcZone::change_after(Instant from) const {
  for (int day = 0; day < 370; ++day) {
    const Instant begin = from + days{day}, end = begin + days{1};
    if (offset(begin) == offset(end)) continue;
    const auto found = pieces(begin, end);
    if (found.size() > 1) return Piece{found[1].begin, end, found[0].offset};
  }
  return std::nullopt;
}

bool Expression::matches(Date date, DayMatch match) const {
  if (!months.contains(static_cast<int>(unsigned{date.month()}))) return false;
  const bool by_month = day_of_month(date), by_week = day_of_week(date);
  const bool either = !day_of_month_open && !day_of_week_open && match == DayMatch::any;
  return either ? by_month || by_week : by_month && by_week;
}

std::vector<Occurrence> enumerate(const Expression& expression, const Schedule& policies,
                                  const std::vector<Piece>& pieces, Instant after, Instant until) {
  const auto date = [](Instant at) { return LocalDay{std::chrono::floor<days>(at.time_since_epoch())}; };
  Enumeration enumeration(expression, policies, pieces);
  std::vector<Occurrence> out;
  for (const auto& [at, slots] : enumeration.over(date(after) - days{2}, date(until) + days{2})) {
    if (at <= after || at > until) continue;
    const auto in_force =
        std::find_if(pieces.begin(), pieces.end(), [&](const Piece& piece) { return at < piece.end; });
    Occurrence occurrence{at, slots.begin()->first, in_force->offset, slots.begin()->second, {}};
    for (auto slot = std::next(slots.begin()); slot != slots.end(); ++slot) occurrence.merged.push_back(slot->first);
    out.push_back(std::move(occurrence));
  }
  return out;
}

}  // namespace nowd::oracle
