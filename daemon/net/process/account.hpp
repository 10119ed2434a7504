// Accounts of this host: whom a child may run as.
#pragma once

#include <string>

#include "foundation/error.hpp"

namespace nowd {

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
