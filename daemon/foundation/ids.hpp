// Identities: a run is a number, a node and a claim are random UUIDs, a job is its name.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace nowd {

/// A run's id, called `run` in every table and view.
struct RunId {
  std::int64_t value = 0;
  auto operator<=>(const RunId&) const = default;
};
inline std::string to_string(RunId run) { return std::to_string(run.value); }

using JobName = std::string;  ///< [a-z0-9][a-z0-9-]{0,62}
using Uuid = std::string;     ///< lower-case hexadecimal with hyphens

bool is_job_name(std::string_view text);

/// The right to write to a run. Every write carries it, and the statement itself refuses a stale fence.
struct Claim {
  RunId run;
  std::int64_t fence = 0;
  Uuid claim_id;
  bool operator==(const Claim&) const = default;
};

}  // namespace nowd
