// Tables for a terminal: aligned columns, and the rows of the ledger that nowctl prints with them.
#pragma once

#include <string>
#include <vector>

#include "foundation/json.hpp"
#include "surface/text.hpp"

namespace nowd {

struct TableCell {
  std::string text;  ///< printable
  Ink ink = Ink::plain;
};

/// The first row is the heading. A column is as wide as its widest cell; a column that is empty in all rows is left
/// out. On a terminal a line is clipped to the terminal's width.
std::string table_text(const std::vector<std::vector<TableCell>>& rows, const Style& style);

/// Rows of the views `jobs` and `runs` (LedgerReader), times in the zone of the job.
std::string jobs_table(const std::vector<Json>& jobs, const Style& style);
std::string runs_table(const std::vector<Json>& runs, const Style& style);
/// Rows of LedgerReader::deliveries and of the view `requests`, times in UTC.
std::string deliveries_table(const std::vector<Json>& deliveries, const Style& style);
std::string requests_table(const std::vector<Json>& requests, const Style& style);
/// The deletions of `nowctl prune`, done or planned: rows of the view `retention` with counts. A row with job null
/// counts messages of several jobs or none.
std::string pruned_table(const std::vector<Json>& jobs, const Style& style);

/// `nowctl clocks --job JOB`: the gaps between the clocks of a job's runs, the verdicts, the remote clocks, and the
/// dates that models stated. `clocks`: LedgerReader::job_clocks().
std::string job_clocks_text(const Json& clocks, const Style& style);
/// `nowctl verify`: rows of nowd.verify.
std::string findings_table(const std::vector<Json>& findings, const Style& style);

/// `nowctl spend`: rows of LedgerReader::spend.
std::string spend_table(const std::vector<Json>& jobs, const Style& style);
/// `nowctl stops`: rows of LedgerReader::stops, times in UTC.
std::string stops_table(const std::vector<Json>& stops, const Style& style);
/// The stop words of the providers: objects {"api", "word", "stop", "action"}.
std::string words_table(const std::vector<Json>& words, const Style& style);

}  // namespace nowd
