// Programs and accounts of child processes: searches in the PATH of children, not in the daemon's own.
#pragma once

#include <string>
#include <string_view>

#include "foundation/error.hpp"

namespace nowd {

/// The default PATH of children.
inline constexpr std::string_view children_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The path of an executable program. A name with a slash is relative to `directory` (empty: "/"); any other name is
/// searched in `path`. Errors: `invalid`, with the program and the remedy.
Result<std::string> find_program(const std::string& name, std::string_view path = children_path,
                                 const std::string& directory = "");

/// A user of this host.
struct Account {
  std::string name;
  unsigned uid = 0;
  unsigned gid = 0;
  std::string home;
  bool own = false;  ///< this process already runs as this user
};

/// The account for a child; an empty name: the account of this process. Errors: `invalid` for an unknown user, or one
/// that this process may not become ("nowd runs as 'nowd' and may not become 'bob'; …"). Reads the host's user
/// database.
Result<Account> account_to_become(const std::string& name);

}  // namespace nowd
