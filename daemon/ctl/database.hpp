// Which database: as named, else the configuration's as oneself, else libpq's.
#pragma once

#include <string>
#include <string_view>

#include "ctl/command_line.hpp"
#include "ledger/reader.hpp"

namespace nowd::ctl {

/// A conninfo or URL without its user and password: nowctl acts as the person's own role, not as the daemon's.
std::string without_login(std::string_view conninfo);

/// Errors: `invalid` if a configuration was named and cannot be read.
Result<std::string> database_of(const Globals& globals);

/// Opens the ledger; where that fails, says so and gives the exit code: 3, as without the ledger there is nothing to look at.
Result<LedgerReader, int> open_ledger(const Globals& globals);

}  // namespace nowd::ctl
