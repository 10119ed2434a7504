// The SQL of the README, as a person would paste it: every statement runs, as a role that people get.
#include <fstream>
#include <iterator>

#include "ledger/pg/session/connection.hpp"
#include "ledger/schema/migrator.hpp"
#include "support/catch.hpp"
#include "support/database/migrated.hpp"
#include "support/places.hpp"

using namespace nowd;

namespace {

std::string read(const std::string& path) {
  std::ifstream in(path);
  REQUIRE(in.good());
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> sql_blocks(const std::string& text) {
  std::vector<std::string> blocks;
  const std::string begin = "\n```sql\n", end = "\n```";
  for (std::size_t at = text.find(begin); at != std::string::npos; at = text.find(begin, at)) {
    at += begin.size();
    blocks.push_back(text.substr(at, text.find(end, at) - at));
  }
  return blocks;
}

void execute(const std::string& conninfo, const std::string& script) {
  pg::Connection connection(conninfo, "test");
  pg::Transaction transaction(connection);
  transaction.run_script(script);
  transaction.commit();
}

}  // namespace

TEST_CASE("every query of the README runs on a ledger with a history, for a member of nowd_operator", "[readme]") {
  test::MigratedDatabase database;
  REQUIRE(migrate(database.conninfo(), {}).has_value());
  execute(database.conninfo(), read(test_data("ledger/seed.sql")));
  execute(database.conninfo(),
          "insert into nowd.job (job, revision) values ('triage', repeat('c', 64));"
          "insert into nowd.job_revision (job, revision, spec, schedule, schedule_revision, source)"
          " values ('triage', repeat('c', 64), '{}', 'manual', 'c', 'f:1');"
          "drop role if exists paster; create role paster login in role nowd_operator");
  const auto blocks = sql_blocks(read(test_data("../../README.md")));
  REQUIRE(blocks.size() >= 3);
  for (const std::string& block : blocks) {
    CAPTURE(block);
    CHECK_NOTHROW(execute(database.conninfo("paster"), block));
  }
}
