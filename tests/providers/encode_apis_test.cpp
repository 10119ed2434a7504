#include <map>

#include "golden.hpp"
#include "providers/reply/reply_reader.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

Json encoded(const std::string& api, const ModelRequest& request, ProviderConfig config = {}) {
  return *parse_json(dialect_of(api, std::move(config))->encode(request));
}

ModelRequest hello() {
  ModelRequest request;
  request.model = "some-model";
  request.messages = {{.role = Message::Role::user, .text = "Hello"}};
  return request;
}

const std::vector<std::string> added{"openai-responses", "anthropic", "gemini"};

/// The conversation that goes on from an answer with one call.
ModelRequest after(const std::string& api, const std::string& file) {
  ReplyReader reader(decoder_of(api, conversation()));
  reader.feed(read_file(provider_data(api + "/decode/" + file)));
  const ModelReply reply = reader.finish(BodyEnd::framed, "text/event-stream");
  ModelRequest request = conversation();
  request.messages.resize(1);
  request.messages.push_back(
      {.role = Message::Role::assistant, .text = reply.text, .calls = reply.calls, .carried = reply.carried});
  for (const ProposedCall& call : reply.calls)
    request.messages.push_back({.role = Message::Role::tool, .text = "ok", .call_id = call.id, .tool = call.tool});
  return request;
}

}  // namespace

TEST_CASE("a whole conversation, and a mere prompt, are encoded as each API documents it") {
  for (const std::string& api : added) {
    CAPTURE(api);
    CHECK(matches_golden(provider_data(api + "/encode/conversation.json"), encoded(api, conversation())));
    CHECK(matches_golden(provider_data(api + "/encode/prompt-only.json"), encoded(api, hello())));
  }
}

TEST_CASE("what an API demands back goes back unchanged, and to nobody else") {
  const std::vector<std::pair<std::string, std::string>> answers{
      {"openai-chat", "tool-call-with-reasoning-content.sse"},
      {"openai-responses", "tool-call-with-reasoning.sse"},
      {"anthropic", "tool-call-with-interleaved-thinking.sse"},
      {"gemini", "tool-calls-parallel.sse"}};
  for (const auto& [api, file] : answers) {
    CAPTURE(api);
    const ModelRequest request = after(api, file);
    REQUIRE(request.messages[1].carried.has_value());
    const Json sent = encoded(api, request);
    CHECK(matches_golden(provider_data(api + "/encode/carried.json"), sent));
    const std::map<std::string, std::string> secrets{{"openai-chat", "hidden thought"},
                                                     {"openai-responses", "gAAAAABo"},
                                                     {"anthropic", "c2Vjb25k"},
                                                     {"gemini", "Eq8C"}};
    const std::string& secret = secrets.at(api);
    CHECK(dump_json(sent).find(secret) != std::string::npos);
    for (const TestedApi& other : tested_apis())
      if (other.api != api) CHECK(dump_json(encoded(other.api, request)).find(secret) == std::string::npos);
  }
}

TEST_CASE("Gemini's calls keep the ids that the model gave, and get none that it did not give") {
  const auto response = [](const std::string& file) {
    const Json body = encoded("gemini", after("gemini", file));
    return body["contents"].back()["parts"][0]["functionResponse"];
  };
  CHECK(response("tool-call-with-id.sse")["id"] == Json("fn_77"));
  CHECK_FALSE(response("tool-call.sse").contains("id"));
}

TEST_CASE("a conversation whose ids nowd had to change goes on without what was carried") {
  for (const std::string& api : added)
    CHECK_FALSE(
        after(api, api == "anthropic" ? "tool-call-with-one-id-for-both.sse" : "tool-calls-with-one-id-for-both.sse")
            .messages[1]
            .carried.has_value());
}

TEST_CASE("params are merged last, the request's over the provider's, and never over what nowd answers for") {
  for (const std::string& api : added) {
    CAPTURE(api);
    ProviderConfig config;
    config.params = *parse_json(R"({"temperature":1,"top_p":0.5})");
    ModelRequest request = hello();
    request.params = *parse_json(
        R"({"temperature":0,"tools":[{}],"stream":false,"model":"other","messages":[],"input":[],"contents":[]})");
    if (api == "openai-responses") request.params.erase("messages"), request.params.erase("contents");
    if (api == "anthropic") request.params.erase("input"), request.params.erase("contents");
    if (api == "gemini") request.params.erase("messages"), request.params.erase("input");
    Json body = encoded(api, request, config);
    Json& place = api == "gemini" ? body["generationConfig"] : body;
    CHECK(place["temperature"] == Json(0));
    CHECK(place["top_p"] == Json(0.5));
    place.erase("temperature");
    place.erase("top_p");
    if (api == "gemini") body.erase("generationConfig");
    CHECK(body == encoded(api, hello()));
  }
}

TEST_CASE("Gemini's params go where its fields are") {
  ModelRequest request = hello();
  request.max_output_tokens = 5;
  request.params =
      *parse_json(R"({"safetySettings":[],"generationConfig":{"topK":3},"thinkingConfig":{"thinkingBudget":0}})");
  const Json body = encoded("gemini", request);
  CHECK(body["safetySettings"] == Json::array());
  CHECK(body["generationConfig"] ==
        *parse_json(R"({"topK":3,"maxOutputTokens":5,"thinkingConfig":{"thinkingBudget":0}})"));
}

TEST_CASE("Responses keep nothing at the server, and ask only models that reason for their reasoning") {
  CHECK(encoded("openai-responses", hello())["store"] == Json(false));
  ModelRequest request = hello();
  request.model = "gpt-4.1";
  CHECK_FALSE(encoded("openai-responses", request).contains("include"));
  request.model = "gpt-5.2";
  CHECK(encoded("openai-responses", request)["include"] == Json::array({"reasoning.encrypted_content"}));
}

TEST_CASE("Anthropic's constant prefix is marked for its cache, once") {
  const std::string mark = R"("cache_control":{"type":"ephemeral"})";
  const auto marks = [&](const ModelRequest& request) {
    const std::string body = dump_json(encoded("anthropic", request));
    const std::size_t first = body.find(mark);
    return first == body.npos ? 0 : body.find(mark, first + 1) == body.npos ? 1 : 2;
  };
  CHECK(marks(conversation()) == 1);
  CHECK(encoded("anthropic", conversation())["system"].back().contains("cache_control"));
  ModelRequest request = conversation();
  request.system.clear();
  CHECK(marks(request) == 1);
  CHECK(encoded("anthropic", request)["tools"].back().contains("cache_control"));
  CHECK(marks(hello()) == 0);
}

TEST_CASE("a key goes into a header of each API's own, and into nothing else") {
  const auto headers = [](const std::string& api, const std::string& base = "") {
    ProviderConfig config;
    config.base_url = base;
    return dialect_of(api, config)->headers(Secret("canary"));
  };
  const std::pair<std::string, std::string> version{"anthropic-version", "2023-06-01"};
  CHECK(headers("openai-responses") == Headers{{"Authorization", "Bearer canary"}});
  CHECK(headers("anthropic") == Headers{version, {"x-api-key", "canary"}});
  CHECK(headers("anthropic", "https://h") ==
        Headers{version, {"x-api-key", "canary"}, {"Authorization", "Bearer canary"}});
  CHECK(headers("gemini") == Headers{{"x-goog-api-key", "canary"}});
  CHECK(dialect_of("anthropic")->headers(Secret()) == Headers{version});
  CHECK(dialect_of("gemini")->headers(Secret()).empty());
}

TEST_CASE("a body is valid JSON in every API, whatever the bytes of a tool result and of arguments are") {
  for (const std::string& api : added) {
    ModelRequest request = hello();
    request.messages.push_back({.role = Message::Role::assistant, .calls = {{"c", "clock", "not json"}}});
    request.messages.push_back(
        {.role = Message::Role::tool, .text = std::string("\xff\xfe\0 end", 7), .call_id = "c", .tool = "clock"});
    CHECK(encoded(api, request).is_object());
  }
}
