// Which database: as named, else the configuration's as oneself, else libpq's.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "ctl/cli/command_line.hpp"
#include "ledger/reader/reader.hpp"

namespace nowd::ctl {

/// Errors: `invalid` if a configuration was named and cannot be read.
Result<std::string> database_of(const Globals& globals);

/// Opens the ledger and gives it to `action`, whose exit code is the command's. Without a ledger, by whatever cause, it
/// says so and the code is 3.
int with_ledger(const Globals& globals, const std::function<int(LedgerReader&)>& action);

}  // namespace nowd::ctl
