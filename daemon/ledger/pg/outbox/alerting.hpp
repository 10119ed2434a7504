// Alerts: troubles are recorded under their cause, closed by a success or a resolution, and sent when they are due.
#pragma once

#include <vector>

#include "ledger/outbox.hpp"
#include "ledger/pg/session/session.hpp"

namespace nowd::pg {

/// Opens or updates the alert of each cause.
void record_troubles(Transaction& transaction, const std::vector<Trouble>& troubles);

/// A succeeded run: closes the alerts of its job and its provider.
struct Success {
  JobName job;
  std::string provider;
  std::int64_t run = 0;
  Instant at;
};
void close_alerts(Transaction& transaction, const std::vector<Success>& successes);

/// Closes the alerts of one kind and name: a sink that accepts messages again, valid job files.
void close_alerts(Transaction& transaction, std::string_view kind, const std::string& name, Instant at);

/// Closes, without a message, the alerts of jobs that left the files. `jobs` is an array literal.
void close_alerts_of_retired(Transaction& transaction, const std::string& jobs, Instant at);

/// Queues the messages of due alerts.
void queue_alert_messages(Session::Context& context, const std::string& ledger, const Outbox::SinksOf& sinks_of);

}  // namespace nowd::pg
