// Deliveries in memory: queued by the end of a run, claimed by a daemon, settled, expired, released.
#include <algorithm>

#include "ledger/memory/store.hpp"

namespace nowd::memory {
namespace {

Trouble trouble_with(const DeliveryRow& row, std::string reason, std::string detail, Instant at) {
  return {AlertKind::delivery, row.sink, std::move(reason), std::move(detail), row.job, row.run, at};
}

void close(DeliveryRow& row, DeliveryState state, std::string reason, Instant at) {
  row.state = state;
  row.next_at.reset();
  row.node.reset();
  row.settled_at = at;
  row.reason = std::move(reason);
}

void expire_what_is_late(Store& store, Instant now) {
  std::vector<Trouble> troubles;
  for (auto& [number, row] : store.outbox.deliveries) {
    if (row.state != DeliveryState::pending || *row.next_at > now || row.expires_at > now) continue;
    close(row, DeliveryState::expired, "its validity passed" + (row.reason.empty() ? "" : "; last: " + row.reason),
          now);
    troubles.push_back(trouble_with(row, "expired", "'" + row.subject + "' was not delivered in time", now));
  }
  record_troubles(store, troubles);
}

/// Due ones for these sinks, the oldest first.
std::vector<std::int64_t> due(const Store& store, const Outbox::Sending& sending, Instant now) {
  std::vector<std::pair<Instant, std::int64_t>> found;
  for (const auto& [number, row] : store.outbox.deliveries)
    if (row.state == DeliveryState::pending && *row.next_at <= now && !sending.busy.contains(row.sink))
      found.emplace_back(*row.next_at, number);
  std::sort(found.begin(), found.end());
  found.resize(std::min(found.size(), static_cast<std::size_t>(std::max(sending.limit, 0))));
  std::vector<std::int64_t> numbers;
  for (const auto& [unused, number] : found) numbers.push_back(number);
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

RunTime run_time_of(const Run& run) {
  RunTime time;
  time.run = run.claimed.claim.run;
  time.job = run.claimed.job;
  time.kind = run.claimed.kind;
  time.attempt = run.claimed.attempt;
  time.scheduled_at = time.as_of = time.window_end = run.claimed.scheduled_at;
  time.due_at = run.claimed.due_at;
  time.window_start = run.claimed.window_start;
  time.dispatched_at = run.dispatched_at.value_or(time.scheduled_at);
  return time;
}

QueuedDelivery queued_of(const Store& store, std::int64_t number, const DeliveryRow& row) {
  QueuedDelivery out;
  out.sink = row.sink;
  out.expires_at = row.expires_at;
  out.delivery.delivery = number;
  out.delivery.purpose = row.purpose;
  out.delivery.key = row.key;
  out.delivery.subject = row.subject;
  out.delivery.text = row.text.value_or("");
  out.delivery.attempt = row.attempts;
  out.delivery.last_detail = row.reason;
  const Run* run = row.run ? store.runs.find(*row.run) : nullptr;
  if (run == nullptr) return out;
  out.delivery.run = run_time_of(*run);
  out.delivery.run_state = to_string(run->state);
  if (!row.text && row.purpose == Purpose::output) out.delivery.text = run->output().value_or("");
  return out;
}

std::optional<Instant> next_at(const Store& store, Instant now) {
  std::optional<Instant> next;
  const auto sooner = [&](Instant at) { next = next ? std::min(*next, at) : at; };
  for (const auto& [number, row] : store.outbox.deliveries)
    if (row.state == DeliveryState::pending && *row.next_at > now) sooner(*row.next_at);
  for (const auto& [number, row] : store.outbox.alerts)
    if (row.notify_at) sooner(*row.notify_at);
  return next;
}

}  // namespace

void OutboxRows::add(DeliveryRow row) {
  if (!keys.insert(row.key).second) return;
  deliveries.emplace(deliveries.empty() ? 1 : deliveries.rbegin()->first + 1, std::move(row));
}

void record_end(Store& store, const Run& run, const EndFact& end) {
  for (const DeliveryFact& each : end.deliveries) {
    DeliveryRow row{run.claimed.claim.run, run.claimed.job, each.sink, each.purpose, each.key,
                    each.subject,          each.shown};
    row.created_at = each.created_at;
    row.expires_at = each.expires_at;
    if (each.shown)
      close(row, DeliveryState::shown, "", each.created_at);
    else
      row.next_at = each.created_at;
    store.outbox.add(std::move(row));
  }
  if (end.trouble) record_troubles(store, {*end.trouble});
  if (!end.closes_alerts_of) return;
  const RunId id = run.claimed.claim.run;
  close_alerts(store, AlertKind::run, *end.closes_alerts_of, end.ended.wall, id);
  close_alerts(store, AlertKind::missed, *end.closes_alerts_of, end.ended.wall, id);
  if (!end.provider.empty()) close_alerts(store, AlertKind::provider, end.provider, end.ended.wall, id);
}

Outbox::Taken take_deliveries(Store& store, const Outbox::Sending& sending, const Uuid& node, Instant now) {
  expire_what_is_late(store, now);
  Outbox::Taken taken;
  taken.database_now = now;
  for (const std::int64_t number : due(store, sending, now)) {
    DeliveryRow& row = store.outbox.deliveries.at(number);
    row.state = DeliveryState::sending;
    row.next_at.reset();
    row.node = node;
    ++row.attempts;
    row.repeatable = !sending.once.contains(row.sink);
    taken.messages.push_back(queued_of(store, number, row));
  }
  taken.next_at = next_at(store, now);
  return taken;
}

void settle_delivery(Store& store, const QueuedDelivery& sent, const SendOutcome& outcome, const DeliveryStep& step,
                     const Uuid& node, Instant now) {
  const auto found = store.outbox.deliveries.find(sent.delivery.delivery);
  if (found == store.outbox.deliveries.end()) return;
  DeliveryRow& row = found->second;
  if (row.state != DeliveryState::sending || row.node != node || row.attempts != sent.delivery.attempt) return;
  const Instant at = outcome.ended ? outcome.ended->wall : now;
  close(row, step.state, outcome.detail, at);
  if (step.state == DeliveryState::delivered) return close_alerts(store, AlertKind::delivery, row.sink, at);
  if (step.state == DeliveryState::pending) {
    row.settled_at.reset();
    row.next_at = step.next_at;
    return;
  }
  const std::string state(to_string(step.state));
  record_troubles(store, {trouble_with(row, state, "'" + row.subject + "': " + state + ": " + outcome.detail, at)});
}

void release_deliveries_of(Store& store, const Uuid& node, const std::string& why, Instant now,
                           const std::set<std::int64_t>* only) {
  std::vector<Trouble> troubles;
  for (auto& [number, row] : store.outbox.deliveries) {
    if (row.state != DeliveryState::sending || row.node != node) continue;
    if (only != nullptr && !only->contains(number)) continue;
    close(row, row.repeatable ? DeliveryState::pending : DeliveryState::unknown, why, now);
    if (row.repeatable) {
      row.settled_at.reset();
      row.next_at = now;
    } else
      troubles.push_back(
          trouble_with(row, "unknown", why + " while a message was being sent: it may have arrived", now));
  }
  record_troubles(store, troubles);
}

std::set<std::int64_t> unserved_deliveries(const Store& store, const Uuid& node,
                                           const std::set<std::int64_t>& sending) {
  std::set<std::int64_t> out;
  for (const auto& [number, row] : store.outbox.deliveries)
    if (row.state == DeliveryState::sending && row.node == node && !sending.contains(number)) out.insert(number);
  return out;
}

}  // namespace nowd::memory
