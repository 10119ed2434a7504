#include "call_bench.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

std::string error_of(const std::function<void(ProviderConfig&)>& change) {
  CallBench bench;
  change(bench.config);
  const auto made = make_provider(bench.config, bench.http, bench.clock, {}, bench.io.get_executor());
  return made ? "" : made.error().message;
}

}  // namespace

TEST_CASE("an api that nobody speaks is refused, not guessed") {
  CHECK(error_of([](ProviderConfig& c) { c.api = "openai"; }) ==
        "providers.primary.api: 'openai' is not known; use openai-chat, openai-responses, anthropic, gemini, script");
}

TEST_CASE("a provider without base_url is the vendor's own") {
  const auto url = [](const std::string& api, const std::string& model = "m") {
    ModelRequest request;
    request.model = model;
    return dialect_of(api)->url(request);
  };
  CHECK(url("openai-chat") == "https://api.openai.com:443/v1/chat/completions");
  CHECK(url("openai-responses") == "https://api.openai.com:443/v1/responses");
  CHECK(url("anthropic") == "https://api.anthropic.com:443/v1/messages");
  CHECK(url("gemini") == "https://generativelanguage.googleapis.com:443/v1beta/models/m:streamGenerateContent?alt=sse");
}

TEST_CASE("a base URL may be written with its version or without, and keeps its query") {
  const auto url = [](const std::string& api, const std::string& base, const std::string& model = "m") {
    ModelRequest request;
    request.model = model;
    ProviderConfig config;
    config.base_url = base;
    return dialect_of(api, config)->url(request);
  };
  CHECK(url("anthropic", "https://h") == "https://h:443/v1/messages");
  CHECK(url("anthropic", "https://h/v1/") == "https://h:443/v1/messages");
  CHECK(url("anthropic", "https://h/api/anthropic") == "https://h:443/api/anthropic/v1/messages");
  CHECK(url("gemini", "https://h") == "https://h:443/v1beta/models/m:streamGenerateContent?alt=sse");
  CHECK(url("gemini", "https://h/v1?x=1") == "https://h:443/v1/models/m:streamGenerateContent?x=1&alt=sse");
  CHECK(url("gemini", "https://h", "tunedModels/a") ==
        "https://h:443/v1beta/tunedModels/a:streamGenerateContent?alt=sse");
  CHECK(url("gemini", "https://h", "a?b#c") == "https://h:443/v1beta/models/a%3Fb%23c:streamGenerateContent?alt=sse");
}

TEST_CASE("a provider that cannot work is refused when it is made, with the key that is wrong") {
  CHECK(error_of([](ProviderConfig& c) { c.model = ""; }) == "providers.primary.model is missing");
  CHECK(error_of([](ProviderConfig& c) { c.params = *parse_json(R"({"temperature":0,"stream":false})"); }) ==
        "providers.primary.params: 'stream' is set by nowd; remove it");
  CHECK(error_of([](ProviderConfig& c) { c.base_url = "api.openai.com"; }) ==
        "providers.primary.base_url is not an http or https URL; write it like https://api.openai.com/v1");
}

TEST_CASE("a script needs no URL and no model") {
  CHECK(error_of([](ProviderConfig& c) {
          c.api = "script";
          c.model = c.base_url = "";
        }).empty());
}

TEST_CASE("a word that an API has already keeps its meaning: a configuration that says otherwise is refused") {
  CHECK(error_of([](ProviderConfig& c) { c.stop_words = {{"length", Stop::complete}}; }) ==
        "providers.primary.stop_words: 'length' is known as truncated_output; remove it");
  CHECK(error_of([](ProviderConfig& c) { c.stop_words = {{"end_turn", Stop::complete}}; }).empty());
}
