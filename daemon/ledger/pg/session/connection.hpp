// One connection to Postgres: the adapter that hides libpqxx (6.4 and 7.x) and sorts its errors by what to do.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/time/time.hpp"

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

/// The connection is gone. In doubt: if it was lost during commit, the outcome of the commit is unknown.
struct ConnectionLost : std::runtime_error {
  using std::runtime_error::runtime_error;
};
/// The server answers and refuses this login.
struct LoginRefused : std::runtime_error {
  LoginRefused(const std::string& text, bool waiting_is_vain) : std::runtime_error(text), certain(waiting_is_vain) {}
  bool certain;  ///< waiting does not help; false: the reason may be temporary
};
/// Serialization failure or deadlock: the transaction did not happen; run it again.
struct Conflict : std::runtime_error {
  using std::runtime_error::runtime_error;
};
/// Another session held a lock for longer than lock_timeout: the transaction did not happen; run it again later.
struct LockTimeout : Conflict {
  using Conflict::Conflict;
};
/// Any other error of a statement: our mistake, or the schema's refusal (a named CHECK).
struct SqlError : std::runtime_error {
  SqlError(const std::string& text, std::string state) : std::runtime_error(text), sqlstate(std::move(state)) {}
  std::string sqlstate;
};

/// A temporary SqlError: the same transaction may succeed later. `lasts`: retried without a limit.
struct Passing : SqlError {
  Passing(const std::string& text, std::string state, bool waited_for)
      : SqlError(text, std::move(state)), lasts(waited_for) {}
  bool lasts;
};

class Transaction;

/// The statement under way in a session; other threads may read it.
class Progress {
 public:
  /// Requires: `statement` lives as long as the program.
  void begins(const char* statement) {
    statement_ = statement;
    ++count_;
  }
  void ends() {
    statement_ = nullptr;
    ++count_;
  }
  /// Empty while nothing is under way.
  std::string statement() const {
    const char* name = statement_;
    return name == nullptr ? std::string() : name;
  }
  /// Grows with each beginning and each end.
  std::uint64_t count() const { return count_; }

 private:
  std::atomic<const char*> statement_{nullptr};
  std::atomic<std::uint64_t> count_{0};
};

/// Not thread-safe. After ConnectionLost it is only good for being destroyed.
class Connection {
 public:
  /// Connects with a time limit of about 5 s per host; the session does not depend on settings of the role or the
  /// database, but for their search_path. Throws ConnectionLost (nobody there) or LoginRefused.
  /// `application` is what pg_stat_activity shows.
  Connection(const std::string& conninfo, const std::string& application);
  ~Connection();
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;

  /// Waits for a notification on the channels listened to; true if one came. Throws ConnectionLost.
  bool wait_for_notification(seconds at_most);
  void listen(const std::string& channel);
  /// Asks the server to end the statement under way, if there is one. May be called from another thread; blocks
  /// until the server has received it. Errors are ignored.
  void cancel_query() noexcept;

  /// From now on `progress` shows each statement. Requires: names of statements live as long as the program.
  void report_to(Progress* progress);
  int socket() const;

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

  /// In each value, bytes that Postgres cannot store in a text (NUL, invalid UTF-8) are replaced by U+FFFD.
  Table run(const Statement& statement, const Values& values = {});
  /// Several statements without parameters, as in a migration.
  void run_script(const std::string& sql);
  /// In doubt when it throws ConnectionLost.
  void commit();

 private:
  struct Impl;
  Table run_prepared(const Statement& statement, const std::vector<const char*>& parameters);
  std::unique_ptr<Impl> impl_;
};

/// Reads the timestamptz text of a UTC session: "2026-06-01 07:00:04.12+00". Throws std::runtime_error on anything
/// else.
Instant parse_timestamptz(std::string_view text);
std::optional<Instant> instant_of(const Value& value);

}  // namespace nowd::pg
