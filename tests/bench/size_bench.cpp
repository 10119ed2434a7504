// What a day of a busy job weighs in the ledger: a minutely job whose runs make 25 model calls over HTTP, each of which
// but the last calls a reading tool with a result of 1 KB. Bytes per run, with indexes and after VACUUM, times 1 440.
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <random>

#include "domain/run/run_machine.hpp"
#include "foundation/random.hpp"
#include "ledger/pg/pg_ledger.hpp"
#include "ledger/pg/session/connection.hpp"
#include "ledger/schema/migrator.hpp"
#include "postgres/private_postgres.hpp"

using namespace nowd;

namespace {

constexpr int runs = 400;
constexpr int model_calls = 25;
constexpr int runs_a_day = 1440;
constexpr double aim_mb = 300;

/// About 1 KB as an API gives it: names that repeat, values that do not.
std::string result_text(std::mt19937_64& random) {
  Json rows = Json::array();
  while (dump_json(rows).size() < 1000)
    rows.push_back({{"id", random() % 1'000'000'000},
                    {"hash", sha256_hex(std::to_string(random())).substr(0, 24)},
                    {"state", random() % 3 == 0 ? "open" : "closed"},
                    {"updated_at", "2026-06-01T07:00:04Z"}});
  return dump_json(rows);
}

class Day {
 public:
  explicit Day(const PrivatePostgres& server)
      : asking_(server.conninfo(), "bench"),
        ledger_(io_.get_executor(), server.conninfo("nowd"), clock_, {"bench", getpid(), "bench", {}}) {
    Job job;
    job.name = "minutely";
    job.prompt = "What is new? Say it in three sentences, and name every number that you rely on.";
    job.provider = "primary";
    job.canonical = R"({"name":"minutely"})";
    job.revision = job.schedule_revision = sha256_hex(job.canonical);
    job_ = job;
    jobs_ = std::make_shared<Jobs>(Jobs{{job.name, job}});
    (void)await(ledger_.start());
    (void)await(ledger_.load_jobs(jobs_));
  }
  ~Day() { ledger_.stop(); }

  void run_once() {
    ask("insert into nowd.occurrence (job, scheduled_at, due_at, window_start, window_end, slot, zone, utc_offset,"
        " tzdata, schedule_revision) select 'minutely', t, t, t - interval '1 min', t, t::timestamp, 'Europe/Berlin',"
        " '2 hours', '2025b', repeat('a', 64) from (select clock_timestamp()) as at(t)");
    const Result<Ledger::Claimed> claimed = await(ledger_.claim_due(jobs_, 1));
    if (!claimed || claimed->runs.size() != 1) throw std::runtime_error("no run was claimed");
    const ClaimedRun run = claimed->runs.front();
    RunMachine machine(plan(run));
    RunStep step = machine.on(Dispatched{clock_.read(), run.claimed_at}, clock_.read());
    while (!std::holds_alternative<Finish>(step.action)) {
      write(run, std::move(step.facts));
      step = answer(machine, step.action);
    }
    if (step.facts.end->state != RunState::succeeded)
      throw std::runtime_error("a run failed: " + step.facts.end->detail);
    write(run, std::move(step.facts));
  }

  pg::Table ask(const std::string& statement) {
    pg::Transaction transaction(asking_);
    const std::string name = "s" + std::to_string(++statements_);
    pg::Table table = transaction.run({name.c_str(), statement.c_str()});
    transaction.commit();
    return table;
  }

 private:
  template <class T>
  T await(boost::asio::awaitable<T> work) {
    std::optional<T> result;
    boost::asio::co_spawn(io_, std::move(work), [&](std::exception_ptr broken, T value) {
      if (broken) std::rethrow_exception(broken);
      result.emplace(std::move(value));
    });
    io_.restart();
    while (!result) io_.run_one();
    return std::move(*result);
  }

  void write(const ClaimedRun& run, Facts facts) {
    const Result<Written> written = await(ledger_.write_facts(run.claim, std::move(facts)));
    if (!written || written->fenced) throw std::runtime_error("facts were not written");
  }

  RunPlan plan(const ClaimedRun& run) {
    RunPlan plan;
    plan.job = job_;
    plan.time.run = run.claim.run;
    plan.time.job = run.job;
    plan.time.zone = *Zone::find("Europe/Berlin");
    plan.time.scheduled_at = plan.time.due_at = plan.time.as_of = plan.time.window_end = run.scheduled_at;
    plan.time.window_start = run.window_start;
    plan.time.dispatched_at = clock_.now();
    plan.time.dispatched_tick = clock_.tick();
    plan.time.wall_limit = job_.limits.wall;
    plan.ledger = ledger_.identity();
    plan.model = "gpt-5-mini";
    plan.tools = {{{"tickets.list", "reads", Json::object()}, Effect::read}};
    plan.arguments = [](const std::string&, const std::string& raw, Now) { return parse_json(raw); };
    plan.output_fault = [](const std::string&) { return std::optional<std::string>(); };
    return plan;
  }

  RunStep answer(RunMachine& machine, const RunAction& action) {
    if (const auto* ask_model = std::get_if<AskModel>(&action)) {
      if (!machine.request({clock_.now(), clock_.tick()})) throw std::runtime_error("no request");
      return machine.on(model_answer(ask_model->seq), clock_.read());
    }
    ToolAnswered answered;
    answered.outcome.state = CallState::confirmed;
    answered.outcome.result = result_text(random_);
    answered.outcome.started = answered.outcome.ended = clock_.read();
    answered.outcome.exit_code = 0;
    return machine.on(std::move(answered), clock_.read());
  }

  ModelAnswered model_answer(int seq) {
    ModelAnswered answered;
    ModelReply& reply = answered.reply;
    const bool last = seq == model_calls;
    reply.stop = last ? Stop::complete : Stop::tool_call;
    reply.stop_raw = last ? "stop" : "tool_calls";
    reply.text = last ? "Three tickets are open, two were closed, and nothing else has changed since the last look."
                      : "I look at the next page.";
    if (!last)
      reply.calls = {{"call_" + sha256_hex(std::to_string(random_())).substr(0, 24), "tickets.list",
                      R"({"page":)" + std::to_string(seq) + R"(,"state":"open"})"}};
    reply.usage = Usage{4000 + seq, 3000, 50, 20};
    reply.model_served = "gpt-5-mini-2026-03-01";
    reply.request_id = "req_" + sha256_hex(std::to_string(random_())).substr(0, 32);
    answered.times.sent = answered.times.headers = answered.times.first_token = answered.times.ended = clock_.read();
    answered.times.remote_date = std::chrono::floor<seconds>(clock_.now());
    answered.remote = "https://api.openai.com:443";
    answered.http_status = 200;
    answered.request_sha256 = sha256_hex(reply.request_id);
    return answered;
  }

  SystemClock clock_;
  boost::asio::io_context io_{1};
  pg::Connection asking_;
  PgLedger ledger_;
  Job job_;
  JobsSnapshot jobs_;
  std::mt19937_64 random_{7};
  int statements_ = 0;
};

/// Bytes of each table, its partitions together.
const char* const sizes =
    "select coalesce(parent.relname, c.relname) as table, sum(pg_table_size(c.oid)), sum(pg_indexes_size(c.oid))"
    " from pg_class c left join pg_inherits i on i.inhrelid = c.oid left join pg_class parent on parent.oid = "
    "i.inhparent"
    " where c.relnamespace = 'nowd'::regnamespace and c.relkind = 'r' group by 1 order by 2 desc";

void print(const pg::Table& table) {
  double all = 0;
  for (const pg::Values& row : table.rows) {
    const double heap = std::stod(*row[1]) / runs, indexes = std::stod(*row[2]) / runs;
    all += heap + indexes;
    if (heap + indexes > 100) std::printf("%-20s %9.0f B a run, indexes %9.0f B\n", row[0]->c_str(), heap, indexes);
  }
  std::printf("%-20s %9.0f B a run, %.0f MB a day (%d runs of %d model calls; aim: %.0f MB)\n", "all", all,
              all * runs_a_day / 1e6, runs_a_day, model_calls, aim_mb);
}

}  // namespace

int main() {
  char name[] = "/tmp/nowd-bench-XXXXXX";
  if (mkdtemp(name) == nullptr) return 1;
  auto server = PrivatePostgres::start({.directory = name, .durable = false});
  if (!server || !migrate(server->conninfo(), {})) {
    std::cerr << (server ? "the schema could not be made" : server.error().message) << "\n";
    return 1;
  }
  {
    Day day(*server);
    for (int i = 0; i < runs; ++i) day.run_once();
    const std::string vacuum = (server->binaries() / "vacuumdb").string() + " -q -d '" + server->conninfo() + "'";
    if (std::system(vacuum.c_str()) != 0) std::cerr << "vacuumdb is not installed: the figures are before VACUUM\n";
    print(day.ask(sizes));
  }
  server->stop();
  std::filesystem::remove_all(name);
}
