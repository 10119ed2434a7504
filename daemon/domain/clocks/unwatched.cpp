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

void add_gap(Gaps& gaps, Gap gap) {
  if (gap.to <= gap.from) return;
  if (!gaps.empty() && gaps.back().reason == gap.reason && gaps.back().to == gap.from)
    gaps.back().to = gap.to;
  else
    gaps.push_back(std::move(gap));
  if (gaps.size() > most_kept) gaps.erase(gaps.begin());
}

std::optional<std::string> reason_at(const Gaps& gaps, Instant due) {
  const auto found =
      std::find_if(gaps.rbegin(), gaps.rend(), [&](const Gap& gap) { return gap.from < due && due <= gap.to; });
  return found == gaps.rend() ? std::nullopt : std::optional(found->reason);
}

}  // namespace nowd
