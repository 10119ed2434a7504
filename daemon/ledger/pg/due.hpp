// What is due: candidates under row locks, with all that a judgement of them needs.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "domain/clocks/unwatched.hpp"
#include "ledger/deciding.hpp"
#include "ledger/pg/session.hpp"

namespace nowd::pg {

/// What this daemon's claims before this one tell of a candidate that is late.
struct LookedBefore {
  Looks looks;
  Stretches unwatched;  ///< when nobody could look, and why
};

/// Everything that is due and may be judged now, by job. `left_alone` (an array literal): jobs that are not in the
/// snapshot, or of which another daemon has a newer revision.
class Candidates {
 public:
  Candidates(Session::Context& context, const Jobs& jobs, const LookedBefore& before, const std::string& left_alone);

  /// Locks at most `most` rows of each sort: requests, live ones, waiting ones. True if there may be more live ones.
  bool collect(int most);

  /// The jobs, in the order of what they wait for: requests, then live work, then what is made up for.
  const std::vector<JobName>& order() const { return order_; }
  std::vector<Due>& of(const JobName& job) { return due_[job]; }

 private:
  void add(const Values& row);
  void widen(const std::string& now);

  Session::Context& context_;
  const Jobs& jobs_;
  const LookedBefore& before_;
  const std::string& left_alone_;
  std::vector<JobName> order_;
  std::map<JobName, std::vector<Due>> due_;
};

}  // namespace nowd::pg
