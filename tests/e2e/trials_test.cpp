// A provider that turns against nowd, and what it may cost at most: counted by the server that was asked.
#include <algorithm>
#include <atomic>
#include <csignal>
#include <fstream>
#include <map>
#include <mutex>

#include "e2e/daemon.hpp"
#include "support/catch.hpp"
#include "support/database/migrated.hpp"
#include "support/model_server.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

struct Tried : MigratedDatabase, DaemonFixture {
  Tried() : DaemonFixture(Database::conninfo(), Database::conninfo("nowd")) {}

  static std::string provider(const std::string& name, const std::string& api, const ModelServer& model) {
    return "  " + name + ":\n    api: " + api +
           "\n    base_url: " + (api == "gemini" ? model.origin() : model.base_url()) +
           "\n    model: m-old\n    prices: {input: 10, output: 10}\n";
  }
  std::string witness() const { return (directory() / "witness").string(); }
  void serve(const std::string& providers, const std::string& more = "") {
    configure("listen: none\ndefaults: {clocks: observe" + more + "}\nconcurrency: 50\nproviders:\n" + providers +
              "tools:\n  look: {exec: [printf, seen], effect: read}\n  note: {exec: [tee, -a, " + witness() +
              "], effect: reversible}\nsinks: {ops: {webhook: {url: \"" + told.url("/ops") + "\"}}}\n");
    told.reply("/ops", Reply());
  }
  std::size_t effects() const {
    std::ifstream file(witness());
    std::size_t count = 0;
    for (std::string line; std::getline(file, line);) ++count;
    return count;
  }
  HttpFixture told;
};

ModelTurn gone(std::string body) {
  ModelTurn turn = fails(404, "", "");
  turn.text = std::move(body);
  return turn;
}

ModelTurn many_calls(const std::string& tool, int count) {
  ModelTurn turn;
  for (int i = 1; i <= count; ++i) turn.calls.push_back({"call_" + std::to_string(i), tool, "{}"});
  return turn;
}

struct Gone {
  std::string api, body;
};
const Gone forms[] = {
    {"openai-chat", R"({"error":{"message":"The model `m-old` does not exist or you do not have access to it.",)"
                    R"("type":"invalid_request_error","param":null,"code":"model_not_found"}})"},
    {"openai-responses",
     R"({"error":{"message":"The model `m-old` has been deprecated","type":"invalid_request_error",)"
     R"("param":"model","code":"model_not_found"}})"},
    {"anthropic",
     R"({"type":"error","error":{"type":"not_found_error","message":"model: m-old"},"request_id":"req_1"})"},
    {"gemini", R"([{"error":{"code":404,"message":"models/m-old is not found for API version v1beta, or is not )"
               R"(supported for generateContent.","status":"NOT_FOUND"}}])"},
};

}  // namespace

TEST_CASE_METHOD(Tried, "a model that is retired fails each run after one call, and one message says what to do") {
  ModelServer servers[4];
  std::string providers;
  for (std::size_t i = 0; i < 4; ++i) {
    servers[i].turn(says("Still here."));
    servers[i].turn(gone(forms[i].body));
    providers += provider("p" + std::to_string(i), forms[i].api, servers[i]);
    job("a" + std::to_string(i), "schedule: manual\nprompt: x\nprovider: p" + std::to_string(i) + "\n");
  }
  serve(providers, ", on_failure: ops");
  start();
  for (std::size_t i = 0; i < 4; ++i) {
    const std::string name = "a" + std::to_string(i);
    INFO(forms[i].api);
    CHECK(run(name) == "succeeded");
    for (std::size_t failed = 1; failed <= 3; ++failed) {
      CHECK(run(name) == "failed");
      CHECK(servers[i].seen().size() == 1 + failed);
    }
    const std::string detail = one("select detail from nowd.run where job = '" + name + "' order by run desc limit 1");
    INFO(detail);
    CHECK(detail.find("404 from 127.0.0.1: it has no model 'm-old' (any more?); set providers.p") != std::string::npos);
  }
  // What goes wrong with a provider is gathered for a while before it is told.
  sql("update nowd.alert set notify_at = clock_timestamp() where told_at is null");
  wait_for("what is told", [&] { return one("select count(*) from nowd.delivery where state = 'delivered'") >= "4"; });
  CHECK(one("select string_agg(count::text, ' ') from nowd.alert") == "3 3 3 3");
  CHECK(told.requests().size() == 4);
}

TEST_CASE_METHOD(Tried, "the next provider takes over from a model that is retired, but not after an effect") {
  ModelServer old, next;
  old.decide([](const Json& body) {
    const bool acts = dump_json(body).find("please act") != std::string::npos && body["messages"].size() < 3;
    return acts ? calls("note", "{}") : gone(forms[0].body);
  });
  next.turn(says("Done."));
  serve(provider("old", "openai-chat", old) + provider("next", "openai-chat", next));
  const std::string list = "provider: [old, {name: next, prompt: In short}]\ntools: [note]\n";
  job("speaks", "schedule: manual\nprompt: x\n" + list);
  job("acts", "schedule: manual\nprompt: please act\n" + list);
  start();
  CHECK(run("speaks") == "succeeded");
  CHECK(next.seen().size() == 1);
  CHECK(run("acts") == "failed");
  CHECK(next.seen().size() == 1);
  CHECK(effects() == 1);
}

TEST_CASE_METHOD(Tried,
                 "a model that calls tools for ever ends at its budget: so many calls, so many effects, no more") {
  ModelServer model;
  model.turn(many_calls("note", 2));
  serve(provider("p", "openai-chat", model));
  const std::string text = "schedule: manual\nprompt: x\ntools: [note]\nmax_output_tokens: 100\nlimits: ";
  job("calls", text + "{model_calls: 3}\n");
  job("effects", text + "{tool_calls: 5}\n");
  job("input", text + "{input_tokens: 250}\n");
  job("output", text + "{output_tokens: 50}\n");
  job("money", text + "{usd: 0.004}\n");
  start();
  std::size_t asked = 0, done = 0;
  const auto ends = [&](const std::string& name) {
    CHECK(run(name) == "failed");
    const std::size_t requests = model.seen().size() - asked, acted = effects() - done;
    asked += requests;
    done += acted;
    CHECK(one("select model_calls || ' ' || tool_calls from nowd.run where job = '" + name + "'") ==
          std::to_string(requests) + " " + std::to_string(acted));
    CHECK(one("select detail like 'limits.%' from nowd.run where job = '" + name + "'") == "t");
    return std::pair(requests, acted);
  };
  CHECK(ends("calls").first == 3);
  CHECK(ends("effects").second == 5);
  ends("input");
  ends("output");
  const Json last_bound = model.requests().back()["max_tokens"];
  ends("money");
  CHECK(one("select max(input_tokens) <= 250 from nowd.run where job = 'input'") == "t");
  // This server gives 20 tokens whatever it was asked for; of the last call it was asked for what was left.
  CHECK(one("select output_tokens from nowd.run where job = 'output'") == "60");
  CHECK(last_bound == 10);
  CHECK(one("select cost_usd <= 0.004 and cost_usd > 0 from nowd.run where job = 'money'") == "t");
}

TEST_CASE_METHOD(Tried, "ten kills during runs: what was spent never shrinks, and holds all that the server answered") {
  std::atomic<bool> answers = false;
  std::atomic<int> held = 0;
  ModelServer model;
  model.decide([&](const Json& body) {
    if (body["messages"].size() < 3) return calls("look", "{}");
    ModelTurn turn = says("Done.");
    if (!answers) turn.hold = Latch();
    ++held;
    return turn;
  });
  serve(provider("p", "openai-chat", model));
  job("a", "schedule: manual\nprompt: x\ntools: [look]\nmax_output_tokens: 100\nlimits: {usd_per_day: 5}\n");
  start();
  double before = 0;
  for (int kills = 1; kills <= 10; ++kills) {
    if (kills % 3 == 1) one("select nowd.run('a')");  // the third time it is given up
    wait_for("a call under way", [&] { return held == kills; });
    answers = kills == 10;
    process().signal(SIGKILL);
    process().wait();
    start();
    const double least = 0.0012 * kills;  // 120 tokens for each call that was answered
    const auto dollars = [&](const std::string& text) { return std::stod(one(text)) + 1e-9; };
    const double now = dollars("select sum(spent_usd + reserved_usd) from nowd.budget_account");
    INFO("kill " << kills);
    CHECK(now >= before);
    CHECK(now >= least);
    CHECK(dollars("select sum(cost_usd) from nowd.spend_by_job") >= least);
    CHECK(dollars("select sum(cost_usd) from nowd.run where ended_at is not null") >= least);
    before = now;
  }
  wait_for("the end", [&] { return one("select count(*) from nowd.run where state = 'succeeded'") == "1"; });
  CHECK(
      one("select string_agg(state || ' ' || coalesce(reason, ''), ',' order by run) from nowd.run") ==
      "orphaned node_died,orphaned node_died,failed crash_loop,orphaned node_died,orphaned node_died,failed crash_loop,"
      "orphaned node_died,orphaned node_died,failed crash_loop,orphaned node_died,succeeded ");
  CHECK(one("select count(*) from nowd.inference where state = 'answered'") == "12");
  CHECK(model.seen().size() == 22);
}

TEST_CASE_METHOD(Tried,
                 "200 jobs on a key that always answers 429: the server sees a fifth of retries, and none too early") {
  using Moment = std::chrono::steady_clock::time_point;
  std::mutex mutex;
  std::map<std::string, std::vector<Moment>> came;
  ModelServer model;
  model.decide([&](const Json& body) {
    const std::string text = dump_json(body);
    const std::lock_guard lock(mutex);
    came[text.substr(text.find("I am "), 9)].push_back(std::chrono::steady_clock::now());
    ModelTurn turn = fails(429, "rate_limit_exceeded", "slow down");
    turn.headers.emplace_back("retry-after-ms", "300");
    return turn;
  });
  serve(provider("p", "openai-chat", model));
  for (int i = 100; i < 300; ++i)
    job("job-" + std::to_string(i), "schedule: manual\nprompt: I am " + std::to_string(i) + ".\n");
  start();
  one("select count(nowd.run(job)) from nowd.job");
  wait_for("all runs", [&] { return one("select count(*) from nowd.run where ended_at is not null") == "200"; });
  std::size_t repeated = 0;
  for (const auto& [name, moments] : came) {
    repeated += moments.size() - 1;
    CHECK(moments.size() <= 4);
    for (std::size_t i = 1; i < moments.size(); ++i)
      CHECK(moments[i] - moments[i - 1] >= std::chrono::milliseconds{300});
  }
  CHECK(came.size() == 200);
  CHECK(repeated >= 10);
  CHECK(repeated <= 40);
  CHECK(one("select count(*) from nowd.inference where purpose = 'retry' and sent_at is not null") ==
        std::to_string(repeated));
}
