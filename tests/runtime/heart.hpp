// The parts around a run, as fakes that a test moves by hand: a ledger that refuses, is away or fences; a model, tools
// and sinks that hang, break or answer. Time is virtual.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <deque>

#include "delivery/delivery.hpp"
#include "ledger/jobs.hpp"
#include "ledger/memory/memory_ledger.hpp"
#include "ledger/records.hpp"
#include "net/http/http_client.hpp"
#include "net/io.hpp"
#include "runtime/run/run_driver.hpp"
#include "runtime/run/supervisor.hpp"

namespace nowd::test {

/// Where a coroutine waits until the test opens it, or until it is cut.
class Latch {
 public:
  explicit Latch(boost::asio::io_context& io) : never_(io, boost::asio::steady_timer::time_point::max()) {}
  boost::asio::awaitable<void> pass() {
    ++reached;
    while (shut) {
      co_await never_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
      if (shut) throw boost::system::system_error(boost::asio::error::operation_aborted);
    }
  }
  void open() {
    shut = false;
    never_.cancel();
  }
  bool shut = false;
  int reached = 0;

 private:
  boost::asio::steady_timer never_;
};

/// The ledger in memory, which does what a test says instead.
class FakeLedger final : public Ledger {
 public:
  FakeLedger(boost::asio::io_context& io, memory::Store& store, const Clock& clock)
      : inner(store, clock), away(io), confirmed_at(clock.tick()) {}

  MemoryLedger inner;
  Latch away;             ///< shut: the database is not reachable
  bool given_up = false;  ///< what waits for it fails
  std::function<bool(const Facts&)> refuses = [](const Facts&) { return false; };
  std::function<bool(const Facts&)> fences = [](const Facts&) { return false; };
  std::optional<Error> no_outputs, no_claim, no_load, no_sweep, no_plan;
  std::vector<Facts> asked;  ///< to be written, refused or not
  std::vector<Serving> serving;
  int claims = 0, loads = 0;
  Tick confirmed_at;
  microseconds database_ahead{0};

  boost::asio::awaitable<Result<Written>> write_facts(Claim claim, Facts facts) override {
    if (!co_await is_there()) co_return unavailable("the ledger is being stopped");
    asked.push_back(facts);
    if (refuses(facts)) co_return invalid("ledger: refused");
    if (fences(facts)) co_return Written{true, {}};
    co_return co_await inner.write_facts(std::move(claim), std::move(facts));
  }
  boost::asio::awaitable<Result<std::vector<Cursor>>> load_jobs(JobsSnapshot jobs) override {
    ++loads;
    if (!co_await is_there()) co_return unavailable("the ledger is being stopped");
    if (no_load) co_return *no_load;
    co_return co_await inner.load_jobs(std::move(jobs));
  }
  boost::asio::awaitable<Result<std::map<JobName, std::string>>> accepted() override { return inner.accepted(); }
  boost::asio::awaitable<Result<std::vector<Cursor>>> plan_jobs(JobsSnapshot jobs, std::vector<JobName> names,
                                                                seconds horizon) override {
    if (no_plan) co_return *no_plan;
    co_return co_await inner.plan_jobs(std::move(jobs), std::move(names), horizon);
  }
  boost::asio::awaitable<Result<std::vector<Cursor>>> rezone(JobsSnapshot jobs, std::vector<JobName> names) override {
    return inner.rezone(std::move(jobs), std::move(names));
  }
  boost::asio::awaitable<Result<Claimed>> claim_due(JobsSnapshot jobs, int limit) override {
    ++claims;
    if (!co_await is_there()) co_return unavailable("the ledger is being stopped");
    if (no_claim) co_return *no_claim;
    co_return co_await inner.claim_due(std::move(jobs), limit);
  }
  boost::asio::awaitable<Result<Outputs>> outputs(ClaimedRun claimed) override {
    if (no_outputs) co_return *no_outputs;
    co_return co_await inner.outputs(std::move(claimed));
  }
  boost::asio::awaitable<Result<Sweep>> sweep(std::optional<Serving> now = {}) override {
    serving.push_back(now.value_or(Serving{}));
    if (no_sweep) co_return *no_sweep;
    Result<Sweep> swept = co_await inner.sweep(std::move(now));
    if (swept) swept->database_now += database_ahead;
    co_return swept;
  }
  Tick confirmed() const override { return confirmed_at; }
  const std::string& identity() const override { return inner.identity(); }
  bool reachable() const override { return true; }

  /// The database goes, and waiting for it is given up.
  void give_up() {
    given_up = true;
    away.open();
  }

 private:
  boost::asio::awaitable<bool> is_there() {
    co_await away.pass();
    co_return !given_up;
  }
};

class FakeProvider final : public Provider {
 public:
  FakeProvider(boost::asio::io_context& io, const Clock& clock) : gate(io), clock_(clock) {}
  Latch gate;
  std::deque<ModelReply> replies;
  std::function<void()> during = [] {};
  int calls = 0;

  boost::asio::awaitable<ModelOutcome> call(ModelRequest, CallContext) override {
    ++calls;
    ModelOutcome out;
    out.times.sent = clock_.read();
    during();
    co_await gate.pass();
    out.reply = replies.front();
    if (replies.size() > 1) replies.pop_front();
    out.times.headers = out.times.ended = clock_.read();
    co_return out;
  }

 private:
  const Clock& clock_;
};

class FakeTools final : public Tools {
 public:
  FakeTools(boost::asio::io_context& io, HttpClient& http, const Clock& clock)
      : Tools(io.get_executor(), http, clock, [](const SecretSource&) { return Result<Secret>(Secret()); }),
        gate(io),
        clock_(clock) {}
  Latch gate;
  ToolOutcome outcome{CallState::confirmed, "made"};
  std::function<void()> during = [] {};
  int calls = 0, fetches = 0;

  boost::asio::awaitable<ToolOutcome> call(Tool, Json, CallEnvironment) override {
    ++calls;
    co_return co_await work();
  }
  boost::asio::awaitable<ToolOutcome> fetch(Input, CallEnvironment) override {
    ++fetches;
    co_return co_await work();
  }

 private:
  boost::asio::awaitable<ToolOutcome> work() {
    ToolOutcome out = outcome;
    if (out.state != CallState::refused) out.started = clock_.read();
    during();
    co_await gate.pass();
    out.ended = clock_.read();
    co_return out;
  }
  const Clock& clock_;
};

class NoClockLedger final : public ClockLedger {
 public:
  boost::asio::awaitable<Result<std::vector<RemoteClockRow>>> remote_clocks(std::string) override {
    co_return std::vector<RemoteClockRow>{};
  }
  boost::asio::awaitable<Result<void>> save_remote_clocks(std::string, std::vector<RemoteClockRow> rows) override {
    kept.push_back(std::move(rows));
    if (refuses-- > 0) co_return invalid("refused");
    co_return boost::system::in_place_value;
  }
  std::vector<std::vector<RemoteClockRow>> kept;
  int refuses = 0;
};

inline ModelReply reply(Stop stop, std::string text = "", std::vector<ProposedCall> calls = {}) {
  ModelReply out;
  out.stop = stop;
  out.stop_raw = stop == Stop::complete ? "stop" : stop == Stop::tool_call ? "tool_calls" : "";
  out.text = std::move(text);
  out.calls = std::move(calls);
  out.usage = Usage{10, 0, 5, 0};
  return out;
}

/// One job `a` whose model may call the effect `post`, and a driver that serves it.
struct Heart {
  boost::asio::io_context io;
  VirtualClock clock{parse_rfc3339("2026-06-01T07:00:00Z").value()};
  memory::Store store;
  FakeLedger ledger{io, store, clock};
  HttpClient http{io.get_executor(), clock};
  FakeTools tools{io, http, clock};
  ProviderAccounts keys;
  NoClockLedger clock_ledger;
  RemoteClocks remotes{io.get_executor(), clock_ledger, clock};
  FakeProvider* model = nullptr;
  Job job = job_named("a");
  SetupSnapshot setup;

  Heart() {
    job.prompt = "x";
    job.provider = "p";
    job.tools = {ToolUse{"post", {}}};
    job.clocks = clock_preset("observe").value();
    use();
    model->replies = {reply(Stop::complete, "done")};
  }

  /// After a change of `job`.
  void use() {
    auto made = std::make_shared<Setup>();
    ProviderConfig script;
    script.name = "p";
    script.api = script.model = "script";
    made->config.providers.emplace("p", script);
    Tool post;
    post.name = "post";
    post.input = Json::object();
    post.effect = Effect::irreversible;
    post.action = ExecAction{{"/bin/true"}};
    post.timeout = seconds{1};
    made->config.tools.emplace("post", post);
    auto provider = std::make_unique<FakeProvider>(io, clock);
    if (model != nullptr) provider->replies = model->replies;
    model = provider.get();
    made->providers.emplace("p", std::move(provider));
    job.canonical += " ";  // another spec
    job.revision = sha256_hex(job.canonical);
    made->jobs = jobs_of({job});
    if (setup) retired.push_back(setup);
    setup = made;
    if (!run(io, ledger.inner.load_jobs(setup->jobs))) throw std::runtime_error("the jobs could not be loaded");
  }

  void posts_once() {
    model->replies = {reply(Stop::tool_call, "", {{"c1", "post", "{}"}}), reply(Stop::complete, "done")};
  }
  void reads_an_input() {
    Input input;
    input.name = "news";
    input.action = ExecAction{{"/bin/true"}};
    job.inputs = {input};
    use();
  }

  ClaimedRun claim() {
    memory::Request request;
    request.job = "a";
    request.scheduled_at = request.requested_at = clock.now();
    store.ask(request);
    return run(io, ledger.inner.claim_due(setup->jobs, 10)).value().runs.at(0);
  }
  const memory::Run& row(RunId id) { return *store.runs.find(id); }
  std::string state(RunId id) {
    const memory::Run& found = row(id);
    return std::string(to_string(found.state)) +
           (found.reason == RunReason::none ? "" : " " + std::string(to_string(found.reason)));
  }
  void settle() {
    io.restart();
    io.poll();
  }

 private:
  std::vector<SetupSnapshot> retired;
};

/// A run that is being driven.
struct Driven {
  explicit Driven(Heart& world) : heart(world), claimed(heart.claim()), cancellation(heart.io.get_executor()) {}

  void start() {
    boost::asio::co_spawn(heart.io, driver.drive(claimed, heart.setup, cancellation),
                          [this](std::exception_ptr thrown, std::optional<RunReport> got) {
                            over = true;
                            broke = thrown != nullptr;
                            report = std::move(got);
                          });
    heart.settle();
  }
  std::string state() { return heart.state(claimed.claim.run); }
  const memory::Run& row() { return heart.row(claimed.claim.run); }
  void cancel() {
    cancellation.ask({"alice", "enough"});
    heart.settle();
  }

  Heart& heart;
  RunDriver driver{heart.ledger, heart.tools, heart.keys, heart.remotes, heart.clock};
  ClaimedRun claimed;
  RunCancellation cancellation;
  std::optional<RunReport> report;
  bool over = false, broke = false;
};

}  // namespace nowd::test
