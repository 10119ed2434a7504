#include "ledger/pg/session/sqlstate.hpp"

#include <algorithm>
#include <array>

namespace nowd::pg {
namespace {

/// A state, or a class of them.
struct Known {
  std::string_view prefix;
  SqlFault fault;
};

// The first that fits. Classes: PostgreSQL, appendix A.
constexpr std::array known{
    Known{"57014", SqlFault::passing},  // query_canceled: pg_cancel_backend, statement_timeout
    Known{"57", SqlFault::lost},        // the server is being stopped, or is not up yet
    Known{"08", SqlFault::lost},
    Known{"25006", SqlFault::lost},  // read_only_sql_transaction: it became a standby
    Known{"25P03", SqlFault::lost},  // we stood still in a transaction for so long that the server ended the session
    Known{"40", SqlFault::conflict},
    Known{"55P03", SqlFault::conflict},  // lock_not_available
    Known{"53", SqlFault::passing},
    Known{"58", SqlFault::passing},
    Known{"42501", SqlFault::perhaps},  // insufficient_privilege: grants are re-run at each migration
    Known{"42", SqlFault::refusal},
    Known{"0A", SqlFault::refusal},
    Known{"02", SqlFault::refusal},
    Known{"2", SqlFault::refusal},
    Known{"3", SqlFault::refusal},
    Known{"44", SqlFault::refusal},
    Known{"54", SqlFault::refusal},  // program_limit_exceeded: too large for any server
    Known{"P0", SqlFault::refusal},  // raised by a function
};

}  // namespace

SqlFault fault_of(std::string_view state) {
  const auto found = std::ranges::find_if(known, [&](const Known& each) { return state.starts_with(each.prefix); });
  return found == known.end() ? SqlFault::perhaps : found->fault;
}

}  // namespace nowd::pg
