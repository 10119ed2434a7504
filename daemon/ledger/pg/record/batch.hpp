// The columns of one batch: what facts become in each table, and the one statement that writes each.
#pragma once

#include <map>
#include <vector>

#include "domain/run/facts.hpp"
#include "ledger/ledger.hpp"
#include "ledger/pg/outbox/alerting.hpp"
#include "ledger/pg/session/array.hpp"
#include "ledger/pg/session/connection.hpp"
#include "ledger/pg/session/session.hpp"

namespace nowd::pg {

/// A table's columns, filled row by row, written by one statement over unnest.
class Columns {
 public:
  explicit Columns(std::size_t count) : columns_(count) {}

  /// One row; the number of values must be the number of columns.
  template <class... Cells>
  void add(const Cells&... cells) {
    std::size_t at = 0;
    (columns_.at(at++).add(cells), ...);
  }
  bool empty() const { return columns_.front().size() == 0; }
  /// Runs the statement with one array per column, then the further parameters; nothing if there are no rows.
  Table write(Transaction& transaction, const Statement& statement, const Values& further = {}) const;

 private:
  std::vector<Array> columns_;
};

class BatchRows {
 public:
  BatchRows();
  void add(RunId run, const Facts& facts);
  /// In an order in which foreign keys and states hold. Tables without rows cost nothing. Gives, for runs that reserved
  /// money, what their job has reserved and spent today.
  std::map<std::int64_t, Usd> write(Transaction& transaction) const;

 private:
  void add_call(RunId run, const CallFact& call);
  void add_answer(RunId run, const AnswerFact& answer);
  void add_outcome(RunId run, const OutcomeFact& outcome);
  void add_reading(RunId run, const ReadingFact& reading);
  void add_end(RunId run, const EndFact& end);
  void add_follow_ups(RunId run, const EndFact& end);
  void write_follow_ups(Transaction& transaction) const;

  Columns dispatches_, sending_, answers_, calls_, gates_, outcomes_, bodies_, readings_, ends_, deliveries_,
      followers_;
  std::vector<Trouble> troubles_;
  std::vector<Success> successes_;
};

// Group commit: the facts of many runs become one statement per table.

struct RunWrite {
  Claim claim;
  Facts facts;
};

/// Writes what still holds its claim; gives what became of each. Fenced ones write nothing.
/// Requires: no two writes for the same run.
std::vector<Written> write_batch(Session::Context& context, const std::vector<RunWrite>& writes);

}  // namespace nowd::pg
