// `nowd up`: the daemon on a private Postgres that it creates, starts and stops itself.
#pragma once

#include <optional>
#include <string>

#include "domain/job/config.hpp"
#include "postgres/private_postgres.hpp"

namespace nowd {

/// Starts the private server below `directory` (empty: the default one), brings its schema up to date, and points the
/// configuration at it: database, and state unless another daemon would share it. Prints how to reach it to stdout.
Result<PrivatePostgres> start_private_postgres(const std::string& directory, Config& config);

}  // namespace nowd
