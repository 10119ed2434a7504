// The rows of nowd.provider_state.
#pragma once

#include <string>
#include <vector>

#include "domain/clocks/remote_clock.hpp"
#include "ledger/pg/session/connection.hpp"
#include "ledger/records.hpp"

namespace nowd::pg {

std::vector<AccountRow> provider_states(Transaction& transaction);
void keep_provider_states(Transaction& transaction, const std::vector<AccountRow>& rows);

// The rows of nowd.remote_clock.

std::vector<RemoteClockRow> remote_clocks(Transaction& transaction, const std::string& boot_id);
void keep_remote_clocks(Transaction& transaction, const std::string& boot_id, const std::vector<RemoteClockRow>& rows);

}  // namespace nowd::pg
