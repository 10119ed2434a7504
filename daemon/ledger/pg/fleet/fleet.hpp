// Several daemons on one ledger, with different files: the revisions that each has loaded, and those in force.
//
// The *newest revision* of a job is in force, and only daemons that have loaded it plan and claim the job. An older
// revision returns when no other live daemon has the newer one any more: files are rolled back that way. A job is
// retired when no daemon has it in its files.
#pragma once

#include <set>

#include "ledger/ledger.hpp"
#include "ledger/pg/session/array.hpp"
#include "ledger/pg/session/session.hpp"

namespace nowd::pg {

/// Lets daemons load one at a time: locks until the end of the transaction.
void lock_loads(Session::Context& context);

/// The loaded jobs of this daemon in the form of nowd.node: {job: revision}.
std::string loaded_json(const Jobs& jobs);
void record_loaded(Session::Context& context, const std::string& loaded);

/// Jobs of which another live daemon has a newer revision. `again`: a re-check of the same files, without an order of a
/// person; then a daemon that ended a moment ago counts as alive, because it may return. Requires: the revisions are
/// recorded.
std::set<JobName> newer_elsewhere(Session::Context& context, const Jobs& jobs, bool again);

/// Retires the jobs that are in the files of no daemon; their planned occurrences are withdrawn.
void retire_jobs(Session::Context& context, const Jobs& jobs);

/// Jobs in the files of another daemon, but not in the files of this one or its predecessors.
std::set<JobName> jobs_of_others(Session::Context& context);

/// The log line about jobs with newer revisions elsewhere: their number, and a few names. Requires: at least one job.
std::string left_to_others(const std::vector<JobName>& jobs);

/// The jobs in force that this daemon must not touch: they are not in its files, or in another revision. Logs each
/// newer revision of another daemon once.
class LeftAlone {
 public:
  /// Their names, as an array literal. Reads one row if no daemon has loaded files since the last call.
  const std::string& names(Session::Context& context, const JobsSnapshot& jobs);

 private:
  void log_newer(Session::Context& context, const Array& in_another_revision);

  JobsSnapshot jobs_;
  std::string loads_;
  std::string names_;
  std::set<JobName> said_;
};

}  // namespace nowd::pg
