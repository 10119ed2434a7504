// Alerts: troubles recorded under their cause, closed by what shows that they are over, told of when they are due.
#pragma once

#include <vector>

#include "ledger/outbox.hpp"
#include "ledger/pg/session/session.hpp"

namespace nowd::pg {

void record_troubles(Transaction& transaction, const std::vector<Trouble>& troubles);

/// A run that succeeded closes what its job and its provider were in.
struct Success {
  JobName job;
  std::string provider;
  std::int64_t run = 0;
  Instant at;
};
void close_alerts(Transaction& transaction, const std::vector<Success>& successes);

/// A sink that takes messages again, files that are whole again.
void close_alerts(Transaction& transaction, std::string_view kind, const std::string& name, Instant at);

/// Jobs that left the files, as an array literal: their alerts are over, and no message says so.
void close_alerts_of_retired(Transaction& transaction, const std::string& jobs, Instant at);

/// Makes the messages that are due.
void tell_alerts(Session::Context& context, const std::string& ledger, const Outbox::SinksOf& sinks_of);

}  // namespace nowd::pg
