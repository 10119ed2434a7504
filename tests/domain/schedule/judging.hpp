// Candidates of one job around 07:00, and what a judgement of them says.
#pragma once

#include <string>

#include "domain/planning/judge.hpp"

namespace nowd::test {

inline Instant at(std::string_view text) { return *parse_rfc3339(text); }

/// Due `after` minutes past 07:00, about the hour before; it is `late` past 07:00 and that.
inline Candidate due(seconds late, int after = 0) {
  Candidate candidate;
  candidate.job = "j";
  candidate.scheduled_at = candidate.due_at = at("2026-06-01T07:00:00Z") + minutes{after};
  candidate.planned_window_start = candidate.scheduled_at - hours{1};
  candidate.now = at("2026-06-01T07:00:00Z") + late;
  return candidate;
}

inline Job job(Schedule schedule = {}) {
  Job made;
  made.name = "j";
  made.schedule = std::move(schedule);
  return made;
}

inline Job every(seconds period) {
  Schedule schedule;
  schedule.kind = Every{period, {}};
  return job(schedule);
}

using What = Judgement::What;

inline Judgement judged(const Candidate& candidate, const Job& spec) { return judge({candidate}, spec).at(0); }
inline std::string fate(const Judgement& judgement) {
  return judgement.what == What::close
             ? std::string(to_string(judgement.state)) + " " + std::string(to_string(judgement.reason))
             : "not closed";
}

}  // namespace nowd::test
