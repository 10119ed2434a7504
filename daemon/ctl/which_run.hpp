// Which run somebody means.
#pragma once

#include <string>

#include "ledger/reader.hpp"

namespace nowd::ctl {

/// A number; "latest", the newest run of all; or a job's name, its newest run. Errors: `invalid` (no such job, or it
/// has not run yet), with the remedy.
Result<RunId> which_run(LedgerReader& reader, const std::string& word);

}  // namespace nowd::ctl
