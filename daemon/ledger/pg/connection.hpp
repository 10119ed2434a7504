// One connection to Postgres: the adapter that hides libpqxx (6.4 and 7.x) and sorts its errors by what to do.
#pragma once

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/time.hpp"

namespace nowd::pg {

/// A named constant: prepared once per connection, under its name.
struct Statement {
  const char* name;
  const char* sql;
};

/// A parameter or a field as Postgres writes it; nothing = NULL.
using Value = std::optional<std::string>;
using Values = std::vector<Value>;

/// A whole result, copied out of the library.
struct Table {
  std::vector<std::string> columns;
  std::vector<Values> rows;
  bool empty() const { return rows.empty(); }
  std::size_t size() const { return rows.size(); }
};

/// The connection is gone. In doubt: if it went during commit, nobody knows yet whether the commit happened.
struct ConnectionLost : std::runtime_error {
  using std::runtime_error::runtime_error;
};
/// The server is there and says no to this login: waiting does not help.
struct LoginRefused : std::runtime_error {
  using std::runtime_error::runtime_error;
};
/// Serialization failure or deadlock: the transaction did not happen; run it again.
struct Conflict : std::runtime_error {
  using std::runtime_error::runtime_error;
};
/// Any other error of a statement: our mistake, or the schema's refusal (a named CHECK).
struct SqlError : std::runtime_error {
  SqlError(const std::string& text, std::string state) : std::runtime_error(text), sqlstate(std::move(state)) {}
  std::string sqlstate;
};

class Transaction;

/// Not thread-safe. After ConnectionLost it is only good for being destroyed.
class Connection {
 public:
  /// Connects with a time limit of about 5 s per host. Throws ConnectionLost (nobody there) or LoginRefused.
  /// `application` is what pg_stat_activity shows.
  Connection(const std::string& conninfo, const std::string& application);
  ~Connection();
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;

  /// Waits for a notification on the channels listened to; true if one came. Throws ConnectionLost.
  bool wait_for_notification(seconds at_most);
  void listen(const std::string& channel);
  /// Asks the server to end the statement under way, if there is one. May be called from another thread; blocks for as
  /// long as the server takes to hear it. Errors are of no use to anybody and are dropped.
  void cancel_query() noexcept;

 private:
  friend class Transaction;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Rolled back unless committed.
class Transaction {
 public:
  explicit Transaction(Connection& connection);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  /// Requires: no NUL in any value (libpqxx cuts there in silence): throws std::invalid_argument.
  Table run(const Statement& statement, const Values& values = {});
  /// Several statements without parameters, as in a migration.
  void run_script(const std::string& sql);
  /// In doubt when it throws ConnectionLost.
  void commit();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Reads the timestamptz text of a UTC session: "2026-06-01 07:00:04.12+00". Throws std::runtime_error on anything
/// else.
Instant parse_timestamptz(std::string_view text);
std::optional<Instant> instant_of(const Value& value);

}  // namespace nowd::pg
