// The rows of nowd.provider_state and nowd.remote_clock, for AccountLedger and ClockLedger.
#pragma once

#include <string>
#include <vector>

#include "domain/clocks/remote_clock.hpp"
#include "ledger/pg/session/connection.hpp"
#include "ledger/records.hpp"

namespace nowd::pg {

std::vector<AccountRow> provider_states(Transaction& transaction);
void save_provider_states(Transaction& transaction, const std::vector<AccountRow>& rows);

std::vector<RemoteClockRow> remote_clocks(Transaction& transaction, const std::string& boot_id);
void save_remote_clocks(Transaction& transaction, const std::string& boot_id, const std::vector<RemoteClockRow>& rows);

}  // namespace nowd::pg
