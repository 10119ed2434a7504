// The scheduler against a ledger that refuses, on virtual time.
#include "runtime/scheduler.hpp"

#include <algorithm>

#include "ledger/jobs.hpp"
#include "ledger/memory/memory_ledger.hpp"
#include "runtime/rehearsal/rehearsal_driver.hpp"
#include "runtime/rehearsal/virtual_time.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

template <class T>
using Answer = boost::asio::awaitable<Result<T>>;

/// A ledger that refuses what it is told to.
class RefusingLedger final : public Ledger {
 public:
  explicit RefusingLedger(Ledger& behind) : behind_(behind) {}
  Answer<Written> write_facts(Claim claim, Facts facts) override {
    return behind_.write_facts(claim, std::move(facts));
  }
  Answer<std::vector<Cursor>> load_jobs(JobsSnapshot jobs) override { return behind_.load_jobs(jobs); }
  Answer<std::map<JobName, std::string>> accepted() override { return behind_.accepted(); }
  Answer<std::vector<Cursor>> plan_jobs(JobsSnapshot jobs, std::vector<JobName> names, seconds horizon) override {
    for (const JobName& name : names)
      if (unplannable.count(name) > 0) co_return invalid("ledger: no plan of " + name);
    co_return co_await behind_.plan_jobs(jobs, names, horizon);
  }
  Answer<std::vector<Cursor>> rezone(JobsSnapshot jobs, std::vector<JobName> names) override {
    ++rezones;
    rezoned_with = jobs;
    if (rezones <= refused_rezones) co_return invalid("ledger: no");
    if (rezones <= held_rezones) co_return std::vector<Cursor>{};
    co_return co_await behind_.plan_jobs(jobs, names, seconds{0});
  }
  Answer<Claimed> claim_due(JobsSnapshot jobs, int limit) override {
    ++claims;
    if (refused_claims > 0) {
      --refused_claims;
      co_return invalid("ledger: a row cannot be read");
    }
    co_return co_await behind_.claim_due(jobs, limit);
  }
  Answer<Outputs> outputs(ClaimedRun claimed) override { return behind_.outputs(std::move(claimed)); }
  Answer<Sweep> sweep(std::optional<Serving> serving) override { return behind_.sweep(std::move(serving)); }
  Tick confirmed() const override { return behind_.confirmed(); }
  const std::string& identity() const override { return behind_.identity(); }
  bool reachable() const override { return true; }

  int refused_claims = 0, claims = 0;
  int refused_rezones = 0, held_rezones = 0, rezones = 0;
  JobsSnapshot rezoned_with;
  std::set<JobName> unplannable;

 private:
  Ledger& behind_;
};

/// What people would be told of.
struct Told final : Outbox {
  Answer<Taken> take_deliveries(Sending) override { co_return Taken{}; }
  Answer<void> settle_delivery(QueuedDelivery, SendOutcome, DeliveryStep) override {
    co_return boost::system::in_place_value;
  }
  Answer<void> report_troubles(std::vector<Trouble> troubles) override {
    for (Trouble& each : troubles) reported.push_back(std::move(each));
    co_return boost::system::in_place_value;
  }
  Answer<void> resolve_trouble(AlertKind kind, std::string name) override {
    ended.push_back(std::string(to_string(kind)) + " " + name);
    co_return boost::system::in_place_value;
  }
  std::vector<Trouble> reported;
  std::vector<std::string> ended;
};

struct Scheduling {
  VirtualTime time{parse_rfc3339("2026-06-01T07:00:00.5Z").value()};
  memory::Store store;
  MemoryLedger memory{store, time.clock()};
  RefusingLedger ledger{memory};
  Told told;
  Supervisor supervisor{time.executor(),
                        std::make_unique<RehearsalDriver>(ledger, time, [](const JobName&) { return seconds{1}; }),
                        ledger,
                        time.clock(),
                        [](const RunReport&) {},
                        [this] { scheduler.wake(); }};
  Scheduler scheduler{time.timer(), seconds{1}, ledger, supervisor, time.clock(), &told};
  TaskGroup tasks{time.executor()};

  ~Scheduling() {
    scheduler.stop();
    supervisor.cancel();
    time.settle();
  }
  static SetupSnapshot setup_of(JobsSnapshot jobs) {
    auto setup = std::make_shared<Setup>();
    setup->config.concurrency = 64;
    setup->jobs = std::move(jobs);
    return setup;
  }
  void start(std::vector<Job> jobs) {
    const auto run = [](Scheduler& scheduler, SetupSnapshot setup) -> boost::asio::awaitable<void> {
      const Result<void> adopted = co_await scheduler.adopt(std::move(setup));
      if (adopted) co_await scheduler.run();
    };
    tasks.spawn("scheduler", run(scheduler, setup_of(jobs_of(std::move(jobs)))));
    time.settle();
  }
  void rezone(SetupSnapshot setup, std::vector<JobName> names) {
    const auto run = [](Scheduler& scheduler, SetupSnapshot after,
                        std::vector<JobName> jobs) -> boost::asio::awaitable<void> {
      (void)co_await scheduler.rezone(std::move(after), std::move(jobs));
    };
    tasks.spawn("rezone", run(scheduler, std::move(setup), std::move(names)));
    time.settle();
  }
  void pass(seconds span) {
    time.run_until(time.clock().now() + span, [] { return false; });
  }
  std::size_t runs_of(const JobName& job) const {
    return static_cast<std::size_t>(std::count_if(store.runs.all().begin(), store.runs.all().end(),
                                                  [&](const auto& run) { return run.second.claimed.job == job; }));
  }
};

}  // namespace

TEST_CASE("claims that are refused again and again are reported once and make readiness say no, until one succeeds") {
  Scheduling s;
  s.start({job_named("a", every(seconds{10}))});
  s.pass(seconds{40});                                                              // until it plans again
  CHECK(s.told.ended == std::vector<std::string>{"held claims", "held planning"});  // of the daemon before
  CHECK_FALSE(s.scheduler.refused());
  s.told.ended.clear();
  s.ledger.refused_claims = 2;
  s.pass(seconds{4});
  CHECK(s.told.reported.empty());
  CHECK_FALSE(s.scheduler.refused());
  s.ledger.refused_claims = 40;
  s.pass(seconds{15});
  REQUIRE(s.told.reported.size() == 1);
  CHECK(s.told.reported[0].kind == AlertKind::held);
  CHECK(s.told.reported[0].name == "claims");
  CHECK(s.told.reported[0].detail.find("a row cannot be read") != std::string::npos);
  REQUIRE(s.scheduler.refused());
  CHECK(s.scheduler.refused()->starts_with("nothing starts, the ledger refused the last"));
  s.ledger.refused_claims = 0;
  s.pass(seconds{2});
  CHECK_FALSE(s.scheduler.refused());
  CHECK(s.told.ended == std::vector<std::string>{"held claims"});
  CHECK(s.told.reported.size() == 1);
  CHECK(s.runs_of("a") >= 1);
}

TEST_CASE("a job whose planning is refused keeps no other from being planned, and is named") {
  Scheduling s;
  s.start({job_named("bad", every(seconds{10})), job_named("good", every(seconds{10}))});
  s.ledger.unplannable = {"bad"};
  s.pass(minutes{3});
  CHECK(s.runs_of("good") == 18);
  CHECK(s.runs_of("bad") < 10);
  REQUIRE(s.told.reported.size() == 1);
  CHECK(s.told.reported[0].name == "planning");
  CHECK(s.told.reported[0].detail.find("bad: ledger: no plan of bad") != std::string::npos);
  s.ledger.unplannable.clear();
  s.pass(minutes{1});
  CHECK(s.told.ended.back() == "held planning");
  CHECK_FALSE(s.scheduler.refused());
}

TEST_CASE("new rules of zones that the ledger refuses, or does not take while held, are given again until it does") {
  Scheduling s;
  s.start({job_named("a", every(seconds{10}))});
  s.pass(seconds{2});
  s.ledger.refused_rezones = 2;
  s.ledger.held_rezones = 3;
  const SetupSnapshot after = Scheduling::setup_of(jobs_of({job_named("a", every(seconds{10}))}));
  s.rezone(after, {"a"});
  CHECK(s.ledger.rezones == 1);
  s.pass(minutes{2});
  CHECK(s.ledger.rezones == 4);
  CHECK(s.ledger.rezoned_with == after->jobs);
  CHECK(s.scheduler.setup() == after);
}
