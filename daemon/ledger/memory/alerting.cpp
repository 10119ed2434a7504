// Alerts in memory: one row for all troubles of one cause, from the first of them to the recovery.
#include <algorithm>

#include "foundation/random.hpp"
#include "ledger/memory/store.hpp"

namespace nowd::memory {
namespace {

void count_in(AlertRow& row, const Trouble& trouble) {
  row.reason = trouble.reason;
  row.detail = trouble.detail;
  row.last_at = trouble.at;
  if (trouble.run) row.last_run = trouble.run;
  if (!trouble.job.empty()) row.jobs.insert(trouble.job);
  ++row.count;
}

/// The newest alert of a cause; null: there was none.
AlertRow* newest(Store& store, const std::string& cause) {
  const auto known = store.outbox.newest.find(cause);
  return known == store.outbox.newest.end() ? nullptr : &store.outbox.alerts.at(known->second);
}

/// No message of the cause within the cooldown before.
Instant first_message(const AlertRow* before, const Trouble& trouble) {
  const Instant gathered = trouble.at + gathering_time(trouble.kind);
  if (before == nullptr || !before->told_at || before->recovery_told_at) return gathered;
  return std::max(gathered, *before->told_at + alert_cooldown);
}

void open_alert(Store& store, const Trouble& trouble, const AlertRow* before) {
  AlertRow row;
  row.kind = trouble.kind;
  row.name = trouble.name;
  row.first_at = trouble.at;
  row.notify_at = first_message(before, trouble);
  count_in(row, trouble);
  const std::int64_t number = store.outbox.alerts.empty() ? 1 : store.outbox.alerts.rbegin()->first + 1;
  store.outbox.alerts.emplace(number, std::move(row));
  store.outbox.newest[trouble.cause()] = number;
}

/// A cause that comes back before its recovery was sent was never over for its readers.
bool may_open_again(const AlertRow& row) { return !row.open && row.notify_at && row.told_at; }

void record_trouble(Store& store, const Trouble& trouble) {
  AlertRow* row = newest(store, trouble.cause());
  if (row == nullptr || (!row->open && !may_open_again(*row))) return open_alert(store, trouble, row);
  if (!row->open) {
    row->open = true;
    row->recovered_at.reset();
    row->recovered_run.reset();
    row->notify_at.reset();
  }
  count_in(*row, trouble);
  if (!row->notify_at && row->told_at) row->notify_at = *row->told_at + alert_cooldown;
}

/// The last message about the recovery of the same cause.
std::optional<Instant> last_recovery(const Store& store, const AlertRow& row) {
  std::optional<Instant> last;
  for (const auto& [number, each] : store.outbox.alerts)
    if (each.kind == row.kind && each.name == row.name && each.recovery_told_at)
      last = std::max(last.value_or(*each.recovery_told_at), *each.recovery_told_at);
  return last;
}

AlertNews news_of(const Store& store, std::int64_t number, const AlertRow& row) {
  AlertNews news;
  news.alert = number;
  news.kind = row.kind;
  news.name = row.name;
  news.reason = row.reason;
  news.detail = row.detail;
  news.recovered = !row.open;
  news.jobs.assign(row.jobs.begin(), row.jobs.end());
  news.count = row.count;
  news.reported_count = row.told_count;
  news.first_at = row.first_at;
  news.last_at = row.last_at;
  news.recovered_at = row.recovered_at;
  const std::optional<RunId> about = row.recovered_run ? row.recovered_run : row.last_run;
  const Run* run = about ? store.runs.find(*about) : nullptr;
  if (run == nullptr) return news;
  news.run = about;
  news.zone = "UTC";
  news.scheduled_at = run->claimed.scheduled_at;
  news.dispatched_at = run->dispatched_at;
  news.state = to_string(run->state);
  return news;
}

void queue_message(Store& store, const AlertNews& news, const std::string& sink, Instant now) {
  const AlertMessage message = alert_message(news);
  DeliveryRow row;
  row.run = news.run;
  row.job = news.jobs.size() == 1 ? news.jobs.front() : "";
  row.sink = sink;
  row.purpose = news.recovered ? Purpose::recovery : Purpose::alert;
  row.key = sha256_hex("alert " + std::to_string(news.alert) + (news.recovered ? " recovered " : " open ") +
                       std::to_string(news.reported_count) + ' ' + sink);
  row.subject = message.subject;
  row.text = message.text;
  row.next_at = row.created_at = now;
  row.expires_at = now + hours{24};
  store.outbox.add(std::move(row));
}

}  // namespace

void record_troubles(Store& store, const std::vector<Trouble>& troubles) {
  for (const Trouble& each : troubles) record_trouble(store, each);
}

void close_alerts(Store& store, AlertKind kind, const std::string& name, Instant at, std::optional<RunId> run) {
  for (auto& [number, row] : store.outbox.alerts) {
    if (!row.open || row.kind != kind || row.name != name) continue;
    row.open = false;
    row.recovered_at = at;
    row.recovered_run = run;
    row.notify_at.reset();
    if (!row.told_at) continue;
    const auto last = last_recovery(store, row);
    row.notify_at = last ? std::max(at, *last + alert_cooldown) : at;
  }
}

void queue_alert_messages(Store& store, const Outbox::SinksOf& sinks_of, Instant now) {
  for (auto& [number, row] : store.outbox.alerts) {
    if (!row.notify_at || *row.notify_at > now) continue;
    const AlertNews news = news_of(store, number, row);
    const std::vector<std::string> sinks = sinks_of(news);
    for (const std::string& sink : sinks) queue_message(store, news, sink, now);
    row.notify_at.reset();
    row.told_count = row.count;
    if (sinks.empty()) continue;
    (row.open ? row.told_at : row.recovery_told_at) = now;
  }
}

}  // namespace nowd::memory
