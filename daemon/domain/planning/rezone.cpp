#include "domain/planning/rezone.hpp"

#include <algorithm>
#include <set>

namespace nowd {
namespace {

/// No change of an offset moves a slot further.
constexpr hours zone_margin{26};

/// The occurrence of a slot under the new rules.
std::optional<Occurrence> occurrence_of(const Schedule& schedule, LocalTime slot) {
  const Instant at = schedule.zone.resolve(slot).first;
  const auto found = next_occurrence(schedule, at - microseconds{1});
  return found && found->at == at ? found : std::nullopt;
}

class Rezoning {
 public:
  Rezoning(const Job& job, const KnownPlan& known, Instant now) : job_(job), known_(known), now_(now) {
    if (const Cron* cron = std::get_if<Cron>(&job.schedule.kind)) cadence_ = cron->is_cadence();
    for (const KnownSlot& each : known.slots)
      if (!each.unclaimed) served_.insert(each.slot);
  }

  Rezoned all() {
    const std::vector<Occurrence> coming = occurrences(job_.schedule, now_, known_.through, known_.slots.size() + 4096);
    for (const KnownSlot& each : known_.slots)
      if (each.unclaimed && each.at > now_ && !has(coming, each)) withdraw(each, coming);
    for (const Occurrence& each : coming)
      if (!is_known(each)) plan(each);
    out_.next = next_occurrence(job_.schedule, known_.through);
    if (known_.next_at && known_.next_local) move_next();
    if (!cadence_) keep_served();
    return std::move(out_);
  }

 private:
  static bool has(const std::vector<Occurrence>& coming, const KnownSlot& slot) {
    return std::any_of(coming.begin(), coming.end(),
                       [&](const Occurrence& each) { return each.at == slot.at && each.slot == slot.slot; });
  }
  bool is_known(const Occurrence& occurrence) const {
    return std::any_of(known_.slots.begin(), known_.slots.end(), [&](const KnownSlot& each) {
      return each.at == occurrence.at && (!each.unclaimed || each.slot == occurrence.slot);
    });
  }
  PlannedOccurrence planned(const Occurrence& occurrence) const {
    const auto before = previous_occurrence(job_.schedule, occurrence.at);
    return {occurrence, due_at(job_.schedule, job_.name, occurrence.at), before ? before->at : occurrence.at};
  }
  void plan(const Occurrence& occurrence) {
    const bool served = !cadence_ && served_.count(occurrence.slot) > 0;
    (served ? out_.served : out_.planned).push_back(planned(occurrence));
  }

  void withdraw(const KnownSlot& slot, const std::vector<Occurrence>& coming) {
    out_.withdrawn.push_back(slot.at);
    const bool stays =
        std::any_of(coming.begin(), coming.end(), [&](const Occurrence& each) { return each.at == slot.at; });
    if (!stays) move(slot.slot, slot.at);  // the same instant under another local time has not moved
  }

  void move(LocalTime slot, Instant from) {
    const auto to = cadence_ ? std::nullopt : occurrence_of(job_.schedule, slot);
    if (to && to->at == from) return;
    out_.moved.push_back({slot, from, to ? std::optional(to->at) : std::nullopt});
    if (to && to->at <= now_ && served_.count(slot) == 0) out_.planned.push_back(planned(*to));
  }

  void move_next() {
    const bool stays = out_.next && out_.next->at == *known_.next_at;
    if (!stays && !cadence_) move(*known_.next_local, *known_.next_at);
  }

  /// Served slots may come again beyond the planned stretch: they are closed there before planning reaches them.
  void keep_served() {
    for (const LocalTime slot : served_)
      if (const auto again = occurrence_of(job_.schedule, slot);
          again && again->at > known_.through && again->at < now_ + zone_margin)
        out_.served.push_back(planned(*again));
  }

  const Job& job_;
  const KnownPlan& known_;
  const Instant now_;
  bool cadence_ = false;
  std::set<LocalTime> served_;
  Rezoned out_;
};

}  // namespace

Rezoned rezone(const Job& job, const KnownPlan& known, Instant now) { return Rezoning(job, known, now).all(); }

}  // namespace nowd
