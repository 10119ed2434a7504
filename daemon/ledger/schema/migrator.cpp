// Applies the embedded migrations in one transaction. Two at once meet at the schema's creation, or at the lock of
// nowd.migration, which only a role that may change that table can hold.
#include "ledger/schema/migrator.hpp"

#include <thread>

#include "foundation/random.hpp"
#include "ledger/pg/session/as_result.hpp"
#include "ledger/schema/embedded_migrations.hpp"
#include "ledger/schema/migrator.sql.hpp"

namespace nowd {
namespace {

using pg::Statement;
using pg::Transaction;

constexpr const char* waits_briefly = "set local lock_timeout = '3s'";
constexpr const char* one_at_a_time = "lock table nowd.migration in exclusive mode";
constexpr const char* become_owner = "set local role nowd_owner";
constexpr const char* create_own_schema = "create schema nowd";
constexpr const char* create_schema_for_owner = "create schema nowd authorization nowd_owner";
constexpr const char* create_migration_table = R"(
create table nowd.migration (
  number     integer     not null primary key,
  name       text        not null,
  sha256     text        not null,
  applied_at timestamptz not null default clock_timestamp(),
  constraint migration_number_is_positive check (number > 0)
);
comment on schema nowd                  is 'The ledger of nowd: what was planned, what ran, and what every clock said.';
comment on table  nowd.migration            is 'One row per applied migration of this schema.';
comment on column nowd.migration.number     is 'Its number: they are applied in this order.';
comment on column nowd.migration.name       is 'The name of its file, without .sql.';
comment on column nowd.migration.sha256     is 'SHA-256 of its text: an applied migration is never edited.';
comment on column nowd.migration.applied_at is 'Database time at which it was applied.';
)";

/// Each attempt waits 3 s for a lock; sessions that queue behind it continue in between.
constexpr int max_attempts = 10;
constexpr milliseconds between_attempts{500};

/// Pre-releases had more than one migration; the first one had this name.
constexpr std::string_view first_of_pre_releases = "0001_jobs";

constexpr std::string_view no_rights =
    "; run it as a role that may, on a stock server: sudo -u postgres nowctl migrate, or with --no-roles where a "
    "provider manages the roles";

struct Applied {
  int number = 0;
  std::string name;
  std::string sha256;
};

struct Schema {
  bool exists = false;
  std::string owner;
  std::string me;
  std::vector<Applied> applied;
};

int number_of(const EmbeddedScript& script) { return std::stoi(script.name); }

Schema look(Transaction& transaction) {
  Schema schema;
  const pg::Table found = transaction.run(sql::find_schema);
  if (found.empty()) return schema;
  schema.exists = true;
  schema.owner = found.rows[0][0].value();
  schema.me = found.rows[0][1].value();
  if (found.rows[0][2] != "t") return schema;
  for (const pg::Values& row : transaction.run(sql::read_applied).rows)
    schema.applied.push_back({std::stoi(row[0].value()), row[1].value(), row[2].value()});
  return schema;
}

/// The applied migrations must be the first of the embedded ones: the same numbers, names and bytes.
std::optional<Error> mismatch(const std::vector<Applied>& applied) {
  const auto known = embedded_migrations();
  for (std::size_t i = 0; i < applied.size(); ++i) {
    const Applied& row = applied[i];
    if (i >= known.size())
      return invalid("schema nowd is at migration " + row.name + ", newer than this nowctl, which knows up to " +
                     known.back().name + ": install the nowd that made it, or a newer one");
    if (i == 0 && row.name == first_of_pre_releases)
      return invalid(
          "schema nowd was made by a pre-release of nowd, and its tables cannot be carried over: keep a copy "
          "(pg_dump --schema=nowd), then drop schema nowd cascade, and run nowctl migrate again");
    if (row.number != number_of(known[i]) || row.name != known[i].name)
      return invalid("schema nowd has migration " + row.name + " where this nowctl has " + known[i].name +
                     ": it was made by another program");
    if (row.sha256 != sha256_hex(known[i].sql))
      return invalid("migration " + row.name +
                     " was applied with another text than this nowctl has: one of the two "
                     "was edited, and nothing is changed until they agree");
  }
  return std::nullopt;
}

std::vector<std::string> missing_names(const Schema& schema) {
  std::vector<std::string> names;
  for (const EmbeddedScript& script : embedded_migrations().subspan(schema.applied.size()))
    names.push_back(script.name);
  return names;
}

/// Runs one script; an error names it.
void run(Transaction& transaction, const EmbeddedScript& script) {
  try {
    transaction.run_script(script.sql);
  } catch (const pg::SqlError& e) {
    throw pg::SqlError(std::string(script.name) + ".sql: " + pg::sentence(e.what()), e.sqlstate);
  }
}

std::optional<Error> take_ownership(Transaction& transaction, const Schema& schema) {
  if (schema.exists && schema.owner != "nowd_owner")
    return refused("schema nowd belongs to " + schema.owner +
                   ", not to nowd_owner: migrate it as that role with --no-roles, or alter its owner first");
  run(transaction, roles_script());
  if (!schema.exists) transaction.run_script(create_schema_for_owner);
  transaction.run_script(become_owner);
  return std::nullopt;
}

std::optional<Error> take_own_schema(Transaction& transaction, const Schema& schema) {
  if (!schema.exists) transaction.run_script(create_own_schema);
  return std::nullopt;
}

/// Takes the right to make temporary objects from PUBLIC; roles that need it are granted it by name.
std::vector<std::string> take_temporary_from_public(Transaction& transaction) {
  const pg::Table found = transaction.run(sql::find_temporary_right);
  if (found.empty()) return {};
  const std::string database = found.rows[0][0].value();
  if (found.rows[0][1] != "t")
    return {"every role may make temporary objects in this database; as its owner: revoke temporary on database " +
            database + " from public"};
  transaction.run_script("revoke temporary on database " + database + " from public");
  return {
      "PUBLIC may no longer make temporary objects in this database; a role that needs them: grant temporary on "
      "database " +
      database + " to ROLE"};
}

void apply(Transaction& transaction, const Schema& schema) {
  if (schema.applied.empty()) transaction.run_script(create_migration_table);
  for (const EmbeddedScript& script : embedded_migrations().subspan(schema.applied.size())) {
    run(transaction, script);
    transaction.run(sql::record_applied,
                    {std::to_string(number_of(script)), std::string(script.name), sha256_hex(script.sql)});
  }
  run(transaction, grants_script());
}

/// Another migrator made the schema or a role, or changed a right, at the same moment.
bool met_another(const pg::SqlError& e) {
  const bool changed_a_right =
      e.sqlstate == "XX000" && std::string_view(e.what()).find("concurrently") != std::string_view::npos;
  return e.sqlstate == "42P06" || e.sqlstate == "42P07" || e.sqlstate == "23505" || changed_a_right;
}

/// Runs `action` again while another session is in the way.
template <class Action>
Result<MigrateReport> patiently(Action action) {
  for (int attempt = 1;; ++attempt) {
    try {
      return action();
    } catch (const pg::LockTimeout& e) {
      if (attempt == max_attempts)
        return unavailable(
            "another session holds a lock on a table of nowd, and nothing was changed (" + pg::sentence(e.what()) +
            "): see which one in pg_stat_activity (a long query, or an open transaction), end it, and try again");
    } catch (const pg::Conflict&) {
      if (attempt == max_attempts) throw;
    } catch (const pg::SqlError& e) {
      if (attempt == max_attempts || !met_another(e)) throw;
    }
    std::this_thread::sleep_for(between_attempts);
  }
}

/// A missing right to create or to become the owner has its own remedy.
Result<MigrateReport> with_migrator_errors(Result<MigrateReport> (*action)(const std::string&, const MigrateOptions&),
                                           const std::string& conninfo, const MigrateOptions& options) {
  return pg::as_result([&]() -> Result<MigrateReport> {
    try {
      return patiently([&] { return action(conninfo, options); });
    } catch (const pg::SqlError& e) {
      if (e.sqlstate != "42501") throw;
      return refused(pg::sentence(e.what()) + std::string(no_rights));
    }
  });
}

Result<MigrateReport> migrate_once(const std::string& conninfo, const MigrateOptions& options) {
  pg::Connection connection(conninfo, "nowctl");
  Transaction transaction(connection);
  transaction.run_script(waits_briefly);
  Schema schema = look(transaction);
  if (auto error = mismatch(schema.applied)) return *error;
  MigrateReport report{missing_names(schema), number_of(embedded_migrations().back()), {}};
  if (options.dry_run) {
    report.version = schema.applied.empty() ? 0 : schema.applied.back().number;
    return report;
  }
  report.remarks = take_temporary_from_public(transaction);
  if (auto error = (options.no_roles ? take_own_schema : take_ownership)(transaction, schema)) return *error;
  if (!schema.applied.empty()) {
    transaction.run_script(one_at_a_time);
    schema = look(transaction);  // another migrator may have been at it
    if (auto error = mismatch(schema.applied)) return *error;
    report.applied = missing_names(schema);
  }
  apply(transaction, schema);
  transaction.commit();
  return report;
}

Result<void> check_once(const std::string& conninfo) {
  pg::Connection connection(conninfo, "nowd");
  Transaction transaction(connection);
  const Schema schema = look(transaction);
  if (auto error = mismatch(schema.applied)) return *error;
  const std::vector<std::string> missing = missing_names(schema);
  if (schema.applied.empty())
    return invalid("the database has no schema nowd: make it with nowctl migrate (sudo -u postgres nowctl migrate)");
  if (!missing.empty())
    return invalid("schema nowd is at migration " + schema.applied.back().name + ", this nowd needs " + missing.back() +
                   ": bring it up to date with nowctl migrate (sudo -u postgres nowctl migrate)");
  return {};
}

}  // namespace

Result<MigrateReport> migrate(const std::string& conninfo, const MigrateOptions& options) {
  return with_migrator_errors(migrate_once, conninfo, options);
}

Result<void> check_schema_version(const std::string& conninfo) {
  return pg::as_result([&] { return check_once(conninfo); });
}

}  // namespace nowd
