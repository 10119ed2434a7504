// Which run somebody means.
#pragma once

#include <string>

#include "ledger/reader/reader.hpp"

namespace nowd::ctl {

/// A number; "latest", the newest run of all; or a job's name, its newest run. Errors: `invalid` (no such job, or it
/// has not run yet), with the remedy.
Result<RunId> which_run(LedgerReader& reader, const std::string& word);

/// The moment that the job's newest run is for, as RFC 3339. Errors: as above.
Result<std::string> newest_moment(LedgerReader& reader, const JobName& job);

}  // namespace nowd::ctl
