// Retention: deletes texts, runs and messages that are older than their job's retention.
//
// Authority: the job's revision in force defines the retention, the *database* measures the age (its clock), and its
// functions nowd.prune and nowd.prune_messages decide: they never delete a live run, an effect in doubt, a delivery
// that is still pending, the subject of an open alert, or the job's last success. Occurrences stay, so no pruned run is
// started again.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <vector>

#include "foundation/error.hpp"
#include "foundation/ids.hpp"

namespace nowd {

struct Pruned {
  std::int64_t runs = 0;
  std::int64_t bodies = 0;
  std::int64_t bytes = 0;     ///< size of the bodies in the database
  bool more = false;          ///< there may be more rows: prune again
  std::int64_t messages = 0;  ///< messages without a run, such as alerts

  Pruned& operator+=(const Pruned& other);
  bool anything() const { return runs > 0 || bodies > 0 || messages > 0; }
  bool operator==(const Pruned&) const = default;
};

class Pruning {
 public:
  virtual ~Pruning() = default;

  /// Jobs with a retention, retired ones included. Empty during a hold: the clock may be wrong.
  virtual boost::asio::awaitable<Result<std::vector<JobName>>> jobs_with_retention() = 0;
  /// Deletes at most `batch` runs and as many messages. Deletes nothing if another daemon is pruning the same job.
  /// Without a job: messages about several jobs or none, which stay as long as the longest retention of any job.
  virtual boost::asio::awaitable<Result<Pruned>> prune(std::optional<JobName> job, int batch) = 0;
  /// Drops monthly partitions without rows; returns their number.
  virtual boost::asio::awaitable<Result<int>> drop_empty_months() = 0;
};

}  // namespace nowd
