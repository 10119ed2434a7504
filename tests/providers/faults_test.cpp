#include "providers/failure/retry_class.hpp"

#include "support/catch.hpp"

using namespace nowd;

namespace {

std::string described(int status, WireError error = {}, std::vector<std::pair<std::string, std::string>> headers = {},
                      const std::string& api = "openai-chat") {
  ProviderConfig config;
  config.name = "primary";
  config.api = api;
  config.model = "gpt-5.2";
  HttpResponse response;
  response.status = status;
  response.headers = std::move(headers);
  return describe_status(config, *parse_endpoint("https://api.openai.com/v1"), response, error);
}

}  // namespace

TEST_CASE("a status is told with host, remedy and the server's own words") {
  CHECK(described(401) == "401 from api.openai.com: check the key (providers.primary.key)");
  CHECK(described(404, {"", "no such path"}) ==
        "404 from api.openai.com: check providers.primary.base_url and .model ('gpt-5.2'); it says: no such path");
  CHECK(described(429, {}, {{"retry-after", "20"}}) ==
        "429 from api.openai.com: too many requests or tokens (Retry-After: 20)");
  CHECK(described(500, {"", "oops"}) ==
        "500 from api.openai.com: it is in trouble, not the request; try later; it says: oops");
  CHECK(described(302, {}, {{"location", "https://login/"}}) ==
        "302 from api.openai.com: redirects are not followed; check providers.primary.base_url (it points to "
        "https://login/)");
}

TEST_CASE("a 400 is told as what it is about, where its words say so") {
  CHECK(described(400, {"invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum"})
            .find("shorten the inputs") != std::string::npos);
  CHECK(described(400, {"INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."})
            .find("check the key (providers.primary.key)") != std::string::npos);
  CHECK(described(400, {"invalid_request_error", "Your credit balance is too low"}).find("no credit left") !=
        std::string::npos);
  CHECK(described(400, {"invalid_request_error", "temperature: out of range"}).find("providers.primary.params") !=
        std::string::npos);
}

TEST_CASE("the remedy of a 400 names no key that the API does not have") {
  CHECK(described(400, {"", "no"}).find(".max_tokens_field") != std::string::npos);
  for (const char* api : {"anthropic", "gemini", "openai-responses"})
    CHECK(described(400, {"", "no"}, {}, api).find("max_tokens_field") == std::string::npos);
}

TEST_CASE("a prompt that a filter refuses is no fault of the configuration") {
  const std::string words = described(400, {"content_filter", "The response was filtered"});
  CHECK(words.find("filter refuses the prompt") != std::string::npos);
  CHECK(words.find(".params") == std::string::npos);
}

TEST_CASE("a model that is not there any more is named, with what to do, in each API's words") {
  for (const WireError& error : {WireError{"model_not_found", "The model `gpt-5.2` does not exist"},
                                 WireError{"not_found_error", "model: gpt-5.2"},
                                 WireError{"NOT_FOUND", "models/gpt-5.2 is not found for API version v1beta"}})
    CHECK(described(404, error)
              .starts_with("404 from api.openai.com: it has no model 'gpt-5.2' (any more?); set "
                           "providers.primary.model to one that it "
                           "has: nowctl validate --online"));
}

TEST_CASE("an account without money is told as that, not as a rate limit, with what to do") {
  CHECK(described(402) ==
        "402 from api.openai.com: the account behind providers.primary.key has no credit left, or is at its limit of "
        "spending: add credit or raise the limit where the key was made, or put another key there; nowd asks again "
        "within 15 minutes, or at once after systemctl reload nowd");
  for (const char* code : {"insufficient_quota", "project_spend_limit_exceeded"})
    CHECK(described(429, {code, ""}).find("no credit left") != std::string::npos);
  CHECK(described(402).find("no credit left") != std::string::npos);
  CHECK(described(429, {"rate_limit_exceeded", ""}).find("no credit left") == std::string::npos);
}
