#include "domain/planning/unwatched.hpp"

#include <algorithm>

namespace nowd {
namespace {

/// Less than this is no gap: a claim a second is usual.
constexpr milliseconds noticeable{500};
constexpr std::size_t max_kept = 32;
/// Looks that follow each other faster are one: they judge what the first of them found.
constexpr seconds one_after_the_other{2};

}  // namespace

nanoseconds database_jump(const ClaimLook& before, const ClaimLook& now) {
  return nanoseconds{now.database - before.database} - (now.boot - before.boot);
}

std::optional<std::string> why_unwatched(const ClaimLook& before, const ClaimLook& now) {
  const nanoseconds all{now.database - before.database};
  const nanoseconds asleep = (now.boot - before.boot) - (now.monotonic - before.monotonic);
  const nanoseconds jump = database_jump(before, now);
  const auto explains = [&](nanoseconds part) { return part > noticeable && part >= all / 2; };
  if (explains(asleep) && asleep >= jump) return "suspended";
  if (explains(jump)) return "clock_jump";
  return std::nullopt;
}

void add_stretch(Stretches& stretches, UnwatchedStretch stretch) {
  if (stretch.to <= stretch.from) return;
  if (!stretches.empty() && stretches.back().reason == stretch.reason && stretches.back().to == stretch.from)
    stretches.back().to = stretch.to;
  else
    stretches.push_back(std::move(stretch));
  if (stretches.size() > max_kept) stretches.erase(stretches.begin());
}

std::optional<std::string> reason_at(const Stretches& stretches, Instant due) {
  const auto found = std::find_if(stretches.rbegin(), stretches.rend(), [&](const UnwatchedStretch& stretch) {
    return stretch.from < due && due <= stretch.to;
  });
  return found == stretches.rend() ? std::nullopt : std::optional(found->reason);
}

void Looks::look(Instant now) {
  if (!last_ || now - *last_ > one_after_the_other) {
    away_from_ = last_.value_or(Instant::min());
    away_until_ = now;
  }
  last_ = now;
}

bool Looks::unseen(Instant due, Instant now) const {
  if (!last_) return false;
  if (due > *last_) return now - due > one_after_the_other;
  return away_from_ != Instant::min() && due > away_from_ && due < away_until_ - one_after_the_other;
}

bool Looks::saw_on_time(Instant due, milliseconds grace) const {
  if (!last_ || *last_ < due) return false;
  return due <= away_from_ || due + grace >= away_until_;
}

}  // namespace nowd
