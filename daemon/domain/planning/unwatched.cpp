#include "domain/planning/unwatched.hpp"

#include <algorithm>

namespace nowd {
namespace {

/// A shorter gap does not count: a daemon claims every second.
constexpr milliseconds noticeable{500};
constexpr std::size_t max_stretches = 32;
/// Polls that follow each other faster count as one: they judge the same gap.
constexpr seconds same_poll{2};

}  // namespace

nanoseconds database_jump(const ClaimLook& before, const ClaimLook& now) {
  return nanoseconds{now.database - before.database} - (now.boot - before.boot);
}

std::optional<OccurrenceReason> why_unwatched(const ClaimLook& before, const ClaimLook& now) {
  const nanoseconds all{now.database - before.database};
  const nanoseconds asleep = (now.boot - before.boot) - (now.monotonic - before.monotonic);
  const nanoseconds jump = database_jump(before, now);
  const auto explains = [&](nanoseconds part) { return part > noticeable && part >= all / 2; };
  if (explains(asleep) && asleep >= jump) return OccurrenceReason::suspended;
  if (explains(jump)) return OccurrenceReason::clock_jump;
  return std::nullopt;
}

void add_stretch(Stretches& stretches, UnwatchedStretch stretch) {
  if (stretch.to <= stretch.from) return;
  if (!stretches.empty() && stretches.back().reason == stretch.reason && stretches.back().to == stretch.from)
    stretches.back().to = stretch.to;
  else
    stretches.push_back(stretch);
  if (stretches.size() > max_stretches) stretches.erase(stretches.begin());
}

std::optional<OccurrenceReason> reason_at(const Stretches& stretches, Instant due) {
  const auto found = std::find_if(stretches.rbegin(), stretches.rend(), [&](const UnwatchedStretch& stretch) {
    return stretch.from < due && due <= stretch.to;
  });
  return found == stretches.rend() ? std::nullopt : std::optional(found->reason);
}

void PollHistory::record_poll(Instant now) {
  if (!last_ || now - *last_ > same_poll) {
    away_from_ = last_.value_or(Instant::min());
    away_until_ = now;
  }
  last_ = now;
}

bool PollHistory::fell_due_unpolled(Instant due, Instant now) const {
  if (!last_) return false;
  if (due > *last_) return now - due > same_poll;
  return away_from_ != Instant::min() && due > away_from_ && due < away_until_ - same_poll;
}

bool PollHistory::polled_on_time(Instant due, milliseconds grace) const {
  if (!last_ || *last_ < due) return false;
  return due <= away_from_ || due + grace >= away_until_;
}

}  // namespace nowd
