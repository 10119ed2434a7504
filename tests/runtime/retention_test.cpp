#include "runtime/retention.hpp"

#include <set>

#include "net/io.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

class FakePruning final : public Pruning {
 public:
  Result<std::vector<JobName>> jobs = std::vector<JobName>{"a", "b"};
  std::set<std::string> refused;
  std::vector<std::string> pruned;
  int dropped = 0;

  boost::asio::awaitable<Result<std::vector<JobName>>> jobs_with_retention() override { co_return jobs; }
  boost::asio::awaitable<Result<Pruned>> prune(std::optional<JobName> job, int) override {
    pruned.push_back(job.value_or("-"));
    if (refused.contains(pruned.back())) co_return invalid("ledger: refused");
    co_return Pruned{1, 0, 0, false, 0};
  }
  boost::asio::awaitable<Result<int>> drop_empty_months() override {
    ++dropped;
    co_return 0;
  }
};

struct Forgetting {
  boost::asio::io_context io;
  FakePruning ledger;
  RetentionLoop loop{io.get_executor(), ledger};
};

}  // namespace

TEST_CASE_METHOD(Forgetting, "each job is pruned, then what belongs to none, then the empty months") {
  CHECK(run(io, loop.prune_all()).runs == 3);
  CHECK(ledger.pruned == std::vector<std::string>{"a", "b", "-"});
  CHECK(ledger.dropped == 1);
}

TEST_CASE_METHOD(Forgetting, "a job that cannot be pruned is passed over, and the others go on") {
  ledger.refused = {"a"};
  CHECK(run(io, loop.prune_all()).runs == 2);
  CHECK(ledger.pruned.size() == 3);
}

TEST_CASE_METHOD(Forgetting, "a ledger that gives no jobs deletes nothing") {
  ledger.jobs = invalid("ledger: refused");
  CHECK_FALSE(run(io, loop.prune_all()).anything());
  CHECK(ledger.pruned.empty());
}
