#include "runtime/rehearsal/rehearsed_fates.hpp"

#include <algorithm>
#include <tuple>
#include <vector>

namespace nowd {
namespace {

using Fates = std::vector<RehearsedFate>;

void add_run(RehearsedFate& fate, const memory::Store& store, const std::optional<RunId>& id) {
  const memory::Run* run = id ? store.runs.find(*id) : nullptr;
  if (run == nullptr) return;
  fate.started = run->dispatched_at;
  fate.ended = run->ended_at;
  fate.run_state = to_string(run->state);
}

RehearsedFate fate_of(const memory::Store& store, const memory::Key& key, const memory::Occurrence& row) {
  RehearsedFate fate;
  fate.job = key.first;
  fate.at = fate.last = key.second;
  fate.kind = row.kind;
  fate.due_at = row.due_at;
  fate.state = row.state == OccurrenceState::claimed ? OccurrenceState::done : row.state;
  fate.reason = row.reason;
  fate.attempts = row.attempts;
  fate.coalesced_into = row.coalesced_into;
  add_run(fate, store, row.run);
  return fate;
}

OccurrenceState state_of(const memory::Request& request) {
  if (request.state == "planned") return OccurrenceState::planned;
  return request.state == "refused" ? OccurrenceState::skipped : OccurrenceState::done;
}

RehearsedFate fate_of(const memory::Store& store, const memory::Request& request) {
  RehearsedFate fate;
  fate.job = request.job;
  fate.kind = RunKind::after;
  fate.at = fate.last = request.scheduled_at;
  fate.due_at = request.requested_at;
  fate.state = state_of(request);
  fate.reason = parse_occurrence_reason(request.reason).value_or(OccurrenceReason::none);
  fate.attempts = request.attempts;
  add_run(fate, store, request.run);
  return fate;
}

RehearsedFate fate_of(const JobName& job, const MissedRange& range) {
  RehearsedFate fate;
  fate.job = job;
  fate.at = fate.due_at = range.first;
  fate.last = range.last;
  fate.count = range.count;
  fate.state = range.state;
  fate.reason = range.reason;
  fate.coalesced_into = range.coalesced_into;
  return fate;
}

bool is_settled(OccurrenceState state) {
  return state != OccurrenceState::planned && state != OccurrenceState::claimed;
}

void forget(memory::Store& store, const std::optional<RunId>& run) {
  if (run) store.runs.erase(*run);
}

/// Takes the rows for which `wanted` is true.
void take_occurrences(memory::Store& store, Fates& fates, const std::function<bool(OccurrenceState, Instant)>& wanted) {
  std::vector<memory::Key> taken;
  for (const auto& [key, row] : store.occurrences.all())
    if (wanted(row.state, key.second)) {
      fates.push_back(fate_of(store, key, row));
      taken.push_back(key);
    }
  for (const memory::Key& key : taken) {
    forget(store, store.occurrences.find(key)->run);
    store.occurrences.erase(key);
  }
}

void take_ranges(memory::Store& store, Fates& fates) {
  for (const auto& [job, ranges] : store.ranges)
    for (const MissedRange& range : ranges) fates.push_back(fate_of(job, range));
  store.ranges.clear();
}

void report_in_order(Fates fates, const std::function<void(RehearsedFate)>& report) {
  std::sort(fates.begin(), fates.end(),
            [](const RehearsedFate& one, const RehearsedFate& other) { return in_order(one, other); });
  for (RehearsedFate& fate : fates) report(std::move(fate));
}

}  // namespace

bool in_order(const RehearsedFate& one, const RehearsedFate& other) {
  return std::tie(one.at, one.job, one.kind, one.due_at) < std::tie(other.at, other.job, other.kind, other.due_at);
}

void report_settled(memory::Store& store, const std::function<void(RehearsedFate)>& report) {
  Fates fates;
  take_occurrences(store, fates, [](OccurrenceState state, Instant) { return is_settled(state); });
  take_ranges(store, fates);
  std::erase_if(store.requests, [&](const auto& each) {
    if (each.second.state == "planned" || each.second.state == "claimed") return false;
    fates.push_back(fate_of(store, each.second));
    forget(store, each.second.run);
    return true;
  });
  report_in_order(std::move(fates), report);
}

void report_rest(memory::Store& store, Instant until, const std::function<void(RehearsedFate)>& report) {
  Fates fates;
  take_occurrences(store, fates, [&](OccurrenceState, Instant at) { return at <= until; });
  take_ranges(store, fates);
  for (const auto& [number, request] : store.requests) fates.push_back(fate_of(store, request));
  report_in_order(std::move(fates), report);
}

}  // namespace nowd
