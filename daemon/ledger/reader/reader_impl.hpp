// The connection of a LedgerReader, and the ways in which its questions and actions use it. For reader/ only.
#pragma once

#include <map>
#include <string>

#include "ledger/pg/session/as_result.hpp"
#include "ledger/pg/session/json_rows.hpp"
#include "ledger/reader/reader.hpp"

namespace nowd {

/// Scripts that lower the rights of the rest of a transaction to those of a group, each with its ";". A login with more
/// rights reads with fewer: code that another role planted in the schema runs with the rights of the reader.
struct ReaderRoles {
  std::string reader;     ///< nowd_reader: no texts
  std::string operator_;  ///< nowd_operator: texts, and actions
};
/// Empty for a login that is no superuser and does not own the schema, and where the groups do not exist
/// (nowctl migrate --no-roles).
ReaderRoles reader_roles(pg::Transaction& transaction);

struct LedgerReader::Impl {
  explicit Impl(const std::string& conninfo) : connection(conninfo, "nowctl") {}

  /// Runs a question in one read-only snapshot. `action` takes the transaction and gives a Result.
  template <class Action>
  auto ask(Action action) {
    return ask_as(roles.reader, action);
  }
  /// The same, for questions with texts in their answers.
  template <class Action>
  auto ask_for_texts(Action action) {
    return ask_as(roles.operator_, action);
  }
  /// The answer is the rows of one statement (JsonRows::read).
  Result<std::vector<Json>> ask_for_rows(const pg::Statement& statement, const std::string& relation,
                                         const pg::Values& values = {});

  /// Begins to change the ledger.
  void become_operator(pg::Transaction& transaction) const;
  /// Changes the ledger in one transaction.
  template <class Action>
  auto act(Action action) {
    return pg::as_result([&] {
      pg::Transaction transaction(connection);
      become_operator(transaction);
      auto done = action(transaction);
      transaction.commit();
      return done;
    });
  }
  /// The same, by one statement that gives one value.
  Result<pg::Value> act_by(const pg::Statement& statement, const pg::Values& values);

  /// "; set local statement_timeout = …" where there is a timeout.
  std::string limits() const;

  pg::Connection connection;
  ReaderRoles roles;
  std::optional<milliseconds> patience;
  std::optional<pg::JsonRows> rows;
  std::map<std::string, std::string> beats;  ///< node → beat, as last seen

 private:
  template <class Action>
  auto ask_as(const std::string& role, Action action) {
    return pg::as_result([&] {
      pg::Transaction transaction(connection);
      // One view of the ledger for all statements of a question: no live run is half before and half after.
      transaction.run_script(role + "set transaction isolation level repeatable read read only" + limits());
      return action(transaction);
    });
  }
};

/// A parameter, or NULL.
template <class T>
pg::Value text_of(const std::optional<T>& value) {
  if (!value) return std::nullopt;
  if constexpr (std::is_same_v<T, Instant>)
    return rfc3339(*value);
  else if constexpr (std::is_same_v<T, bool>)
    return *value ? "t" : "f";
  else
    return *value;
}

/// The error for a job that the ledger does not have; it suggests the nearest name.
Error no_such_job(pg::Transaction& transaction, const JobName& job);

}  // namespace nowd
