// stop, max_output_tokens_ceiling, budgets, prices, and more than one provider.
#include "config/canonical/canonical.hpp"
#include "config/load.hpp"
#include "config/support.hpp"
#include "support/catch.hpp"

using namespace nowd;

namespace {

constexpr const char* config_text =
    "providers:\n"
    "  a: {api: anthropic, model: m, prices: {input: 3, output: 15, cached: 0.3}}\n"
    "  b: {api: gemini, model: n}\n";

LoadedJobs load_with(const std::string& more) {
  const LoadedConfig config = parse_config(config_text, "nowd.yaml");
  REQUIRE(config.ok());
  JobContext context;
  context.config = &config.config;
  return parse_jobs("name: standup\nschedule: manual\nprompt: Hello\n" + more, "job.yaml", context);
}

Job job_with(const std::string& more) {
  const LoadedJobs loaded = load_with(more);
  for (const Diagnostic& each : loaded.diagnostics) UNSCOPED_INFO(each.str());
  REQUIRE(loaded.ok());
  return loaded.jobs.at(0);
}

std::string fault_of(const std::string& more) {
  const LoadedJobs loaded = load_with(more);
  return loaded.diagnostics.empty() ? "" : loaded.diagnostics.front().str();
}

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a job says what is done about a stop, where that makes sense") {
  const Job job = job_with("provider: a\nstop: {truncated_output: fail, stop_sequence: commit}\n");
  CHECK(job.stop == StopRules{{Stop::truncated_output, StopAction::fail}, {Stop::stop_sequence, StopAction::commit}});
  CHECK(holds(fault_of("provider: a\nstop: {unknown: commit}\n"),
              "'commit' cannot be done about unknown; use fail, hold"));
  CHECK(holds(fault_of("provider: a\nstop: {missing: resume}\n"), "cannot be done about missing"));
  CHECK(holds(fault_of("provider: a\nstop: {truncated_output: commit}\n"), "use retry_larger, fail, hold"));
  CHECK(holds(fault_of("provider: a\nstop: {complete: fail}\n"), "unknown key 'complete'"));
  CHECK(holds(fault_of("provider: a\nmax_output_tokens: 100\nmax_output_tokens_ceiling: 50\n"), "is less than"));
}

TEST_CASE("money is limited only where it is known what a call costs") {
  CHECK(job_with("provider: a\nlimits: {usd: 0.5, usd_per_day: 2}\n").limits.usd == parse_usd("0.5").value());
  CHECK(holds(fault_of("provider: b\nlimits: {usd: 0.5}\n"), "provider 'b' has no prices"));
  CHECK(holds(fault_of("provider: [a, b]\nlimits: {usd_per_day: 1}\n"), "provider 'b' has no prices"));
  CHECK(holds(fault_of("provider: a\nlimits: {usd: much}\n"), "'much' is not an amount"));
  const LoadedConfig wrong =
      parse_config("providers:\n  a: {api: anthropic, model: m, prices: {input: 1}}\n", "n.yaml");
  REQUIRE(!wrong.ok());
  CHECK(holds(wrong.diagnostics.front().str(), "output"));
}

TEST_CASE("providers are a list in their order, each with its own prompt if it has one") {
  const Job job = job_with("provider: [b, {name: a, prompt: Short.}]\n");
  CHECK(job.provider == "b");
  CHECK(job.prompt == "Hello");
  CHECK(job.fallbacks == std::vector<Fallback>{{"a", "Short."}});
  const Job own = job_with("provider: [{name: b, prompt: Mine}, a]\n");
  CHECK(own.prompt == "Mine");
  CHECK(own.fallbacks == std::vector<Fallback>{{"a", "Hello"}});
  CHECK(holds(fault_of("provider: [a, c]\n"), "'c' is not known"));
  CHECK(holds(fault_of("provider: [a, a]\n"), "'a' is listed twice"));
  CHECK(holds(fault_of("provider: []\n"), "lists no provider"));
}

TEST_CASE("what is new comes back from the canonical form; a job without it keeps its revision") {
  const Job job = job_with(
      "provider: [a, {name: b, prompt: Short.}]\nstop: {filtered: hold}\nmax_output_tokens: 10\n"
      "max_output_tokens_ceiling: 20\nlimits: {input_tokens: 1000, output_tokens: 50}\n");
  const Result<Job> back = job_from_canonical(job.canonical, nullptr);
  REQUIRE(back.has_value());
  CHECK(back->stop == job.stop);
  CHECK(back->fallbacks == job.fallbacks);
  CHECK(back->limits == job.limits);
  CHECK(back->max_output_tokens_ceiling == 20);
  CHECK(back->revision == job.revision);
  const Job money = job_with("provider: a\nlimits: {usd: 0.5, usd_per_day: 2}\n");
  CHECK(job_from_canonical(money.canonical, nullptr)->limits == money.limits);
  const std::string plain = job_with("provider: a\n").canonical;
  for (const char* key : {"stop", "fallbacks", "ceiling", "usd", "input_tokens"}) CHECK(!holds(plain, key));
}

TEST_CASE("a key's limits by the minute are a provider's; a script has none") {
  const auto limits_of = [](const std::string& limits) {
    const LoadedConfig loaded = parse_config("providers:\n  a: {api: gemini, model: m, limits: " + limits + "}\n", "n");
    REQUIRE(loaded.ok());
    return loaded.config.providers.at("a").limits;
  };
  CHECK(limits_of("{requests_per_minute: 60, input_tokens_per_minute: 40000, output_tokens_per_minute: 8000}") ==
        AccountLimits{60, 40'000, 8'000});
  CHECK(limits_of("{requests_per_minute: 1}") == AccountLimits{1, {}, {}});
  const auto fault = [](const std::string& provider) {
    return parse_config("providers:\n  a: " + provider + "\n", "n").diagnostics.at(0).str();
  };
  CHECK(holds(fault("{api: gemini, model: m, limits: {requests_per_minute: 0}}"), "requests_per_minute"));
  CHECK(holds(fault("{api: gemini, model: m, limits: {requests: 5}}"), "unknown key 'requests'"));
  CHECK(holds(fault("{api: script, script: [x], limits: {requests_per_minute: 5}}"), "a script has none"));
}

TEST_CASE("a job has a priority, which comes back from the canonical form; the usual one is not in it") {
  const Job job = job_with("provider: a\npriority: high\n");
  CHECK(job.priority == Priority::high);
  CHECK(job_from_canonical(job.canonical, nullptr)->priority == Priority::high);
  CHECK(job_with("provider: a\npriority: normal\n").revision == job_with("provider: a\n").revision);
  CHECK(holds(fault_of("provider: a\npriority: urgent\n"), "'urgent'"));
  CHECK(holds(fault_of("command: [claude, -p]\npriority: low\n"), "does not go with command"));
}

TEST_CASE("defaults.provider may be a list, which holds for jobs that name no provider") {
  const auto loaded = [](const std::string& defaults) {
    return parse_config(std::string(config_text) + "defaults: {" + defaults + "}\n", "nowd.yaml");
  };
  const LoadedConfig config = loaded("provider: [b, a], priority: low");
  REQUIRE(config.ok());
  JobContext context;
  context.config = &config.config;
  const std::string text = "name: standup\nschedule: manual\nprompt: Hello\n";
  const LoadedJobs jobs =
      parse_jobs(text + "---\nname: other\nschedule: manual\nprompt: x\nprovider: a\n", "j", context);
  REQUIRE(jobs.ok());
  CHECK(jobs.jobs.at(0).provider == "b");
  CHECK(jobs.jobs.at(0).fallbacks == std::vector<Fallback>{{"a", "Hello"}});
  CHECK(jobs.jobs.at(0).priority == Priority::low);
  CHECK(jobs.jobs.at(1).fallbacks.empty());
  CHECK(parse_jobs(text + "limits: {usd: 1}\n", "j", context).diagnostics.at(0).message.find("'b' has no prices") !=
        std::string::npos);
  CHECK(holds(loaded("provider: [b, c]").diagnostics.at(0).str(), "'c' is not declared"));
  CHECK(holds(loaded("provider: [b, b]").diagnostics.at(0).str(), "'b' is listed twice"));
  CHECK(holds(loaded("provider: []").diagnostics.at(0).str(), "lists no provider"));
}
