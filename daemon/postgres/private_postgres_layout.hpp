// The files of a private Postgres, the accounts that may reach them, and the installed server that fits them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "foundation/error.hpp"
#include "foundation/fd.hpp"
#include "postgres/private_postgres_process.hpp"

namespace nowd::private_postgres {

/// Invariant: `socket` holds only characters that need quoting neither in conninfo (where a comma separates hosts) nor
/// in a shell nor in postgresql.conf, and is short enough for sockaddr_un.
struct Layout {
  std::filesystem::path directory;  ///< canonical
  std::filesystem::path cluster;
  std::filesystem::path log;
  std::filesystem::path socket;
};

/// Creates DIR and what is missing above it, 0700; as root 0711: the server's account passes through and lists nothing.
Result<Layout> lay_out(const std::filesystem::path& directory);
/// Takes DIR for this process until the descriptor is closed; refused, naming the other's pid, when it is taken.
Result<FileDescriptor> lock(const Layout& layout);
/// Opens DIR itself to `account` if it is closed, and makes the socket directory, 0700 and the account's. What is above
/// DIR is not ours to change: refused with a remedy.
Result<void> give_access(const Layout& layout, const Account& account);
/// The directory of the server's binaries: of the cluster's major version if there is a cluster, else the newest below
/// /usr/lib/postgresql, else the one in PATH.
Result<std::filesystem::path> find_binaries(const Layout& layout);

}  // namespace nowd::private_postgres
