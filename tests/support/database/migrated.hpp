// A database with the schema of nowd in it, to copy for each case.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>

#include "ledger/schema/migrator.hpp"
#include "support/database/postgres.hpp"

namespace nowd::test {

/// The name of the one that the cluster came with, or else of one that is migrated now, once per executable.
inline const std::string& migrated_template() {
  static const std::string came_with = has_migrated_database() ? "migrated" : "";
  if (!came_with.empty()) return came_with;
  static const auto made = [] {
    auto database = std::make_unique<Database>();
    const auto report = migrate(database->conninfo(), {});
    if (!report) throw std::runtime_error(report.error().message);
    return database;
  }();
  return made->name();
}

/// A copy of it.
struct MigratedDatabase : Database {
  MigratedDatabase() : Database(migrated_template()) {}
};

}  // namespace nowd::test
