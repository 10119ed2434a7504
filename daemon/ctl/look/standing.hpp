// How jobs stand in the ledger, as far as a rehearsal wants to know.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "ctl/cli/command_line.hpp"
#include "foundation/ids.hpp"
#include "ledger/reader/reader.hpp"
#include "runtime/rehearsal/rehearsal.hpp"

namespace nowd::ctl {

/// How long a run is assumed to last where the ledger does not say.
inline constexpr seconds assumed_length{30};

struct Standing {
  std::map<JobName, milliseconds> usual;  ///< median of the last runs that succeeded
  std::set<JobName> paused;

  /// For every run the same length, if one is given.
  RunLength length(std::optional<milliseconds> given) const;
};

/// Of the rows of LedgerReader::standing().
Standing standing_of(const std::vector<Json>& rows);

/// Errors: as with_ledger() would tell them.
Result<Standing> standing_in_ledger(const Globals& globals);

/// The jobs in force as the ledger keeps them. One that this nowctl cannot read is left out.
JobsSnapshot jobs_of(const std::vector<Json>& rows);

}  // namespace nowd::ctl
