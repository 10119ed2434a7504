#include "app/run_line.hpp"

#include <cstdio>

namespace nowd {
namespace {

std::string offset(std::optional<Instant> at, Instant from) {
  if (!at) return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%+.3f s", std::chrono::duration<double>(*at - from).count());
  return text;
}

}  // namespace

std::string run_line(const RunReport& report, const Zone& zone) {
  const Instant scheduled = report.claimed.scheduled_at;
  const EndFact& end = report.end;
  std::string line = report.claimed.job + "  run " + to_string(report.claimed.claim.run) + "  for " +
                     iso(zone.local(scheduled)).substr(11) + "  dispatch " + offset(report.dispatched.wall, scheduled) +
                     "  inference " + offset(report.inferred_at, scheduled) + "  tool " +
                     offset(report.effect_at, scheduled) + "  " + std::string(to_string(end.state)) + " in " +
                     human(end.duration) + "  " + std::string(to_string(worst(end.findings)));
  if (!end.reason.empty()) line += "  (" + end.reason + ": " + end.detail + ")";
  return line;
}

}  // namespace nowd
