#include "ledger/memory/store.hpp"

#include <cstdio>

namespace nowd::memory {

Uuid Store::fresh_uuid() {
  char text[40];
  std::snprintf(text, sizeof text, "00000000-0000-4000-8000-%012llx", static_cast<unsigned long long>(++last_uuid_));
  return text;
}

std::int64_t Store::ask(Request request) {
  const std::int64_t number = requests.empty() ? 1 : requests.rbegin()->first + 1;
  if (request.state == "planned") waiting[request.job].insert(number);
  requests.emplace(number, std::move(request));
  return number;
}

void Store::set_state(std::int64_t number, const std::string& state, const std::string& reason) {
  Request& request = requests.at(number);
  request.state = state;
  request.reason = reason;
  if (state == "planned")
    waiting[request.job].insert(number);
  else if (const auto of_job = waiting.find(request.job); of_job != waiting.end()) {
    of_job->second.erase(number);
    if (of_job->second.empty()) waiting.erase(of_job);
  }
}

void pause(Store& store, const JobName& job, Instant now) { store.jobs.at(job).paused_at = now; }

void resume(Store& store, const JobName& job, Instant now) {
  JobRow& row = store.jobs.at(job);
  row.paused_at.reset();
  row.resumed_at = now;
  for (const Key& key : store.occurrences.planned_of(job))
    store.occurrences.change(key, [&](Occurrence& waiting) {
      if (waiting.kind == RunKind::backfill || waiting.due_at > now) return;
      waiting.state = OccurrenceState::skipped;
      waiting.reason = OccurrenceReason::paused;
      waiting.judged_at = now;
    });
}

}  // namespace nowd::memory
