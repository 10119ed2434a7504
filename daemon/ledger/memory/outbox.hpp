// The outbox of a ledger in memory: deliveries and alerts, by the rules of pg/outbox/sending.sql and alerting.sql.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "domain/run/facts.hpp"
#include "ledger/outbox.hpp"

namespace nowd::memory {

struct Store;
struct Run;

struct DeliveryRow {
  std::optional<RunId> run;
  JobName job;  ///< empty: of no single one
  std::string sink;
  Purpose purpose = Purpose::output;
  std::string key, subject;
  std::optional<std::string> text;  ///< nothing: the output of its run
  DeliveryState state = DeliveryState::pending;
  std::optional<Instant> next_at;  ///< of a pending one
  std::optional<Instant> settled_at;
  Instant created_at, expires_at;
  std::optional<Uuid> node;  ///< the daemon that sends it
  int attempts = 0;
  bool repeatable = true;  ///< its sink recognises a repetition
  std::string reason;
};

struct AlertRow {
  AlertKind kind = AlertKind::run;
  std::string name, reason, detail;
  bool open = true;
  std::set<JobName> jobs;
  std::int64_t count = 0, told_count = 0;
  Instant first_at, last_at;
  std::optional<Instant> notify_at, told_at, recovered_at, recovery_told_at;
  std::optional<RunId> last_run, recovered_run;
};

/// Deliveries and alerts by their numbers, which are the order in which they were made.
struct OutboxRows {
  std::map<std::int64_t, DeliveryRow> deliveries;
  std::set<std::string> keys;  ///< of the deliveries: each is queued once
  std::map<std::int64_t, AlertRow> alerts;
  std::map<std::string, std::int64_t> newest;  ///< alert of each cause

  /// A key that exists is queued already.
  void add(DeliveryRow row);
};

// The bodies of the transactions, as in pg/outbox.

/// The messages and the trouble of the end of a run, and the alerts that its success closes.
void record_end(Store& store, const Run& run, const EndFact& end);
void record_troubles(Store& store, const std::vector<Trouble>& troubles);
void close_alerts(Store& store, AlertKind kind, const std::string& name, Instant at, std::optional<RunId> run = {});
void queue_alert_messages(Store& store, const Outbox::SinksOf& sinks_of, Instant now);

Outbox::Taken take_deliveries(Store& store, const Outbox::Sending& sending, const Uuid& node, Instant now);
void settle_delivery(Store& store, const QueuedDelivery& sent, const SendOutcome& outcome, const DeliveryStep& step,
                     const Uuid& node, Instant now);
/// Of a daemon that is gone: pending again if the sink recognises a repetition, otherwise unknown. `only`: these alone.
void release_deliveries_of(Store& store, const Uuid& node, const std::string& why, Instant now,
                           const std::set<std::int64_t>* only = nullptr);
/// Deliveries that the ledger assigns to this daemon and that the daemon is not sending.
std::set<std::int64_t> unserved_deliveries(const Store& store, const Uuid& node, const std::set<std::int64_t>& sending);

}  // namespace nowd::memory
