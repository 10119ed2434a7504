#include "ledger/pg/connection.hpp"

#include <libpq-fe.h>

#include <pqxx/pqxx>
#include <set>

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"  // 6.4 and 7.10 each deprecate what the other needs

namespace nowd::pg {
namespace {

/// Defaults that a key=value conninfo may override: libpq takes the last value of a key.
std::string with_defaults(const std::string& conninfo, const std::string& application) {
  const bool is_url = conninfo.rfind("postgres://", 0) == 0 || conninfo.rfind("postgresql://", 0) == 0;
  if (is_url) return conninfo;
  return "connect_timeout=5 keepalives_idle=5 keepalives_interval=2 keepalives_count=3 tcp_user_timeout=10000 "
         "fallback_application_name=" +
         application + " " + conninfo;
}

std::string one_line(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  for (char& c : text)
    if (c == '\n' || c == '\t') c = ' ';
  return text;
}

/// The server answered and refused, as opposed to not being there (yet).
bool refuses_login(const std::string& conninfo, const std::string& message) {
  for (const char* passing : {"too many", "slots", "starting up", "shutting down", "recovery",
                              "Is the server running"})  // it may have come up since
    if (message.find(passing) != std::string::npos) return false;
  return PQping(conninfo.c_str()) == PQPING_OK;
}

/// libpqxx 6.4 throws a class of its own for some states, and then keeps the state itself empty.
std::string state_of(const pqxx::sql_error& e) {
  if (!e.sqlstate().empty()) return e.sqlstate();
  if (dynamic_cast<const pqxx::insufficient_privilege*>(&e) != nullptr) return "42501";
  if (dynamic_cast<const pqxx::undefined_table*>(&e) != nullptr) return "42P01";
  if (dynamic_cast<const pqxx::unique_violation*>(&e) != nullptr) return "23505";
  if (dynamic_cast<const pqxx::check_violation*>(&e) != nullptr) return "23514";
  if (dynamic_cast<const pqxx::foreign_key_violation*>(&e) != nullptr) return "23503";
  if (dynamic_cast<const pqxx::not_null_violation*>(&e) != nullptr) return "23502";
  return {};
}

/// Runs `action`, turning libpqxx's exceptions into ours.
template <class Action>
auto sorted(Action action) {
  try {
    return action();
  } catch (const pqxx::broken_connection& e) {
    throw ConnectionLost("the connection was lost (" + one_line(e.what()) + ")");
  } catch (const pqxx::in_doubt_error&) {  // libpqxx's words end in "check manually"; the session does just that
    throw ConnectionLost("the connection was lost inside COMMIT");
  } catch (const pqxx::transaction_rollback& e) {  // not a sql_error in 6.4
    throw Conflict(one_line(e.what()));
  } catch (const pqxx::sql_error& e) {
    // 57P01..03: the server is being stopped or is not up yet; 25006: it became a standby; 25P03: we stood still for so
    // long in a transaction that the server ended the session.
    const std::string state = state_of(e);
    if (state.rfind("57P", 0) == 0 || state.rfind("08", 0) == 0 || state == "25006" || state == "25P03")
      throw ConnectionLost(one_line(e.what()));
    if (state.rfind("40", 0) == 0 || state == "55P03") throw Conflict(one_line(e.what()));
    throw SqlError(one_line(e.what()), state);
  }
}

Table copy(const pqxx::result& result) {
  Table table;
  for (auto column = decltype(result.columns()){0}; column < result.columns(); ++column)
    table.columns.emplace_back(result.column_name(column));
  table.rows.reserve(static_cast<std::size_t>(result.size()));
  for (const auto& row : result) {
    Values values;
    values.reserve(table.columns.size());
    for (const auto& field : row)
      values.push_back(field.is_null() ? Value{} : Value{std::string(field.c_str(), field.size())});
    table.rows.push_back(std::move(values));
  }
  return table;
}

}  // namespace

struct Connection::Impl {
  explicit Impl(const std::string& conninfo) : connection(conninfo) {
#if PQXX_VERSION_MAJOR < 7
    connection.inhibit_reactivation(true);  // a silently re-made session would have lost its state
#endif
  }
  pqxx::connection connection;
  std::set<std::string> prepared;
  std::unique_ptr<pqxx::notification_receiver> receiver;
};

namespace {

class Receiver final : public pqxx::notification_receiver {
 public:
  using pqxx::notification_receiver::notification_receiver;
  void operator()(const std::string&, int) override {}
};

}  // namespace

Connection::Connection(const std::string& conninfo, const std::string& application) {
  const std::string full = with_defaults(conninfo, application);
  try {
    impl_ = std::make_unique<Impl>(full);
    pqxx::work setup(impl_->connection);
    setup.exec(
        "set time zone 'UTC'; set datestyle = 'ISO'; set intervalstyle = 'iso_8601';"
        "set client_min_messages = warning; set idle_in_transaction_session_timeout = '60s'");
    // An acknowledged commit must be on disk: that is the product.
    setup.exec(
        "select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'");
    setup.commit();
  } catch (const pqxx::broken_connection& e) {
    const std::string message = one_line(e.what());
    if (refuses_login(full, message)) throw LoginRefused(message);
    throw ConnectionLost(message);
  } catch (const pqxx::failure& e) {
    throw ConnectionLost(one_line(e.what()));
  }
}

Connection::~Connection() = default;
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;

bool Connection::wait_for_notification(seconds at_most) {
  return sorted([&] { return impl_->connection.await_notification(at_most.count(), 0) > 0; });
}

void Connection::listen(const std::string& channel) {
  sorted([&] { impl_->receiver = std::make_unique<Receiver>(impl_->connection, channel); });
}

void Connection::cancel_query() noexcept {
  try {
    impl_->connection.cancel_query();
  } catch (const std::exception&) {
  }
}

struct Transaction::Impl {
  explicit Impl(Connection::Impl& on) : connection(on), work(on.connection) {}
  Connection::Impl& connection;
  pqxx::work work;
};

Transaction::Transaction(Connection& connection)
    : impl_(sorted([&] { return std::make_unique<Impl>(*connection.impl_); })) {}

Transaction::~Transaction() = default;

Table Transaction::run(const Statement& statement, const Values& values) {
  std::vector<const char*> parameters;
  parameters.reserve(values.size());
  for (const Value& value : values) {
    if (value && value->find('\0') != std::string::npos)
      throw std::invalid_argument(std::string(statement.name) + ": a value holds NUL, which Postgres cannot store");
    parameters.push_back(value ? value->c_str() : nullptr);
  }
  return sorted([&] {
    if (impl_->connection.prepared.insert(statement.name).second)
      impl_->connection.connection.prepare(statement.name, statement.sql);
    return copy(impl_->work.exec_prepared(statement.name, pqxx::prepare::make_dynamic_params(parameters)));
  });
}

void Transaction::run_script(const std::string& sql) {
  sorted([&] { impl_->work.exec(sql); });
}

void Transaction::commit() {
  sorted([&] { impl_->work.commit(); });
}

Instant parse_timestamptz(std::string_view text) {
  // A UTC session writes "+00": what is left is a local time with an optional fraction.
  if (text.size() < 22 || text.substr(text.size() - 3) != "+00")
    throw std::runtime_error("not a timestamptz of a UTC session: '" + std::string(text) + "'");
  std::string rfc(text.substr(0, text.size() - 3));
  rfc[10] = 'T';
  const Result<Instant> at = parse_rfc3339(rfc + "Z");
  if (!at) throw std::runtime_error(at.error().message);
  return *at;
}

std::optional<Instant> instant_of(const Value& value) {
  if (!value) return std::nullopt;
  return parse_timestamptz(*value);
}

}  // namespace nowd::pg
