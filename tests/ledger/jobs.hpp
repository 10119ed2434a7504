// The few jobs that tests of ledgers need.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "domain/planning/judge.hpp"
#include "foundation/random.hpp"

namespace nowd::test {

inline Job job_named(const std::string& name, Schedule schedule = {}) {
  Job job;
  job.name = name;
  job.schedule = std::move(schedule);
  job.schedule.text = std::holds_alternative<Every>(job.schedule.kind) ? "every" : "manual";
  job.canonical = R"({"name":")" + name + R"(","schedule":")" + std::to_string(job.schedule.kind.index()) +
                  (std::holds_alternative<Every>(job.schedule.kind)
                       ? std::to_string(std::get<Every>(job.schedule.kind).period.count())
                       : "") +
                  "\"}";
  job.revision = sha256_hex(job.canonical);
  job.schedule_revision = sha256_hex(job.canonical);
  job.source = "test:1";
  return job;
}

inline Schedule every(seconds period) {
  Schedule schedule;
  schedule.kind = Every{period, {}};
  return schedule;
}

inline JobsSnapshot jobs_of(std::vector<Job> jobs) {
  auto all = std::make_shared<Jobs>();
  for (Job& job : jobs) all->emplace(job.name, std::move(job));
  return all;
}

inline Job with_overlap(const std::string& name, OverlapRules::Policy policy) {
  Job job = job_named(name);
  job.overlap.policy = policy;
  return job;
}

inline Job with_missed(const std::string& name, MissedRules::Policy policy, seconds period = seconds{0}) {
  Job job = period.count() > 0 ? job_named(name, every(period)) : job_named(name);
  job.missed.policy = policy;
  return job;
}

}  // namespace nowd::test
