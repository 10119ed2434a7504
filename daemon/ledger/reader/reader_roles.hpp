// A login that may do everything looks as one that may only look: what somebody planted in the schema runs with the
// rights of whoever reads it.
#pragma once

#include <string>

#include "ledger/pg/session/connection.hpp"

namespace nowd::pg {

/// Statements, each with its ";", that make the rest of a transaction a member of the group and no more; empty for a
/// login that is no superuser and does not own the schema.
struct LookingRoles {
  std::string reader;     ///< nowd_reader: no texts
  std::string operator_;  ///< nowd_operator: texts, and acting
};

/// Where the groups do not exist (nowctl migrate --no-roles) there is nothing to become.
LookingRoles looking_roles(Transaction& transaction);

}  // namespace nowd::pg
