// The jobs of a seed, with their schedules in a second form, by which the expected occurrences are counted second by
// second, without the code that plans them.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "domain/planning/judge.hpp"
#include "simulate/engine/dice.hpp"

namespace nowd::sim {

/// A second of the day is an occurrence if it is `first` plus a multiple of `period`.
struct Beat {
  seconds period{60};
  seconds first{0};
  bool operator==(const Beat&) const = default;
};

/// One version of the job files.
struct Files {
  std::vector<Job> jobs;
  std::map<JobName, Beat> beats;  ///< of the jobs with a schedule
  int version = 1;

  JobsSnapshot snapshot(const std::set<JobName>& removed) const;
  void set_beat(std::size_t job, const Beat& beat);
  void set_prompt(std::size_t job, const std::string& prompt);
};

/// Schedules end at the midnight `end`.
Files files_of(std::uint64_t seed, Instant end);
Beat any_beat(Dice& dice);

/// The occurrences in (after, until].
std::vector<Instant> expected(const Beat& beat, Instant after, Instant until);

}  // namespace nowd::sim
