#include "domain/clocks/unwatched.hpp"

#include <algorithm>

namespace nowd {
namespace {

/// Less than this is no gap: a claim a second is usual.
constexpr milliseconds noticeable{500};
constexpr std::size_t most_kept = 32;

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
  if (stretches.size() > most_kept) stretches.erase(stretches.begin());
}

std::optional<std::string> reason_at(const Stretches& stretches, Instant due) {
  const auto found = std::find_if(stretches.rbegin(), stretches.rend(), [&](const UnwatchedStretch& stretch) {
    return stretch.from < due && due <= stretch.to;
  });
  return found == stretches.rend() ? std::nullopt : std::optional(found->reason);
}

}  // namespace nowd
