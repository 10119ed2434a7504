#include "app/up.hpp"

#include <unistd.h>

#include <iostream>

#include "ledger/schema/migrator.hpp"

namespace nowd {

Result<PrivatePostgres> start_private_postgres(const std::string& directory, Config& config) {
  PrivatePostgres::Options options;
  options.directory = directory.empty() ? PrivatePostgres::default_directory() : std::filesystem::path(directory);
  std::cout << "Starting a private Postgres in " << options.directory.string() << " ..." << std::endl;
  Result<PrivatePostgres> server = PrivatePostgres::start(options);
  if (!server) return server;
  const Result<MigrateReport> migrated = migrate(server->conninfo(), {});
  if (!migrated) return migrated.error();
  config.database = server->conninfo("nowd");
  config.state = (options.directory / "state").string();
  std::cout << "Look into the ledger from another terminal:\n\n  " << server->psql_command()
            << "\n\nThere: select * from nowd.run_clocks order by run desc limit 5;\n"
            << "\nAfter a change of the job files: kill -HUP " << ::getpid() << "\n"
            << std::endl;
  return server;
}

}  // namespace nowd
