// What the ledger lets go: texts, runs and messages that are older than their job's retention.
//
// Who is authoritative for what: the job's revision in force says how long, the *database* says how old (its clock),
// and its functions nowd.prune and nowd.prune_messages decide what may go: never a live run, an effect in doubt, a
// message that is still to be delivered, what an open alert is about, or the job's last success. Occurrences stay, so
// nothing ever runs again.
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
  std::int64_t bytes = 0;     ///< of the bodies, as stored
  bool more = false;          ///< there may be more: prune again
  std::int64_t messages = 0;  ///< alerts and the like that no run belongs to

  Pruned& operator+=(const Pruned& other);
  bool anything() const { return runs > 0 || bodies > 0 || messages > 0; }
  bool operator==(const Pruned&) const = default;
};

class Pruning {
 public:
  virtual ~Pruning() = default;

  /// Jobs with a retention, retired ones included. None while dispatch is held: the clock may be wrong.
  virtual boost::asio::awaitable<Result<std::vector<JobName>>> with_retention() = 0;
  /// Deletes one batch of at most `batch` runs and as many messages. Nothing, where another daemon is at the same job.
  /// Without a job: messages about several jobs or none, which stay as long as any job keeps its runs.
  virtual boost::asio::awaitable<Result<Pruned>> prune(std::optional<JobName> job, int batch) = 0;
  /// Drops the months that have nothing left.
  virtual boost::asio::awaitable<Result<int>> drop_empty_months() = 0;
};

}  // namespace nowd
