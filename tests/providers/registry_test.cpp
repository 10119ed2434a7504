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

TEST_CASE("a dialect that is not built is refused, not guessed") {
  CHECK(error_of([](ProviderConfig& c) { c.api = "anthropic"; }) ==
        "providers.primary.api: 'anthropic' is not supported yet; use openai-chat, script");
  CHECK(error_of([](ProviderConfig& c) { c.api = "openai"; }) ==
        "providers.primary.api: 'openai' is not known; use openai-chat, script");
}

TEST_CASE("a provider that cannot work is refused when it is made, with the key that is wrong") {
  CHECK(error_of([](ProviderConfig& c) { c.model = ""; }) == "providers.primary.model is missing");
  CHECK(error_of([](ProviderConfig& c) { c.params = *parse_json(R"({"temperature":0,"stream":false})"); }) ==
        "providers.primary.params: 'stream' is set by nowd; remove it");
  CHECK(error_of([](ProviderConfig& c) { c.base_url = "api.openai.com"; }) ==
        "providers.primary.base_url is not an http or https URL; write it like https://api.openai.com/v1");
}

TEST_CASE("a provider without base_url is OpenAI's own, and a script needs no URL and no model") {
  CHECK(error_of([](ProviderConfig& c) { c.base_url = ""; }).empty());
  CHECK(error_of([](ProviderConfig& c) {
          c.api = "script";
          c.model = c.base_url = "";
        }).empty());
}
