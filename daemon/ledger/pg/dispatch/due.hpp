// Due candidates under row locks, with the facts that judge() needs.
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

/// An occurrence or a request with a row that cannot be read. `at`: its moment, as Postgres writes it.
struct Unreadable {
  JobName job;
  std::string at;
  std::optional<std::int64_t> request;
  std::string why;
  bool operator<(const Unreadable& other) const {
    return std::tie(job, at, request) < std::tie(other.job, other.at, other.request);
  }
};
/// For columns that only inform: none if the value cannot be read.
std::optional<Instant> if_readable(const Value& value);
/// Closes these rows with the reason `unreadable`, and logs them.
void close_unreadable(Session::Context& context, const std::set<Unreadable>& rows);

/// Earlier polls of this daemon, which explain why a candidate is late.
struct LookedBefore {
  PollHistory polls;
  Stretches unwatched;  ///< intervals without polls, with their reasons
};

/// All due candidates that may be judged now, by job. `left_alone` (an array literal): jobs outside the snapshot, and
/// jobs with a newer revision elsewhere.
class Candidates {
 public:
  Candidates(Session::Context& context, const Jobs& jobs, const LookedBefore& before, const std::string& left_alone);

  /// Locks at most `max_rows` rows of each sort: requests, due on time, waiting. Returns true if there may be more that
  /// are due on time.
  bool collect(int max_rows);

  DueByJob& all() { return due_; }
  /// Number of rows that could not be read. They are closed (unreadable), and the others continue.
  int unreadable_count() const { return static_cast<int>(unreadable_.size()); }

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
