#include <set>

#include "golden.hpp"
#include "providers/openai/openai_chat.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

Json encoded(const ModelRequest& request, const ProviderConfig& config = {},
             const std::string& base_url = "https://api.openai.com/v1") {
  return *parse_json(make_openai_chat(config, *parse_endpoint(base_url))->encode(request));
}

ModelRequest hello() {
  ModelRequest request;
  request.model = "llama-3.3";
  request.messages = {{Message::Role::user, "Hello", {}, {}, {}}};
  return request;
}

}  // namespace

TEST_CASE("a whole conversation is encoded as OpenAI documents it") {
  CHECK(matches_golden(provider_data("openai-chat/encode/conversation.json"), encoded(conversation())));
}

TEST_CASE("a request with nothing but a prompt has no empty tools, no system message and no limit") {
  CHECK(matches_golden(provider_data("openai-chat/encode/prompt-only.json"), encoded(hello())));
}

TEST_CASE("max tokens goes out under the name that the server knows") {
  using Field = ProviderConfig::MaxTokensField;
  const auto name = [](Field field, const std::string& base_url) {
    ModelRequest request = hello();
    request.max_output_tokens = 10;
    ProviderConfig config;
    config.max_tokens_field = field;
    const Json body = encoded(request, config, base_url);
    CHECK(body.contains("max_tokens") != body.contains("max_completion_tokens"));
    return body.contains("max_tokens") ? "max_tokens" : "max_completion_tokens";
  };
  CHECK(name(Field::automatic, "https://api.openai.com/v1") == std::string("max_completion_tokens"));
  CHECK(name(Field::automatic, "https://API.OpenAI.com/v1") == std::string("max_completion_tokens"));
  CHECK(name(Field::automatic, "http://127.0.0.1:8000/v1") == std::string("max_tokens"));
  CHECK(name(Field::automatic, "https://api.openai.com.example.net/v1") == std::string("max_tokens"));
  CHECK(name(Field::max_tokens, "https://api.openai.com/v1") == std::string("max_tokens"));
  CHECK(name(Field::max_completion_tokens, "http://127.0.0.1:8000/v1") == std::string("max_completion_tokens"));
}

TEST_CASE("params are merged last, the request's over the provider's") {
  ProviderConfig config;
  config.params = *parse_json(R"({"temperature":1,"top_p":0.5})");
  ModelRequest request = hello();
  request.params = *parse_json(R"({"temperature":0,"reasoning_effort":"low"})");
  const Json body = encoded(request, config);
  CHECK(body["temperature"] == Json(0));
  CHECK(body["top_p"] == Json(0.5));
  CHECK(body["reasoning_effort"] == Json("low"));
}

TEST_CASE("a parameter that is null leaves out what would be sent, whoever put it there") {
  ProviderConfig config;
  config.params = *parse_json(R"({"temperature":1,"stream_options":null})");
  ModelRequest request = hello();
  CHECK_FALSE(encoded(request, config).contains("stream_options"));
  request.params = *parse_json(R"({"temperature":null})");
  CHECK_FALSE(encoded(request, config).contains("temperature"));
  CHECK(encoded(request, config)["stream"] == Json(true));
}

TEST_CASE("alternatives at the top of a tool's schema, which no API takes, go out as what they may hold") {
  ModelRequest request = hello();
  request.tools = {
      {"find", "", *parse_json(R"({"type":"object","properties":{"limit":{"type":"integer"}},"required":["limit"],
    "anyOf":[{"properties":{"id":{"type":"string"}},"required":["id"]},{"properties":{"name":{"type":"string"}}}],
    "allOf":[{"properties":{"kind":{"type":"string"}},"required":["kind"]}]})")}};
  const Json schema = encoded(request)["tools"][0]["function"]["parameters"];
  CHECK(schema == *parse_json(R"({"type":"object","required":["limit","kind"],"properties":{"limit":{"type":"integer"},
    "id":{"type":"string"},"name":{"type":"string"},"kind":{"type":"string"}}})"));
}

TEST_CASE("params never replace what nowd answers for: messages, tools, stream, model") {
  ModelRequest request = hello();
  request.params = *parse_json(R"({"messages":[],"tools":[{}],"stream":false,"model":"other"})");
  CHECK(encoded(request) == encoded(hello()));
}

TEST_CASE("a request body is valid JSON whatever the bytes of a tool result are") {
  ModelRequest request = hello();
  request.messages.push_back({Message::Role::tool, std::string("\xff\xfe\0 end", 7), {}, "call_1", "clock"});
  CHECK(encoded(request)["messages"].size() == 2);
}

TEST_CASE("the key goes into a header, and into nothing else") {
  const auto dialect = make_openai_chat({}, *parse_endpoint("https://api.openai.com/v1"));
  CHECK(dialect->headers(Secret("sk-canary")) == Headers{{"Authorization", "Bearer sk-canary"}});
  CHECK(dialect->headers(Secret()).empty());
}
