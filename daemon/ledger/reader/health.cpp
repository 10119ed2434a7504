#include "ledger/reader/health.hpp"

#include "ledger/pg/session/as_result.hpp"
#include "ledger/reader/health.sql.hpp"
#include "ledger/reader/reader_impl.hpp"
#include "ledger/schema/migrator.hpp"

namespace nowd {
namespace {

using pg::Connection;
using pg::Transaction;
using pg::Values;

/// Local to the transaction: a pool may hand the settings of a session to its next user.
constexpr const char* health_limits =
    "set transaction isolation level repeatable read read only; set local statement_timeout = '5s'";

std::int64_t number(const pg::Value& value) { return value ? std::stoll(*value) : 0; }
std::string text(const pg::Value& value) { return value.value_or(""); }
bool is_true(const pg::Value& value) { return value == "t"; }
Instant moment(const pg::Value& value) { return pg::parse_timestamptz(value.value()); }

/// Gives the server's process too.
std::string read_server(Connection& connection, ServerHealth& health) {
  Transaction t(connection);
  t.run_script(health_limits);
  const Values row = t.run(sql::health_server).rows.at(0);
  health.version = static_cast<int>(number(row[0]));
  health.release = text(row[1]);
  health.user = text(row[2]);
  health.database = text(row[3]);
  health.superuser = is_true(row[4]);
  health.bytes = number(row[5]);
  for (const Values& group : t.run(sql::health_groups).rows) {
    health.has_groups = true;
    if (is_true(group[1])) health.groups.push_back(text(group[0]));
  }
  return text(row[6]);
}

/// Twice: the first time the statement is prepared, which takes a while of its own.
void read_clock(Connection& connection, const Clock& clock, ServerHealth& health) {
  Transaction t(connection);
  t.run_script(health_limits);
  for (int i = 0; i < 2; ++i) {
    health.before = clock.read();
    const Values row = t.run(sql::health_clock).rows.at(0);
    health.after = clock.read();
    health.now = moment(row[0]);
  }
}

Result<ServerHealth> look_at_server(const std::string& conninfo, const Clock& clock) {
  return pg::as_result([&]() -> Result<ServerHealth> {
    ServerHealth health;
    Connection connection(conninfo, "nowctl");
    const std::string backend = read_server(connection, health);
    read_clock(connection, clock, health);
    // The first session is idle now. A pool in transaction mode gives its server process to the second one.
    Connection second(conninfo, "nowctl");
    Transaction t(second);
    health.shares_backend = text(t.run(sql::health_second_backend).rows.at(0)[0]) == backend;
    return health;
  });
}

void read_troubles(Transaction& t, LedgerState& state) {
  for (const Values& row : t.run(sql::health_overdue).rows)
    state.overdue.push_back({text(row[0]), moment(row[1]), is_true(row[2]), is_true(row[3])});
  for (const Values& row : t.run(sql::health_alerts).rows)
    state.alerts.push_back({text(row[0]), text(row[1]), text(row[2]), text(row[3]), moment(row[4])});
  for (const Values& row : t.run(sql::health_holds).rows)
    state.holds.push_back({text(row[0]), text(row[1]), moment(row[2])});
  for (const Values& row : t.run(sql::health_in_doubt).rows)
    state.in_doubt.push_back({text(row[0]), text(row[1]), number(row[2])});
  for (const Values& row : t.run(sql::health_lost).rows)
    state.lost.push_back({text(row[0]), number(row[1]), moment(row[2])});
  for (const Values& row : t.run(sql::health_unsent).rows)
    state.unsent.push_back({text(row[0]), text(row[1]), number(row[2])});
  for (const Values& row : t.run(sql::health_accounts).rows)
    state.shut.push_back({text(row[0]), text(row[1]), text(row[2]), moment(row[3])});
}

Result<LedgerState> look_at_ledger(const std::string& conninfo) {
  return pg::as_result([&]() -> Result<LedgerState> {
    LedgerState state;
    Connection connection(conninfo, "nowctl");
    Transaction t(connection);
    t.run_script(health_limits);
    const std::string as_reader = reader_roles(t).reader;
    if (!as_reader.empty()) t.run_script(as_reader);
    for (const Values& row : t.run(sql::health_daemons).rows)
      state.daemons.push_back(
          {text(row[0]), text(row[1]), static_cast<int>(number(row[2])), moment(row[3]), microseconds{number(row[4])}});
    read_troubles(t, state);
    for (const Values& row : t.run(sql::health_jobs).rows)
      state.jobs.push_back({text(row[0]), text(row[1]), text(row[2]), is_true(row[3])});
    return state;
  });
}

}  // namespace

LedgerHealth ledger_health(const std::string& conninfo, const Clock& clock) {
  LedgerHealth health{look_at_server(conninfo, clock), std::nullopt, unavailable("not looked at")};
  if (!health.server) {
    health.state = health.server.error();
    return health;
  }
  if (const Result<void> schema = check_schema_version(conninfo); !schema) health.schema = schema.error();
  health.state = health.schema ? Result<LedgerState>(*health.schema) : look_at_ledger(conninfo);
  return health;
}

}  // namespace nowd
