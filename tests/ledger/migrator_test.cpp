#include "ledger/schema/migrator.hpp"

#include <future>

#include "ledger/pg/session/connection.hpp"
#include "ledger/schema/embedded_migrations.hpp"
#include "support/catch.hpp"
#include "support/database/postgres.hpp"

using namespace nowd;

namespace {

std::string value_of(const std::string& conninfo, const char* sql) {
  pg::Connection connection(conninfo, "test");
  pg::Transaction transaction(connection);
  return transaction.run({"one_value", sql}).rows.at(0).at(0).value_or("null");
}

void execute(const std::string& conninfo, const std::string& script) {
  pg::Connection connection(conninfo, "test");
  pg::Transaction transaction(connection);
  transaction.run_script(script);
  transaction.commit();
}

std::string schema_of(const test::Database& database) {
  return value_of(
      database.conninfo(),
      "select coalesce((select pg_get_userbyid(nspowner) from pg_namespace where nspname = 'nowd'), 'none')");
}

}  // namespace

TEST_CASE("a fresh database gets every migration, in order, and everything belongs to nowd_owner", "[migrator]") {
  test::Database database;
  const auto report = migrate(database.conninfo(), {});
  REQUIRE(report.has_value());
  REQUIRE(report->applied.size() == embedded_migrations().size());
  CHECK(report->applied.front() == "0001_ledger");
  CHECK(report->version == std::stoi(report->applied.back()));
  CHECK(check_schema_version(database.conninfo()).has_value());
  CHECK(value_of(database.conninfo(),
                 "select string_agg(distinct tableowner, ',') from pg_tables where schemaname = 'nowd'") ==
        "nowd_owner");
}

TEST_CASE("migrating twice applies nothing the second time", "[migrator]") {
  test::Database database;
  REQUIRE(migrate(database.conninfo(), {}).has_value());
  const auto second = migrate(database.conninfo(), {});
  REQUIRE(second.has_value());
  CHECK(second->applied.empty());
  CHECK(second->version == std::stoi(embedded_migrations().back().name));
}

TEST_CASE("two migrators at once: one applies everything, the other nothing, neither fails", "[migrator]") {
  test::Database database;
  const auto run = [&] { return migrate(database.conninfo(), {}); };
  auto first = std::async(std::launch::async, run);
  auto second = std::async(std::launch::async, run);
  const auto a = first.get();
  const auto b = second.get();
  REQUIRE(a.has_value());
  REQUIRE(b.has_value());
  CHECK(a->applied.size() + b->applied.size() == embedded_migrations().size());
  CHECK((a->applied.empty() || b->applied.empty()));
}

TEST_CASE("a dry run says what would be applied and changes nothing", "[migrator]") {
  test::Database database;
  const auto planned = migrate(database.conninfo(), {.dry_run = true});
  REQUIRE(planned.has_value());
  CHECK(planned->applied.size() == embedded_migrations().size());
  CHECK(planned->version == 0);
  CHECK(schema_of(database) == "none");
}

TEST_CASE("a migration that was applied with another text stops everything, and is named", "[migrator]") {
  test::Database database;
  REQUIRE(migrate(database.conninfo(), {}).has_value());
  execute(database.conninfo(), "update nowd.migration set sha256 = repeat('0', 64) where number = 1");
  for (const auto& result : {migrate(database.conninfo(), {}), migrate(database.conninfo(), {.dry_run = true})}) {
    REQUIRE(!result);
    CHECK(result.error().kind == ErrorKind::invalid);
    CHECK(result.error().message.find("0001_ledger") != std::string::npos);
  }
  CHECK(!check_schema_version(database.conninfo()));
}

TEST_CASE("a ledger of a pre-release is named, with the way out", "[migrator]") {
  test::Database database;
  REQUIRE(migrate(database.conninfo(), {}).has_value());
  execute(database.conninfo(), "update nowd.migration set name = '0001_jobs'");
  for (const Error& error :
       {migrate(database.conninfo(), {}).error(), check_schema_version(database.conninfo()).error()}) {
    CHECK(error.kind == ErrorKind::invalid);
    CHECK(error.message.find("pre-release") != std::string::npos);
    CHECK(error.message.find("drop schema nowd cascade") != std::string::npos);
  }
}

TEST_CASE("a database that is newer than the binary is not touched", "[migrator]") {
  test::Database database;
  REQUIRE(migrate(database.conninfo(), {}).has_value());
  execute(database.conninfo(),
          "insert into nowd.migration (number, name, sha256) values (9999, '9999_future', repeat('0', 64))");
  const auto result = migrate(database.conninfo(), {});
  REQUIRE(!result);
  CHECK(result.error().kind == ErrorKind::invalid);
  CHECK(result.error().message.find("9999_future, newer than this nowctl") != std::string::npos);
  const auto check = check_schema_version(database.conninfo());
  REQUIRE(!check);
  CHECK(check.error().message.find("newer") != std::string::npos);
}

TEST_CASE("the daemon's check names what is missing and the command that brings it", "[migrator]") {
  test::Database database;
  const auto empty = check_schema_version(database.conninfo());
  REQUIRE(!empty);
  CHECK(empty.error().kind == ErrorKind::invalid);
  CHECK(empty.error().message.find("nowctl migrate") != std::string::npos);

  REQUIRE(migrate(database.conninfo(), {}).has_value());
  execute(database.conninfo(), "delete from nowd.migration where number = (select max(number) from nowd.migration)");
  const auto behind = check_schema_version(database.conninfo());
  REQUIRE(!behind);
  CHECK(behind.error().message.find("nowctl migrate") != std::string::npos);
}

TEST_CASE("a role that may not become nowd_owner changes nothing and is told what to run", "[migrator]") {
  test::Database other;
  REQUIRE(migrate(other.conninfo(), {}).has_value());  // makes the roles, which belong to the whole server
  test::Database database;
  execute(database.conninfo(), "drop role if exists outsider; create role outsider login createrole");
  execute(database.conninfo(), "grant create on database " + database.name() + " to outsider");
  const auto result = migrate(database.conninfo("outsider"), {});
  REQUIRE(!result);
  CHECK(result.error().kind == ErrorKind::refused);
  CHECK(result.error().message.find("sudo -u postgres nowctl migrate") != std::string::npos);
  CHECK(schema_of(database) == "none");
}

TEST_CASE("a member of nowd_owner who may create schemas needs no superuser", "[migrator]") {
  test::Database other;
  REQUIRE(migrate(other.conninfo(), {}).has_value());
  test::Database database;
  execute(database.conninfo(), "drop role if exists member; create role member login in role nowd_owner");
  execute(database.conninfo(), "grant create on database " + database.name() + " to member");
  const auto result = migrate(database.conninfo("member"), {});
  INFO((result ? "" : result.error().message));
  REQUIRE(result.has_value());
  CHECK(schema_of(database) == "nowd_owner");
  CHECK(migrate(database.conninfo("member"), {}).has_value());
}

TEST_CASE("with no_roles everything belongs to the role that migrates", "[migrator]") {
  test::Database database;
  execute(database.conninfo(), "drop role if exists tenant; create role tenant login");
  execute(database.conninfo(), "grant create on database " + database.name() + " to tenant");
  const auto result = migrate(database.conninfo("tenant"), {.no_roles = true});
  INFO((result ? "" : result.error().message));
  REQUIRE(result.has_value());
  CHECK(schema_of(database) == "tenant");
  CHECK(check_schema_version(database.conninfo("tenant")).has_value());

  SECTION("and migrating it as nowd_owner is refused, naming the owner") {
    const auto later = migrate(database.conninfo(), {});
    REQUIRE(!later);
    CHECK(later.error().kind == ErrorKind::refused);
    CHECK(later.error().message.find("belongs to tenant") != std::string::npos);
  }
}

TEST_CASE("grants work where none of nowd's roles exist", "[migrator]") {
  test::Database database;
  REQUIRE(migrate(database.conninfo(), {.no_roles = true}).has_value());
  // What a provider without these roles would run: the script under names that exist nowhere.
  std::string script = grants_script().sql;
  for (const char* role : {"nowd_daemon", "nowd_reader", "nowd_operator"})
    for (std::size_t at = 0; (at = script.find(role, at)) != std::string::npos;) script.replace(at, 11, "absent_role");
  execute(database.conninfo(), script);
}

TEST_CASE("a reader of the ledger sees its views, and no bodies, not even through a partition", "[migrator]") {
  test::Database database;
  REQUIRE(migrate(database.conninfo(), {}).has_value());
  execute(database.conninfo(), "select nowd.ensure_partitions()");
  REQUIRE(migrate(database.conninfo(), {}).has_value());  // grants again, with partitions present
  execute(database.conninfo(), "drop role if exists looker; create role looker login in role nowd_reader");
  const auto may_read = [&](const char* table) {
    const std::string sql = "select has_table_privilege('nowd." + std::string(table) + "', 'select')";
    return value_of(database.conninfo("looker"), sql.c_str()) == "t";
  };
  CHECK(may_read("runs"));
  CHECK(may_read("run_clocks"));
  CHECK(may_read("migration"));
  CHECK(!may_read("body"));
  CHECK(!may_read("body_default"));
  CHECK(value_of(database.conninfo("looker"),
                 "select count(*) from pg_class where relnamespace = 'nowd'::regnamespace and relname like 'body%'"
                 " and relkind in ('r', 'p') and has_table_privilege(oid, 'select')") == "0");
}

TEST_CASE("the daemon's role can neither delete nor make tables, nor touch what clocks said", "[migrator]") {
  test::Database database;
  REQUIRE(migrate(database.conninfo(), {}).has_value());
  const auto may = [&](const char* table, const char* right) {
    const std::string sql = "select has_table_privilege('nowd." + std::string(table) + "', '" + right + "')";
    return value_of(database.conninfo("nowd"), sql.c_str()) == "t";
  };
  CHECK(may("run", "insert"));
  CHECK(may("run", "update"));
  CHECK(!may("run", "delete"));
  CHECK(!may("clock_reading", "insert"));
  CHECK(!may("clock_reading", "update"));
  CHECK(!may("migration", "update"));
  CHECK(value_of(database.conninfo("nowd"), "select has_schema_privilege('nowd', 'create')") == "f");
}

TEST_CASE("every table, view and table column of the schema has a comment", "[migrator]") {
  test::Database database;
  REQUIRE(migrate(database.conninfo(), {}).has_value());
  CHECK(
      value_of(database.conninfo(),
               "select coalesce(string_agg(relname, ', '), '') from pg_class where relnamespace = 'nowd'::regnamespace"
               " and relkind in ('r', 'p', 'v') and not relispartition and obj_description(oid, 'pg_class') is null") ==
      "");
  CHECK(value_of(database.conninfo(),
                 "select coalesce(string_agg(relname || '.' || attname, ', '), '') from pg_attribute a join pg_class c "
                 "on c.oid ="
                 " attrelid where relnamespace = 'nowd'::regnamespace and relkind in ('r', 'p') and not relispartition"
                 " and attnum > 0 and not attisdropped and col_description(c.oid, attnum) is null") == "");
}

TEST_CASE("nobody there is unavailable, a refused login is refused", "[migrator]") {
  const auto nobody = migrate("host=/nonexistent dbname=nowd", {});
  REQUIRE(!nobody);
  CHECK(nobody.error().kind == ErrorKind::unavailable);

  test::Database database;
  const auto stranger = migrate(database.conninfo("no_such_role"), {});
  REQUIRE(!stranger);
  CHECK(stranger.error().kind == ErrorKind::refused);
  CHECK(stranger.error().message.rfind("login: ", 0) == 0);
}
