// The daemon's pages: rows of the ledger become HTML. Pure; app/pages.hpp reads the rows and answers requests.
//
// They show clocks and verdicts. Texts of jobs (prompts, arguments, outputs, messages) are left out, because the pages
// need no login.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "foundation/ids.hpp"
#include "foundation/json.hpp"
#include "surface/page/html.hpp"

namespace nowd {

/// The page of a path.
struct PagePath {
  enum class Kind { jobs, job, run, style, metrics };
  Kind kind = Kind::jobs;
  JobName job;
  RunId run;
  bool operator==(const PagePath&) const = default;
};
/// "/", "/jobs/NAME", "/runs/NUMBER", "/style.css", "/metrics"; nothing for any other. NAME must be a job
/// name: [a-z0-9][a-z0-9-]{0,62}.
std::optional<PagePath> page_path(std::string_view path);

struct PageTime {
  Instant now;
  std::string version;
};

/// `jobs`: rows of nowd.job_overview.
std::string jobs_page(const Json& jobs, const PageTime& time);
/// `clocks`: LedgerReader::job_clocks with recent runs.
std::string job_page(const Json& clocks, const PageTime& time);
/// `run`: LedgerReader::run.
std::string run_page(const Json& run, const PageTime& time);

/// Error pages, with the cause and a remedy: there is no such page; the ledger cannot be read.
std::string no_such_page(std::string_view what, const PageTime& time);
std::string ledger_away_page(std::string_view why, const PageTime& time);

}  // namespace nowd
