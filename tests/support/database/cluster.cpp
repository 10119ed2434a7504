// Makes what every server of the tests starts from, once for a run of ctest: a cluster with a migrated database.
// cluster DIRECTORY: leaves it in DIRECTORY, in the place of an older one.
#include <stdlib.h>

#include <filesystem>
#include <iostream>
#include <pqxx/pqxx>

#include "ledger/schema/migrator.hpp"
#include "postgres/private_postgres.hpp"

namespace fs = std::filesystem;

namespace {

int fail(const std::string& message) {
  std::cerr << message << '\n';
  return 1;
}

int make(const fs::path& directory, const fs::path& result) {
  auto server = nowd::PrivatePostgres::start({.directory = directory, .durable = false});
  if (!server) return fail(server.error().message);
  {
    pqxx::connection connection(server->conninfo());
    pqxx::nontransaction(connection).exec("create database migrated");
  }
  if (const auto report = nowd::migrate(server->conninfo("postgres", "migrated"), {}); !report)
    return fail(report.error().message);
  server->stop();
  // `cp -a`: the files may belong to another account, and keep it. The lock: another ctest may be copying.
  const std::string from = "'" + (directory / "postgres").string() + "'", to = "'" + result.string() + "'";
  const std::string copy =
      "export from=" + from + " to=" + to + "; flock \"$to.lock\" sh -c 'rm -rf \"$to\" && cp -a \"$from\" \"$to\"'";
  return std::system(copy.c_str()) == 0 ? 0 : fail("failed: " + copy);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return fail("cluster DIRECTORY");
  std::string directory = (fs::temp_directory_path() / "nowd-test-XXXXXX").string();
  if (::mkdtemp(directory.data()) == nullptr) return fail("cannot create " + directory);
  const int status = make(directory, argv[1]);
  std::error_code ignored;
  fs::remove_all(directory, ignored);
  return status;
}
