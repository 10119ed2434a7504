// Rows of the schema as JSON objects: every column under its name, converted by its type in the catalogue.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "foundation/json.hpp"
#include "ledger/pg/session/connection.hpp"

namespace nowd::pg {

/// Which columns of which table or view this role may read, and which of them need more than Postgres's own to_jsonb():
/// instants ("…Z" instead of "…+00:00") and intervals (seconds as a number instead of ISO 8601). Everything else is
/// taken as it comes: numbers, booleans, JSON, arrays, local times without a zone, NULL as null.
class JsonRows {
 public:
  /// Reads the catalogue once; a new column of a view needs no change here.
  explicit JsonRows(Transaction& transaction);

  /// Requires: `statement` gives one column, to_jsonb() of rows of nowd.`relation`. "{RELATION}" in it stands for the
  /// table with those of its columns that this role may read.
  std::vector<Json> read(Transaction& transaction, const Statement& statement, const std::string& relation,
                         const Values& values = {}) const;
  /// The first row, or null.
  Json first(Transaction& transaction, const Statement& statement, const std::string& relation,
             const Values& values = {}) const;
  /// Whether there is something in nowd.`relation` that this role may not read.
  bool hides(const std::string& relation) const { return relations_.at(relation).hides; }

 private:
  struct Columns {
    std::set<std::string> instants;
    std::set<std::string> intervals;
    std::string readable;  ///< "run, seq, …"
    bool hides = false;
  };
  const char* filled(const Statement& statement) const;
  mutable std::map<std::string, std::string> filled_;  ///< by the statement's name
  std::map<std::string, Columns> relations_;
};

/// Seconds of an interval as intervalstyle iso_8601 writes it: "PT4.012S", "P1DT-2H". A day counts 24 hours, a month 30
/// days. Throws std::runtime_error on anything else.
double interval_seconds(std::string_view iso);

}  // namespace nowd::pg
