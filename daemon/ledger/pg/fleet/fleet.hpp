// Several daemons on one ledger, whose files may differ: who has loaded what, and whose revision is in force.
//
// The *newest revision* of a job is in force, and only daemons that have loaded it plan and claim the job. An older one
// comes back when no other live daemon has the newer one any more: that is how files are rolled back. A job is retired
// when no daemon has it in its files.
#pragma once

#include <set>

#include "ledger/ledger.hpp"
#include "ledger/pg/session/array.hpp"
#include "ledger/pg/session/session.hpp"

namespace nowd::pg {

/// Daemons load one at a time: from here to the end of the transaction.
void take_turn(Session::Context& context);

/// What this daemon has loaded, as it stands in nowd.node.
std::string loaded_json(const Jobs& jobs);
void record_loaded(Session::Context& context, const std::string& loaded);

/// Jobs of which another daemon has a newer revision: one that is alive, or (`again`: nobody asked, this is another
/// look at the same files) has just ended and may be back in a moment. Requires: the revisions are recorded.
std::set<JobName> newer_elsewhere(Session::Context& context, const Jobs& jobs, bool again);

/// Retires the jobs that are in nobody's files; their planned occurrences are withdrawn.
void retire_jobs(Session::Context& context, const Jobs& jobs);

/// Jobs that are not in the files of this daemon or those before it, but in another's.
std::set<JobName> jobs_of_others(Session::Context& context);

/// The one line about jobs of which others have newer revisions: how many, and a few by name. Requires: at least one.
std::string left_to_others(const std::vector<JobName>& jobs);

/// The jobs in force that one daemon must not touch: not in its files, or in another revision. Says
/// once what others have newer revisions of.
class LeftAlone {
 public:
  /// Their names, as an array literal. Costs one row where nobody has loaded anything since.
  const std::string& names(Session::Context& context, const JobsSnapshot& jobs);

 private:
  void tell(Session::Context& context, const Array& in_another_revision);

  JobsSnapshot jobs_;
  std::string loads_;
  std::string names_;
  std::set<JobName> said_;
};

}  // namespace nowd::pg
