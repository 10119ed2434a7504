// Group commit: the facts of many runs become columns, and one statement per table writes them.
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

/// The columns of a table, filled row by row and written by one statement over unnest. The first row sets their number.
class Columns {
 public:
  /// One row. Requires: the same number of values in each row.
  template <class... Cells>
  void add(const Cells&... cells) {
    if (columns_.empty()) columns_.resize(sizeof...(cells));
    std::size_t at = 0;
    (columns_.at(at++).add(cells), ...);
  }
  bool empty() const { return columns_.empty(); }
  /// Runs the statement with one array per column, then the further parameters. Without rows it does nothing.
  Table write(Transaction& transaction, const Statement& statement, const Values& further = {}) const;

 private:
  std::vector<Array> columns_;
};

class BatchRows {
 public:
  void add(RunId run, const Facts& facts);
  /// Writes in an order that foreign keys and states allow. Tables without rows cost nothing. Returns, for runs that
  /// reserved money, the amount that their job has reserved and spent today.
  std::map<std::int64_t, Usd> write(Transaction& transaction) const;

 private:
  void add_call(RunId run, const CallFact& call);
  void add_answer(RunId run, const AnswerFact& answer);
  void add_outcome(RunId run, const OutcomeFact& outcome);
  void add_end(RunId run, const EndFact& end);
  void add_follow_ups(RunId run, const EndFact& end);
  void write_follow_ups(Transaction& transaction) const;

  Columns dispatches_, sending_, answers_, calls_, gates_, outcomes_, bodies_, readings_, ends_, deliveries_,
      followers_;
  std::vector<Trouble> troubles_;
  std::vector<Success> successes_;
};

struct RunWrite {
  Claim claim;
  Facts facts;
};

/// Writes the facts of runs with a valid claim. Returns one result per write; a fenced run writes nothing.
/// Requires: no two writes for the same run.
std::vector<Written> write_batch(Session::Context& context, const std::vector<RunWrite>& writes);

}  // namespace nowd::pg
