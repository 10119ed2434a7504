// Whole runs whose provider fails, limits, cuts or never ends.
#include <csignal>

#include "e2e/daemon.hpp"
#include "support/catch.hpp"
#include "support/database/migrated.hpp"
#include "support/model_server.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

struct E2e : MigratedDatabase, DaemonFixture {
  E2e() : DaemonFixture(Database::conninfo(), Database::conninfo("nowd")) {}

  static std::string provider(const std::string& name, const ModelServer& model) {
    return "  " + name + ":\n    api: openai-chat\n    base_url: " + model.base_url() +
           "\n    model: test-model\n    prices: {input: 10, output: 10}\n";
  }
  void serve(const ModelServer& model, const std::string& more = "") {
    configure("listen: none\ndefaults: {clocks: observe}\nproviders:\n" + provider("primary", model) + more +
              "tools:\n  look:\n    exec: [printf, seen]\n    effect: read\n");
  }
  std::string purposes() {
    return one("select string_agg(purpose || ':' || stop, ' ' order by seq) from nowd.inference");
  }
};

ModelTurn with(ModelTurn turn, const char* header, const char* value) {
  turn.headers.emplace_back(header, value);
  return turn;
}

}  // namespace

TEST_CASE_METHOD(E2e, "429 with Retry-After, 529 and 500 are tried again, each as a row that says why") {
  ModelServer model;
  model.turn(with(fails(429, "rate_limit_exceeded", "slow down"), "Retry-After", "1"));
  model.turn(fails(529, "overloaded_error", "overloaded"));
  model.turn(fails(500, "server_error", "oops"));
  model.turn(says("Done."));
  serve(model);
  job("a", "schedule: manual\nprompt: x\n");
  start();
  CHECK(run("a") == "succeeded");
  CHECK(purposes() == "plan:provider_error retry:provider_error retry:provider_error retry:complete");
  CHECK(one("select cause like '%slow down%' from nowd.inference where seq = 2") == "t");
  CHECK(one("select string_agg(attempt || ':' || retry_class, ' ' order by seq) from nowd.calls_that_failed") ==
        "1:wait 2:overload 3:overload");
  CHECK(one("select extract(epoch from retry_after)::int from nowd.inference where seq = 1") == "1");
  CHECK(one("select b.sent_at - a.ended_at >= interval '1 second' from nowd.inference a, nowd.inference b where a.seq "
            "= 1 and b.seq = 2") == "t");
  CHECK(one("select model_calls from nowd.run") == "4");
  const auto requests = model.requests();
  CHECK(requests.at(0)["messages"].size() == requests.at(3)["messages"].size());
}

TEST_CASE_METHOD(E2e, "an answer that was cut is asked for with twice the room") {
  ModelServer model;
  ModelTurn cut = says("The wea");
  cut.finish = "length";
  model.turn(cut);
  model.turn(says("The weather is fine."));
  serve(model);
  job("a", "schedule: manual\nprompt: x\nmax_output_tokens: 100\n");
  start();
  CHECK(run("a") == "succeeded");
  CHECK(purposes() == "plan:truncated_output larger:complete");
  CHECK(one("select content from nowd.body where part = 'output'") == "The weather is fine.");
  const auto requests = model.requests();
  CHECK(dump_json(requests.at(1)).find("200") != std::string::npos);
}

TEST_CASE_METHOD(E2e, "tool calls without end stop at exactly the budget, with its name") {
  ModelServer model;
  model.turn(calls("look", "{}"));
  serve(model);
  job("calls", "schedule: manual\nprompt: x\ntools: [look]\nlimits: {model_calls: 5}\n");
  job("money", "schedule: manual\nprompt: x\ntools: [look]\nmax_output_tokens: 100\nlimits: {usd: 0.01}\n");
  start();
  CHECK(run("calls") == "failed");
  CHECK(one("select model_calls from nowd.run where job = 'calls'") == "5");
  CHECK(model.requests().size() == 5);
  CHECK(run("money") == "failed");
  CHECK(one("select detail like 'limits.usd: %' and cost_usd > 0.005 and cost_usd <= 0.01 from nowd.run where job = "
            "'money'") == "t");
  CHECK(one("select count(*) from nowd.budget_account where reserved_usd <> 0") == "0");
  CHECK(one("select (select sum(spent_usd) from nowd.budget_account) = (select sum(cost_usd) from nowd.run)") == "t");
}

TEST_CASE_METHOD(E2e, "a job's money of a day is over for its next run too") {
  ModelServer model;
  model.turn(says("Done."));
  serve(model);
  job("a", "schedule: manual\nprompt: x\nmax_output_tokens: 100\nlimits: {usd_per_day: 0.002}\n");
  start();
  CHECK(run("a") == "succeeded");
  const std::size_t before = model.requests().size();
  CHECK(run("a") == "failed");
  CHECK(one("select detail like 'limits.usd_per_day: %' from nowd.run order by run desc limit 1") == "t");
  CHECK(model.requests().size() == before);
  CHECK(one("select reserved_usd = 0 from nowd.budget_account") == "t");
}

TEST_CASE_METHOD(E2e, "the next provider serves where the first one refuses, and the ledger says why") {
  ModelServer broken, good;
  broken.turn(fails(401, "invalid_api_key", "no such key"));
  good.turn(says("Done."));
  serve(broken, provider("second", good));
  job("a", "schedule: manual\nprompt: x\nprovider: [primary, {name: second, prompt: \"In short\"}]\n");
  start();
  CHECK(run("a") == "succeeded");
  CHECK(one("select provider || ' ' || (cause like 'instead of primary: %no such key%') from nowd.inference where seq "
            "= 2") == "second true");
  CHECK(dump_json(good.requests().at(0)).find("In short") != std::string::npos);
}

TEST_CASE_METHOD(E2e, "a wait longer than the run has is not slept through: the run is put aside, and can be ended") {
  ModelServer model;
  model.turn(with(fails(429, "rate_limit_exceeded", "come back"), "Retry-After", "7200"));
  serve(model);
  for (const char* name : {"a", "b"}) job(name, "schedule: manual\nprompt: x\n");
  start();
  const auto suspended = [&](const char* count) {
    return [this, count] { return one("select count(*) from nowd.runs where state = 'suspended'") == count; };
  };
  one("select nowd.run('a')");
  wait_for("the run to be put aside", suspended("1"));
  CHECK(
      one("select reason || ' ' || (detail like '%not before 20%') || ' ' || (not_before > now() + interval '119 min')"
          " from nowd.runs") == "deferred true true");
  one("select nowd.run('b')");  // nor does the next one ask
  wait_for("the second run to be put aside", suspended("2"));
  CHECK(model.requests().size() == 1);
  CHECK(one("select count(*) from nowd.alerts where kind = 'provider' and reason = 'deferred'") == "1");
  one("select nowd.cancel(run, 'enough') from nowd.runs where job = 'a'");
  wait_for("the first one to end", suspended("1"));
  CHECK(one("select state || ' ' || detail from nowd.runs where job = 'a'").starts_with("cancelled by "));
}

TEST_CASE_METHOD(E2e, "a run that was put aside outlives its daemon, and is served when its time has come") {
  ModelServer model;
  model.turn(with(fails(429, "rate_limit_exceeded", "come back"), "Retry-After", "8"));
  model.turn(says("Done."));
  serve(model);
  job("a", "schedule: manual\nprompt: x\nlimits: {wall: 8s}\n");
  start();
  one("select nowd.run('a')");
  wait_for("the run to be put aside",
           [&] { return one("select count(*) from nowd.runs where state = 'suspended'") == "1"; });
  process().signal(SIGKILL);
  process().wait();
  start();
  wait_for("another attempt", [&] { return one("select count(*) from nowd.runs where state = 'succeeded'") == "1"; });
  CHECK(one("select string_agg(state || ' ' || attempt || ' ' || coalesce(reason, '-'), ', ' order by run)"
            " from nowd.runs") == "orphaned 1 deferred, succeeded 2 -");
  CHECK(
      one("select b.dispatched_at >= a.not_before from nowd.run a, nowd.run b where a.attempt = 1 and b.attempt = 2") ==
      "t");
  CHECK(one("select state from nowd.request") == "done");
}

TEST_CASE_METHOD(E2e, "without money the key is paused for all jobs, and somebody is told once") {
  ModelServer model;
  model.turn(fails(429, "insufficient_quota", "no credit"));
  serve(model);
  for (const char* name : {"a", "b", "c"}) job(name, "schedule: manual\nprompt: x\n");
  start();
  for (const char* name : {"a", "b", "c"}) CHECK(run(name) == "failed");
  CHECK(model.requests().size() == 1);
  CHECK(one("select count(*) || ' ' || min(kind) || ' ' || sum(count) from nowd.alert") == "1 provider 3");
}

TEST_CASE_METHOD(E2e, "Anthropic's account without credit pauses the key as any other, though it is a plain 400") {
  ModelServer model;
  ModelTurn broke;
  broke.status = 400;
  broke.text =
      R"({"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access )"
      R"(the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits."}})";
  model.turn(broke);
  configure("listen: none\ndefaults: {clocks: observe}\nproviders:\n  primary:\n    api: anthropic\n    base_url: " +
            model.base_url() + "\n    model: test-model\n");
  for (const char* name : {"a", "b"}) job(name, "schedule: manual\nprompt: x\n");
  start();
  for (const char* name : {"a", "b"}) CHECK(run(name) == "failed");
  CHECK(model.requests().size() == 1);
  CHECK(one("select string_agg(retry_class, ' ') from nowd.inference") == "money money");
  CHECK(one("select count(*) || ' ' || min(kind) || ' ' || sum(count) from nowd.alert") == "1 provider 2");
  CHECK(one("select detail like '%add credit or raise the limit%' from nowd.alert") == "t");
}

TEST_CASE_METHOD(E2e, "200 runs on a provider that always says 429 stay within the share that retries may be") {
  ModelServer model;
  model.turn(with(fails(429, "rate_limit_exceeded", "slow down"), "Retry-After", "0"));
  serve(model);
  for (int i = 0; i < 200; ++i) job("job-" + std::to_string(i), "schedule: manual\nprompt: x\n");
  start();
  one("select count(nowd.run(job)) from nowd.job");
  wait_for("all runs", [&] { return one("select count(*) from nowd.run where ended_at is not null") == "200"; });
  CHECK(one("select count(*) filter (where purpose = 'plan') from nowd.inference") == "200");
  // The fifth of those in the window when each was asked for, and those that were decided at one time.
  CHECK(std::stoi(
            one("select count(*) filter (where purpose = 'retry' and sent_at is not null) from nowd.inference")) <= 40);
  CHECK(model.requests().size() <= 240);
}

TEST_CASE_METHOD(E2e, "a run that waits before it tries again ends at once when somebody asks") {
  ModelServer model;
  model.turn(with(fails(429, "rate_limit_exceeded", "slow down"), "Retry-After", "120"));
  serve(model);
  job("a", "schedule: manual\nprompt: x\n");
  start();
  one("select nowd.run('a')");
  wait_for("the wait", [&] { return one("select count(*) from nowd.inference where purpose = 'retry'") == "1"; });
  one("select nowd.cancel(1, 'enough')");
  wait_for("the end", [&] { return one("select state from nowd.run") == "cancelled"; });
  CHECK(model.requests().size() == 1);
}

TEST_CASE_METHOD(E2e, "kill -9 while the model thinks: the call keeps its reservation, and the next one has its own") {
  ModelServer model;
  const Latch gate;
  ModelTurn slow = says("never");
  slow.hold = gate;
  model.turn(slow);
  model.turn(says("Done."));
  serve(model);
  job("a", "schedule: manual\nprompt: x\nmax_output_tokens: 100\n");
  start();
  one("select nowd.run('a')");
  wait_for("the call", [&] { return model.requests().size() == 1; });
  process().signal(SIGKILL);
  process().wait();
  start();
  wait_for("the second attempt", [&] { return one("select count(*) from nowd.run where state = 'succeeded'") == "1"; });
  CHECK(
      one("select state || ' ' || usage_estimated || ' ' || (cost_usd = reserved_usd) from nowd.inference order by run "
          "limit 1") == "lost true true");
  CHECK(one("select (select reserved_usd from nowd.budget_account) = (select cost_usd from nowd.inference order by run "
            "limit 1)") == "t");
  CHECK(one("select sum(spent_usd + reserved_usd) = (select sum(cost_usd) from nowd.inference) from "
            "nowd.budget_account") == "t");
}

TEST_CASE_METHOD(E2e,
                 "an output with a schema is asked for in the API's form, sent back once, and kept without its date") {
  ModelServer model;
  model.turn(calls("look", "{}"));
  model.turn(with(says(R"({"n":"one","nowd_as_of":"2026-06-01"})"), "openai-processing-ms", "12"));
  model.turn(says(R"({"n":1,"nowd_as_of":"2026-06-01"})"));
  serve(model, "    structured_output: true\n");
  job("a",
      "schedule: manual\nprompt: x\ntools: [look]\noutput: {format: json, schema: {type: object, properties: {n: "
      "{type: integer}}, required: [n], additionalProperties: false}}\n");
  start();
  CHECK(run("a") == "succeeded");
  CHECK(purposes() == "plan:tool_call plan:complete repair:complete");
  CHECK(one("select content from nowd.body where part = 'output'") == R"({"n":1})");
  CHECK(one("select model_as_of from nowd.inference where seq = 3") == "2026-06-01");
  CHECK(one("select cause like 'output.schema: %' from nowd.inference where seq = 3") == "t");
  CHECK(one("select extract(milliseconds from server_duration)::int from nowd.inference where seq = 2") == "12");
  for (const Json& request : model.requests()) {
    const Json& sent = request["response_format"]["json_schema"];
    CHECK(sent["strict"] == Json(true));
    CHECK(sent["schema"]["required"] == Json::array({"n", "nowd_as_of"}));
    CHECK(request.contains("tools"));
  }
}
