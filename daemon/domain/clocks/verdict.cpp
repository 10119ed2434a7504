#include "domain/clocks/verdict.hpp"

#include <algorithm>
#include <functional>
#include <map>

#include "foundation/text/enum_words.hpp"

namespace nowd {
namespace {

constexpr std::array<std::string_view, 9> verdict_words{
    "aligned", "unobserved", "unsynchronised", "late", "rolled_over", "skewed", "stale", "expired", "contradicted"};
static_assert(covers(verdict_words, Verdict::contradicted));

/// Backfills and manual runs start on request: lateness has no meaning for them.
bool is_due_by_the_schedule(RunKind kind) { return kind == RunKind::scheduled || kind == RunKind::catch_up; }

std::optional<Finding> effect_rolled_over(const VerdictInputs& inputs) {
  return inputs.effect_at ? rolled_over(inputs.run, *inputs.effect_at) : std::nullopt;
}

std::optional<Finding> late(const VerdictInputs& inputs) {
  const nanoseconds lag = lateness(inputs.run);
  if (!is_due_by_the_schedule(inputs.run.kind) || lag <= inputs.grace) return std::nullopt;
  return Finding{Verdict::late,
                 "late: dispatched " + human(lag) + " after it was due (grace " + human(inputs.grace) + ")"};
}

std::optional<Finding> unsynchronised(const VerdictInputs& inputs) {
  if (inputs.synchronised) return std::nullopt;
  return Finding{Verdict::unsynchronised, "unsynchronised: this host's clock was not synchronised at dispatch"};
}

std::optional<Finding> unobserved(const VerdictInputs& inputs) {
  if (!inputs.by_command) return std::nullopt;
  return Finding{Verdict::unobserved,
                 "unobserved: a command-line agent's own clock and effects are not visible to nowd"};
}

}  // namespace

std::string_view to_string(Verdict verdict) { return word_of(verdict_words, verdict); }

std::optional<Finding> rolled_over(const RunTime& run, Instant at) {
  const LocalDay meant = day_of(run.zone.local(run.as_of));
  const LocalDay landed = day_of(run.zone.local(at));
  if (meant == landed) return std::nullopt;
  return Finding{Verdict::rolled_over, "rolled_over: the effect's day is " + iso_date(landed) + ", as_of is " +
                                           iso_date(meant) + " (" + run.zone.name() + ")"};
}

std::vector<Finding> findings(const VerdictInputs& inputs) {
  std::vector<Finding> all = inputs.observed;
  for (auto finding : {effect_rolled_over(inputs), late(inputs), unsynchronised(inputs), unobserved(inputs)})
    if (finding) all.push_back(std::move(*finding));
  std::map<Verdict, Finding, std::greater<>> worst_first;  // equal verdicts of several effects become one finding
  for (Finding& finding : all) worst_first.emplace(finding.verdict, std::move(finding));
  std::vector<Finding> out;
  for (auto& [verdict, finding] : worst_first) out.push_back(std::move(finding));
  return out;
}

Verdict worst(const std::vector<Finding>& findings) {
  Verdict worst = Verdict::aligned;
  for (const Finding& finding : findings) worst = std::max(worst, finding.verdict);
  return worst;
}

}  // namespace nowd
