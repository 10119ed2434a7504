// Input of a rehearsal from the ledger, and its result in words, in tables and as JSON. For rehearse and why.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "ctl/cli/command.hpp"
#include "domain/planning/judge.hpp"
#include "foundation/ids.hpp"
#include "foundation/json.hpp"
#include "ledger/reader/reader.hpp"
#include "runtime/rehearsal/rehearsal.hpp"
#include "surface/text.hpp"

namespace nowd::ctl {

/// Duration of a run where the ledger has no earlier run of its job.
inline constexpr seconds assumed_length{30};

/// Facts about jobs that only the ledger knows.
struct Standing {
  std::map<JobName, milliseconds> usual;  ///< median duration of the last successful runs
  std::set<JobName> paused;

  /// Durations of the runs; `fixed` is the same for every run.
  RunLength length(std::optional<milliseconds> fixed) const;
};

/// From the rows of LedgerReader::standing().
Standing standing_of(const std::vector<Json>& rows);

/// Errors: `invalid`, `unavailable` or `refused`, as with_ledger() prints them.
Result<Standing> standing_in_ledger(const Globals& globals);

/// The jobs in force in the ledger (LedgerReader::standing()), without those that this nowctl cannot read.
JobsSnapshot jobs_of(const std::vector<Json>& rows);

/// Word for the fate: runs, late, cancelled, fails, interrupted, coalesced, skipped, missed, superseded or waits.
std::string fate_word(const RehearsedFate& fate);

/// "it runs on time", "it is skipped: a run of the job was still going when its turn came".
std::string fate_sentence(const RehearsedFate& fate, const Zone& zone);

/// Job → fate_word() → number of occurrences.
using Totals = std::map<JobName, std::map<std::string, std::int64_t>>;
void add_to_totals(Totals& totals, const RehearsedFate& fate);

std::string fates_table(const std::vector<RehearsedFate>& fates, const nowd::Jobs& jobs, const Style& style);
std::string totals_table(const Totals& totals, const Style& style);

Json object_of(const RehearsedFate& fate);
Json object_of(const JobName& job, const std::map<std::string, std::int64_t>& totals);

}  // namespace nowd::ctl
