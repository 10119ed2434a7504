// The rows of nowd.provider_state.
#pragma once

#include <vector>

#include "ledger/key_ledger.hpp"
#include "ledger/pg/session/connection.hpp"

namespace nowd::pg {

std::vector<KeyRow> provider_states(Transaction& transaction);
void keep_provider_states(Transaction& transaction, const std::vector<KeyRow>& rows);

}  // namespace nowd::pg
