// What nowd itself costs, on a private Postgres with fsync on: a lone run's overhead, the lag of 1 000 runs due at one
// instant, and complete runs per second, beside pgbench doing one run as four single transactions on the same server.
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>

#include "foundation/random.hpp"
#include "ledger/pg/pg_ledger.hpp"
#include "ledger/pg/session/connection.hpp"
#include "ledger/schema/migrator.hpp"
#include "net/http/http_client.hpp"
#include "postgres/private_postgres.hpp"
#include "runtime/scheduler.hpp"

using namespace nowd;

namespace {

double percentile(std::vector<double> values, double p) {
  std::sort(values.begin(), values.end());
  return values.empty()
             ? 0
             : values[std::min(values.size() - 1, static_cast<std::size_t>(p * static_cast<double>(values.size())))];
}

void print(const char* what, const std::vector<double>& milliseconds_each, const char* aim) {
  std::printf("%-58s p50 %8.2f ms  p99 %8.2f ms   (%s)\n", what, percentile(milliseconds_each, 0.5),
              percentile(milliseconds_each, 0.99), aim);
}

double ms(nanoseconds duration) { return std::chrono::duration<double, std::milli>(duration).count(); }

/// Passes everything on, and notes when each dispatch was committed.
class WatchedLedger final : public Ledger {
 public:
  WatchedLedger(PgLedger& inner, const Clock& clock) : inner_(inner), clock_(clock) {}
  boost::asio::awaitable<Result<Written>> write_facts(Claim claim, Facts facts) override {
    const bool dispatch = facts.dispatch.has_value();
    Result<Written> written = co_await inner_.write_facts(std::move(claim), std::move(facts));
    if (dispatch) dispatched.push_back(clock_.now());
    co_return written;
  }
  boost::asio::awaitable<Result<std::vector<Cursor>>> load_jobs(JobsSnapshot jobs) override {
    return inner_.load_jobs(jobs);
  }
  boost::asio::awaitable<Result<std::map<JobName, std::string>>> accepted() override { return inner_.accepted(); }
  boost::asio::awaitable<Result<std::vector<Cursor>>> plan_jobs(JobsSnapshot jobs, std::vector<JobName> names,
                                                                seconds horizon) override {
    return inner_.plan_jobs(std::move(jobs), std::move(names), horizon);
  }
  boost::asio::awaitable<Result<std::vector<Cursor>>> rezone(JobsSnapshot jobs, std::vector<JobName> names) override {
    return inner_.rezone(std::move(jobs), std::move(names));
  }
  boost::asio::awaitable<Result<Claimed>> claim_due(JobsSnapshot jobs, int limit) override {
    return inner_.claim_due(std::move(jobs), limit);
  }
  boost::asio::awaitable<Result<Outputs>> outputs(ClaimedRun claimed) override {
    return inner_.outputs(std::move(claimed));
  }
  boost::asio::awaitable<Result<Sweep>> sweep(std::optional<Serving> serving = {}) override {
    return inner_.sweep(std::move(serving));
  }
  Tick confirmed() const override { return inner_.confirmed(); }
  const std::string& identity() const override { return inner_.identity(); }
  bool reachable() const override { return inner_.reachable(); }

  std::vector<Instant> dispatched;

 private:
  PgLedger& inner_;
  const Clock& clock_;
};

/// The daemon's own parts, without its process: ledger, supervisor, scheduler, a script provider without delay.
class Bench {
 public:
  explicit Bench(const PrivatePostgres& server)
      : asking_(server.conninfo(), "bench"),
        http_(io_.get_executor(), clock_),
        tools_(io_.get_executor(), http_, clock_, [](const SecretSource&) { return Result<Secret>(Secret()); }),
        pg_(io_.get_executor(), server.conninfo("nowd"), clock_, {"bench", getpid(), "bench", {}}),
        ledger_(pg_, clock_),
        supervisor_(
            io_.get_executor(), ledger_, tools_, accounts_, remotes_, clock_,
            [this](const RunReport& report) { ended(report); }, [this] { scheduler_.wake(); }),
        scheduler_(io_.get_executor(), ledger_, pg_, supervisor_, clock_, clocks_) {}

  void load(int count, const std::function<void(Job&)>& change = {}) {
    std::vector<Job> jobs;
    for (int i = 0; i < count; ++i) {
      Job job;
      job.name = "job-" + std::to_string(i);
      job.prompt = "x";
      job.provider = "s";
      if (change) change(job);
      const auto* at = std::get_if<At>(&job.schedule.kind);
      job.canonical = "{\"name\":\"" + job.name + "\",\"at\":\"" + (at ? iso(at->slots[0]) : "manual") + "\"}";
      job.revision = job.schedule_revision = sha256_hex(job.canonical);
      jobs.push_back(std::move(job));
    }
    auto setup = std::make_shared<Setup>();
    setup->config.concurrency = 4000;
    ProviderConfig script;
    script.name = "s";
    script.api = script.model = "script";
    script.script.push_back({"done", {}, "", milliseconds{0}});
    setup->config.providers.emplace("s", script);
    auto provider = make_provider(script, http_, clock_, {}, io_.get_executor());
    setup->providers.emplace("s", std::move(*provider));
    auto all = std::make_shared<Jobs>();
    for (Job& job : jobs) all->emplace(job.name, std::move(job));
    setup->jobs = std::move(all);
    boost::asio::co_spawn(
        io_,
        [this, setup]() -> boost::asio::awaitable<void> {
          if (!started_) (void)co_await pg_.start();
          const Result<void> adopted = co_await scheduler_.adopt(setup);
          if (!adopted) throw std::runtime_error(adopted.error().message);
          adopted_ = true;
          if (!std::exchange(started_, true)) co_await scheduler_.run();
        },
        [](std::exception_ptr broken) {
          if (broken) std::rethrow_exception(broken);
        });
    adopted_ = false;
    while (!adopted_) io_.run_one();
  }

  /// Asks for one run of each of the first `count` jobs, and waits until all have ended.
  void request_all(int count) {
    const std::size_t until = reports_.size() + static_cast<std::size_t>(count);
    pg::Transaction transaction(asking_);
    transaction.run({"ask", "select nowd.run('job-' || i) from generate_series(0, $1::int - 1) i"},
                    {std::to_string(count)});
    transaction.commit();
    scheduler_.wake();
    wait_for(until);
  }

  void wait_for(std::size_t runs) {
    while (reports_.size() < runs) io_.run_one();
  }

  /// Everything but the model's and the tools' time: here, all of it.
  void lone_runs(int count) {
    std::vector<double> each;
    for (int i = 0; i < count; ++i) {
      request_all(1);
      each.push_back(ms(reports_.back().end.duration));
    }
    print("a lone run, dispatch to end committed-to, no model time", each, "aim: 3 ms");
  }

  void together(int due, seconds least) {
    int runs = 0;
    const Tick began = clock_.tick();
    while (clock_.tick() - began < least) {
      request_all(due);
      runs += due;
    }
    std::printf("%-58s %8.0f runs/s\n", ("complete runs, " + std::to_string(due) + " due together").c_str(),
                runs / std::chrono::duration<double>(clock_.tick() - began).count());
  }

  void at_one_instant(int count) {
    const Instant at = std::chrono::ceil<seconds>(clock_.now()) + seconds{12};
    ledger_.dispatched.clear();
    const std::size_t before = reports_.size();
    load(count,
         [&](Job& job) { job.schedule.kind = At{{LocalTime{std::chrono::floor<seconds>(at).time_since_epoch()}}}; });
    wait_for(before + static_cast<std::size_t>(count));
    std::vector<double> lag;
    for (const Instant committed : ledger_.dispatched) lag.push_back(ms(committed - at));
    print((std::to_string(count) + " due at one instant, due to dispatch committed").c_str(), lag, "aim: p99 55 ms");
  }

  void finish() {
    scheduler_.stop();
    io_.poll();
    pg_.stop();
  }

 private:
  void ended(const RunReport& report) {
    if (report.end.state != RunState::succeeded) throw std::runtime_error("a run failed: " + report.end.detail);
    reports_.push_back(report);
  }

  pg::Connection asking_;
  SystemClock clock_;
  boost::asio::io_context io_{1};
  HttpClient http_;
  Tools tools_;
  PgLedger pg_;
  WatchedLedger ledger_;
  ProviderAccounts accounts_;
  RemoteClocks remotes_{io_.get_executor(), pg_, clock_};
  ClockWatch clocks_{io_.get_executor(), clock_, pg_, [] {}};
  Supervisor supervisor_;
  Scheduler scheduler_;
  std::vector<RunReport> reports_;
  bool adopted_ = false;
  bool started_ = false;
};

/// One run as four single transactions: claim, dispatch, inference, end.
void pgbench(const PrivatePostgres& server, const std::string& directory, int clients) {
  const std::string script = directory + "/four.sql";
  std::ofstream(script) << "insert into bench (job, scheduled_at, state) values ('job', clock_timestamp(), 'running') "
                           "returning id \\gset\n"
                           "update bench set dispatched_at = clock_timestamp() where id = :id;\n"
                           "insert into bench_inference values (:id, clock_timestamp(), clock_timestamp(), 'stop');\n"
                           "update bench set state = 'succeeded', ended_at = clock_timestamp() where id = :id;\n";
  const std::string command = (server.binaries() / "pgbench").string() + " -n -f " + script + " -c " +
                              std::to_string(clients) + " -j 2 -T 5 '" + server.conninfo() +
                              "' 2>/dev/null | grep -E '^tps'";
  std::printf("pgbench, a run as 4 single transactions, %4d clients: ", clients);
  std::fflush(stdout);
  if (std::system(command.c_str()) != 0) std::puts("pgbench is not installed");
}

}  // namespace

int main(int argc, char** argv) {
  const std::set<std::string> wanted(argv + 1, argv + argc);  // lone, together, pgbench, instant; none = all
  const auto wants = [&](const char* what) { return wanted.empty() || wanted.count(what) > 0; };
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  char name[] = "/tmp/nowd-bench-XXXXXX";
  if (mkdtemp(name) == nullptr) return 1;
  PrivatePostgres::Options options;
  options.directory = name;
  auto server = PrivatePostgres::start(options);
  if (!server || !migrate(server->conninfo(), {})) {
    std::cerr << (server ? "the schema could not be made" : server.error().message) << "\n";
    return 1;
  }
  {
    pg::Connection connection(server->conninfo(), "bench");
    pg::Transaction transaction(connection);
    transaction.run_script(
        "create table bench (id bigserial primary key, job text, scheduled_at timestamptz, dispatched_at timestamptz,"
        " ended_at timestamptz, state text);"
        "create table bench_inference (id bigint, sent timestamptz, ended timestamptz, stop text)");
    transaction.commit();
  }
  Bench bench(*server);
  bench.load(1000);
  bench.request_all(1000);  // warm
  if (wants("lone")) bench.lone_runs(300);
  for (const int due : {1, 100, 1000})
    if (wants("together")) bench.together(due, seconds{4});
  for (const int clients : {1, 16})
    if (wants("pgbench")) pgbench(*server, name, clients);
  for (int round = 0; round < 3; ++round)
    if (wants("instant")) bench.at_one_instant(1000);
  bench.finish();
  server->stop();
  std::filesystem::remove_all(name);
}
