// Finding the program of a command as its child will: in the PATH that nowd gives, not in one's own.
#pragma once

#include <string>
#include <string_view>

#include "foundation/error.hpp"

namespace nowd {

/// The PATH of every child that brings none of its own.
inline constexpr std::string_view children_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Where a program is that this process could execute. A name with a slash counts from `directory` (empty: "/"); one
/// without is looked for in `path`. Errors: `invalid`, naming the program and the remedy.
Result<std::string> find_program(const std::string& name, std::string_view path = children_path,
                                 const std::string& directory = "");

// Accounts of this host: whom a child may run as.

struct Account {
  std::string name;
  unsigned uid = 0;
  unsigned gid = 0;
  std::string home;
  bool own = false;  ///< this process runs as it already
};

/// An empty name: the account that this process runs as. Errors: `invalid` for one that this host does not know, or
/// that this process may not become ("nowd runs as 'nowd' and may not become 'bob'; …"). Asks the host's user database.
Result<Account> account_to_become(const std::string& name);

}  // namespace nowd
