// What is due: candidates under row locks, with all that a judgement of them needs.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "domain/planning/claim_decider.hpp"
#include "domain/planning/unwatched.hpp"
#include "ledger/pg/session/session.hpp"

namespace nowd::pg {

/// A row that cannot be served: an occurrence or a request, as Postgres writes its moment.
struct Unreadable {
  JobName job;
  std::string at;
  std::optional<std::int64_t> request;
  std::string why;
  bool operator<(const Unreadable& other) const {
    return std::tie(job, at, request) < std::tie(other.job, other.at, other.request);
  }
};
/// Of what only informs: what cannot be read is not known.
std::optional<Instant> if_readable(const Value& value);
/// Closes them with the reason `unreadable`, and names them in the log.
void close_unreadable(Session::Context& context, const std::set<Unreadable>& rows);

/// What this daemon's claims before this one tell of a candidate that is late.
struct LookedBefore {
  PollHistory polls;
  Stretches unwatched;  ///< when nobody could look, and why
};

/// Everything that is due and may be judged now, by job. `left_alone` (an array literal): jobs that are not in the
/// snapshot, or of which another daemon has a newer revision.
class Candidates {
 public:
  Candidates(Session::Context& context, const Jobs& jobs, const LookedBefore& before, const std::string& left_alone);

  /// Locks at most `most` rows of each sort: requests, live ones, waiting ones. True if there may be more live ones.
  bool collect(int most);

  DueByJob& all() { return due_; }
  /// How many rows could not be read. They are closed (unreadable), so that the others go on.
  int set_aside() const { return static_cast<int>(unreadable_.size()); }

 private:
  void add(const Values& row);
  void widen(const std::string& now);

  Session::Context& context_;
  const Jobs& jobs_;
  const LookedBefore& before_;
  const std::string& left_alone_;
  DueByJob due_;
  std::set<Unreadable> unreadable_;
};

}  // namespace nowd::pg
