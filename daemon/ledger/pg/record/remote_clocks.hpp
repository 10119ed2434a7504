// The rows of nowd.remote_clock.
#pragma once

#include <string>
#include <vector>

#include "domain/clocks/remote_clock.hpp"
#include "ledger/pg/session/connection.hpp"

namespace nowd::pg {

std::vector<RemoteClockRow> remote_clocks(Transaction& transaction, const std::string& boot_id);
void keep_remote_clocks(Transaction& transaction, const std::string& boot_id, const std::vector<RemoteClockRow>& rows);

}  // namespace nowd::pg
