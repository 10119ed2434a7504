#include "ctl/check/outside.hpp"
#include "providers/registry.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::ctl;

namespace {

ProviderConfig primary() {
  ProviderConfig config;
  config.name = "primary";
  config.api = "openai-chat";
  config.base_url = "https://api.example.com/v1";
  config.model = "gpt";
  config.key = {SecretSource::Kind::env, "KEY"};
  return config;
}

HttpOutcome answer(int status, std::string body = "") {
  HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  response.ended.boot = response.sent.boot + milliseconds{80};
  return response;
}

Finding judged(int status, std::string body = "") {
  return judge_provider(primary(), answer(status, std::move(body)), true);
}

}  // namespace

TEST_CASE("a provider that lists the model is ok, one that does not is worth a look") {
  const Finding good = judged(200, R"({"data": [{"id": "gpt"}, {"id": "gpt-mini"}]})");
  CHECK(good.status == Status::ok);
  CHECK(good.value == "reachable in 80 ms, has gpt");
  const Finding other = judged(200, R"({"data": [{"id": "gpt-mini"}]})");
  CHECK(other.status == Status::warn);
  CHECK(other.value == "reachable in 80 ms, does not list the model 'gpt'");
  CHECK(other.remedy == "it lists gpt-mini");
  CHECK(judged(200, "<html>").status == Status::ok);
}

TEST_CASE("a refused key is bad; without the key it says nothing") {
  CHECK(judged(401).status == Status::bad);
  CHECK(judged(403).value == "key refused (HTTP 403)");
  CHECK(judge_provider(primary(), answer(401), false).status == Status::ok);
  ProviderConfig open = primary();
  open.key = {};
  CHECK(judge_provider(open, answer(401), true).value == "it wants a key (HTTP 401)");
}

TEST_CASE("a server without a model list is reachable; one in trouble, elsewhere or away is bad") {
  CHECK(judged(404).value == "reachable in 80 ms, has no model list");
  CHECK(judged(404).status == Status::ok);
  CHECK(judged(501).status == Status::ok);
  CHECK(judged(500).status == Status::warn);  // it may serve calls all the same
  CHECK(judged(429).status == Status::warn);
  CHECK(judged(503).status == Status::bad);
  CHECK(judged(308).status == Status::bad);
  const HttpOutcome away = HttpFailure{unavailable("GET https://api.example.com/v1/models: no route"), false, {}};
  const Finding unreachable = judge_provider(primary(), away, true);
  CHECK(unreachable.status == Status::bad);
  CHECK(!unreachable.remedy.empty());
}

TEST_CASE("model lists of several kinds are read, and names as the servers write them") {
  CHECK(model_names(R"({"models": [{"name": "models/gemini"}]})").value() == std::vector<std::string>{"models/gemini"});
  CHECK(model_names(R"({"data": [{"id": 7}, 8, {"id": "a"}]})").value() == std::vector<std::string>{"a"});
  for (const char* wrong : {"", "[]", "{}", R"({"data": "x"})"}) CHECK(!model_names(wrong));
  CHECK(lists_model({"models/gemini"}, "gemini"));
  CHECK(lists_model({"llama3:latest"}, "llama3"));
  CHECK(!lists_model({"llama3:8b"}, "llama3"));
}

TEST_CASE("the request for a list carries the key where the API wants it, and no other") {
  const auto request = plan_model_list(primary(), Secret("sk-1"));
  REQUIRE(request.has_value());
  CHECK(request->method == "GET");
  CHECK(request->url == "https://api.example.com:443/v1/models");
  CHECK(request->headers.front() == std::pair<std::string, std::string>{"Authorization", "Bearer sk-1"});
  const auto without = plan_model_list(primary(), Secret());
  REQUIRE(without.has_value());
  CHECK(without->headers.size() == 1);
}

TEST_CASE("each API is asked for its list where it has it, with its own key, at the vendor's own address") {
  const auto asked = [](const std::string& api) {
    ProviderConfig config;
    config.name = "p";
    config.api = api;
    return *plan_model_list(config, Secret("sk-1"));
  };
  CHECK(asked("anthropic").url == "https://api.anthropic.com:443/v1/models?limit=1000");
  CHECK(asked("anthropic").headers.at(1) == std::pair<std::string, std::string>{"x-api-key", "sk-1"});
  CHECK(asked("gemini").url == "https://generativelanguage.googleapis.com:443/v1beta/models?pageSize=1000");
  CHECK(asked("gemini").headers.at(0) == std::pair<std::string, std::string>{"x-goog-api-key", "sk-1"});
  CHECK(asked("openai-responses").url == "https://api.openai.com:443/v1/models");
}

TEST_CASE("an undated name of a model stands for the dated one, and for no other") {
  CHECK(lists_model({"claude-opus-4-1-20250805"}, "claude-opus-4-1"));
  CHECK(!lists_model({"claude-opus-4-1-20250805"}, "claude-opus-4"));
  CHECK(!lists_model({"gpt-5-mini"}, "gpt-5"));
}

TEST_CASE("a sink that does not take messages is bad; a file that only this user may not write is not") {
  Sink sink;
  sink.name = "ops";
  CHECK(judge_sink(sink, Result<std::string>("HTTP 405 in 80 ms"), false).status == Status::ok);
  CHECK(judge_sink(sink, unavailable("away; look"), false).status == Status::bad);
  sink.target = FileSink{"/srv/reports/x.md"};
  CHECK(judge_sink(sink, unavailable("may not; look"), true).status == Status::bad);
  CHECK(judge_sink(sink, unavailable("may not; look"), false).status == Status::warn);
}
