// The .sql files of daemon/ledger: the server prepares each statement on the migrated schema, so that a mistake in one
// fails here, by name, and not in the middle of the night.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

#include "ledger/pg/session/connection.hpp"
#include "ledger/schema/migrator.hpp"
#include "support/catch.hpp"
#include "support/database/migrated.hpp"
#include "support/places.hpp"

using namespace nowd;

namespace {

struct NamedStatement {
  std::string file, name, sql;
};

std::vector<NamedStatement> statements_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  std::vector<NamedStatement> found;
  const std::regex head("\n-- name: ([a-z_0-9]+)\n");
  for (std::sregex_iterator it(text.begin(), text.end(), head), end; it != end; ++it) {
    const auto next = std::next(it);
    const std::size_t from = static_cast<std::size_t>(it->position() + it->length());
    const std::size_t to = next == end ? text.size() : static_cast<std::size_t>(next->position());
    found.push_back({file.filename().string(), (*it)[1], text.substr(from, to - from)});
  }
  return found;
}

std::vector<NamedStatement> all_statements() {
  std::vector<NamedStatement> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(test_data("../../daemon/ledger")))
    if (entry.path().extension() == ".sql") {
      const std::vector<NamedStatement> more = statements_of(entry.path());
      INFO(entry.path());
      CHECK(!more.empty());
      found.insert(found.end(), more.begin(), more.end());
    }
  return found;
}

}  // namespace

TEST_CASE("the server can prepare every statement in the .sql files of the ledger, and each has its own name",
          "[statements]") {
  test::MigratedDatabase database;
  REQUIRE(migrate(database.conninfo(), {}).has_value());
  pg::Connection connection(database.conninfo(), "test");
  std::set<std::string> names;
  for (const NamedStatement& each : all_statements()) {
    INFO(each.file << ": " << each.name);
    CHECK(names.insert(each.name).second);
    // "{table}" stands for the table with the columns that a role may read.
    const std::string sql = std::regex_replace(each.sql, std::regex(R"(\{(\w+)\})"), "nowd.$1");
    pg::Transaction transaction(connection);
    CHECK_NOTHROW(transaction.run_script("prepare " + each.name + " as\n" + sql));
  }
  CHECK(names.size() > 180);
}
