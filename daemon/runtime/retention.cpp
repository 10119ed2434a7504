#include "runtime/retention.hpp"

#include <boost/asio/use_awaitable.hpp>

#include "foundation/log.hpp"

namespace nowd {
namespace {

constexpr hours interval{1};
/// Runs in one batch: a dispatch may have to wait some tens of milliseconds for it.
constexpr int batch = 50;
constexpr milliseconds between_batches{100};

void log_pruned(const Pruned& gone) {
  log::info("retention: deleted " + std::to_string(gone.runs) + " runs, " + std::to_string(gone.bodies) + " texts (" +
            std::to_string(gone.bytes / 1024) + " KiB) and " + std::to_string(gone.messages) +
            " messages about no run");
}

}  // namespace

RetentionLoop::RetentionLoop(boost::asio::any_io_executor executor, Pruning& ledger)
    : timer_(std::move(executor)), ledger_(ledger) {}

boost::asio::awaitable<void> RetentionLoop::run() {
  for (;;) {
    if (const Pruned gone = co_await prune_all(); gone.anything()) log_pruned(gone);
    co_await pause(interval);
  }
}

boost::asio::awaitable<Pruned> RetentionLoop::prune_all() {
  Pruned all;
  const Result<std::vector<JobName>> jobs = co_await ledger_.jobs_with_retention();
  if (!jobs) {
    log::error("retention: could not read the jobs: " + jobs.error().message);
    co_return all;
  }
  for (const JobName& job : *jobs) all += co_await prune(job);
  if (jobs->empty()) co_return all;
  all += co_await prune(std::nullopt);
  if (const Result<int> dropped = co_await ledger_.drop_empty_months(); !dropped)
    log::error("retention: could not drop empty months: " + dropped.error().message);
  co_return all;
}

boost::asio::awaitable<Pruned> RetentionLoop::prune(std::optional<JobName> job) {
  Pruned all;
  do {
    if (all.more) co_await pause(between_batches);
    const Result<Pruned> gone = co_await ledger_.prune(job, batch);
    if (!gone) {
      log::error("retention: " + gone.error().message, {{"job", job.value_or("(several or none)")}});
      break;
    }
    all += *gone;
  } while (all.more);
  co_return all;
}

boost::asio::awaitable<void> RetentionLoop::pause(milliseconds span) {
  timer_.expires_after(span);
  co_await timer_.async_wait(boost::asio::use_awaitable);
}

}  // namespace nowd
