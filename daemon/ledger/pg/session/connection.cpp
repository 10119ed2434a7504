#include "ledger/pg/session/connection.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <deque>
#include <pqxx/pqxx>
#include <set>

#include "foundation/text/utf8.hpp"
#include "ledger/pg/session/array.hpp"
#include "ledger/pg/session/as_result.hpp"
#include "ledger/pg/session/conninfo.hpp"

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"  // 6.4 and 7.10 each deprecate what the other needs

namespace nowd::pg {
namespace {

std::string one_line(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  for (char& c : text)
    if (c == '\n' || c == '\t') c = ' ';
  return text;
}

bool has_one_of(const std::string& message, std::initializer_list<const char*> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](const char* word) { return message.find(word) != std::string::npos; });
}

enum class Refusal { none, perhaps, certain };

/// Whether the server answered and refused, as opposed to not being there (yet). libpq gives no SQLSTATE here, and the
/// server's words may be of any language: in English they are known, and of others it is only known that it answers.
Refusal refusal_of(const std::string& conninfo, const std::string& message) {
  if (has_one_of(message,
                 {"too many", "Too many open files", "slots", "starting up", "shutting down", "recovery",
                  "out of memory", "Cannot allocate memory", "Is the server running"}))  // it may have come up since
    return Refusal::none;
  if (PQping(conninfo.c_str()) != PQPING_OK) return Refusal::none;
  const bool certain = has_one_of(
      message, {"authentication failed", "does not exist", "no pg_hba.conf entry", "is not permitted",
                "no password supplied", "permission denied", "does not support SSL", "certificate", "invalid"});
  return certain ? Refusal::certain : Refusal::perhaps;
}

template <class Kind>
bool is(const pqxx::sql_error& e) {
  return dynamic_cast<const Kind*>(&e) != nullptr;
}

/// libpqxx 6.4 throws a class of its own for some states, and then keeps the state itself empty.
std::string state_of(const pqxx::sql_error& e) {
  if (!e.sqlstate().empty()) return e.sqlstate();
  if (is<pqxx::insufficient_resources>(e)) return "53000";
  if (is<pqxx::insufficient_privilege>(e)) return "42501";
  if (is<pqxx::undefined_table>(e)) return "42P01";
  if (is<pqxx::syntax_error>(e)) return "42601";
  if (is<pqxx::unique_violation>(e)) return "23505";
  if (is<pqxx::check_violation>(e)) return "23514";
  if (is<pqxx::foreign_key_violation>(e)) return "23503";
  if (is<pqxx::not_null_violation>(e)) return "23502";
  if (is<pqxx::integrity_constraint_violation>(e)) return "23000";
  if (is<pqxx::data_exception>(e)) return "22000";
  if (is<pqxx::feature_not_supported>(e)) return "0A000";
  if (is<pqxx::invalid_cursor_state>(e)) return "24000";
  if (is<pqxx::invalid_sql_statement_name>(e)) return "26000";
  if (is<pqxx::invalid_cursor_name>(e)) return "34000";
  if (is<pqxx::plpgsql_error>(e)) return "P0000";
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
    const std::string state = state_of(e);
    if (state == "55P03") throw LockTimeout(one_line(e.what()));
    switch (fault_of(state)) {
      case SqlFault::lost:
        throw ConnectionLost(one_line(e.what()));
      case SqlFault::conflict:
        throw Conflict(one_line(e.what()));
      case SqlFault::passing:
        throw Passing(one_line(e.what()), state, true);
      case SqlFault::perhaps:
        throw Passing(one_line(e.what()), state, false);
      case SqlFault::refusal:
        break;
    }
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
  Progress* progress = nullptr;
  std::unique_ptr<pqxx::notification_receiver> receiver;
};

namespace {

/// Settings of a role or a database that would change the meaning of a statement, or end it.
constexpr const char* own_settings =
    "set time zone 'UTC'; set datestyle = 'ISO'; set intervalstyle = 'iso_8601'; set bytea_output = 'hex';"
    "set client_encoding = 'UTF8'; set standard_conforming_strings = on; set transform_null_equals = off;"
    "set extra_float_digits = 1; set array_nulls = on; set client_min_messages = warning; set row_security = on;"
    "set statement_timeout = 0; set lock_timeout = 0; set idle_in_transaction_session_timeout = '60s';"
    "set default_transaction_isolation = 'read committed'; set default_transaction_read_only = off;"
    "set default_transaction_deferrable = off";

/// An acknowledged commit must be on disk: that is the product. Of the others, this server may not know all.
constexpr const char* settings_that_may_be =
    "select set_config(s.name, case s.name when 'synchronous_commit' then 'on' else '0' end, false)"
    " from pg_settings s where s.name in ('transaction_timeout', 'idle_session_timeout')"
    " or s.name = 'synchronous_commit' and s.setting = 'off'";

/// Reports a statement to the Progress of the session while it is under way.
class Reported {
 public:
  Reported(Progress* progress, const char* statement) : progress_(progress) {
    if (progress_ != nullptr) progress_->begins(statement);
  }
  ~Reported() {
    if (progress_ != nullptr) progress_->ends();
  }
  Reported(const Reported&) = delete;

 private:
  Progress* progress_;
};

class Receiver final : public pqxx::notification_receiver {
 public:
  using pqxx::notification_receiver::notification_receiver;
  void operator()(const std::string&, int) override {}
};

}  // namespace

Connection::Connection(const std::string& conninfo, const std::string& application) {
  const std::string full = conninfo_with_limits(conninfo, application);
  try {
    impl_ = std::make_unique<Impl>(full);
    pqxx::work setup(impl_->connection);
    setup.exec(own_settings);
    setup.exec(settings_that_may_be);
    setup.commit();
  } catch (const pqxx::broken_connection& e) {
    const std::string message = one_line(e.what());
    const Refusal refusal = refusal_of(full, message);
    if (refusal != Refusal::none) throw LoginRefused(message, refusal == Refusal::certain);
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

void Connection::report_to(Progress* progress) { impl_->progress = progress; }

int Connection::socket() const { return impl_->connection.sock(); }

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
  std::deque<std::string> replaced;
  for (const Value& value : values) {
    const bool good = !value || is_clean_utf8(*value);
    parameters.push_back(!value ? nullptr : good ? value->c_str() : replaced.emplace_back(clean_utf8(*value)).c_str());
  }
  const Reported reported(impl_->connection.progress, statement.name);
  try {
    return run_prepared(statement, parameters);
  } catch (const LockTimeout& e) {
    throw LockTimeout(std::string(statement.name) + ": " + e.what());
  }
}

Table Transaction::run_prepared(const Statement& statement, const std::vector<const char*>& parameters) {
  return sorted([&] {
    if (!impl_->connection.prepared.contains(statement.name)) {
      impl_->connection.connection.prepare(statement.name, statement.sql);
      impl_->connection.prepared.insert(statement.name);
    }
    return copy(impl_->work.exec_prepared(statement.name, pqxx::prepare::make_dynamic_params(parameters)));
  });
}

void Transaction::run_script(const std::string& sql) {
  sorted([&] { impl_->work.exec(sql); });
}

void Transaction::commit() {
  const Reported reported(impl_->connection.progress, "commit");
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
