// A private Postgres for the tests: one server for each test executable, an empty database for each test case.
#pragma once

#include <string>
#include <string_view>

#include "postgres/private_postgres.hpp"

namespace nowd::test {

/// This executable's server: started by the first call, in a fresh temporary directory, without fsync; stopped and
/// removed when the executable ends, in whatever way: a guard process outlives it and cleans up after SIGKILL, too.
PrivatePostgres& postgres();

/// Whether the server has the database `migrated`, as it has under ctest: see support/database/migrated.hpp.
bool has_migrated_database();

/// A database that lives as long as this object. Roles belong to the whole server: share them or name them apart.
class Database {
 public:
  /// A copy of `source` (to which nobody may be connected): migrate one database, and copy it for each case.
  explicit Database(std::string_view source = "template0");
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();  ///< cuts whoever is still connected

  const std::string& name() const { return name_; }
  std::string conninfo(std::string_view user = "postgres") const { return postgres().conninfo(user, name_); }

 private:
  std::string name_;
};

}  // namespace nowd::test
