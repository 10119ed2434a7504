#include <regex>

#include "golden.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

/// Two turns with a call each, and their results, as another server named them.
ModelRequest named(const std::string& first, const std::string& second) {
  ModelRequest request;
  request.model = "m";
  request.messages = {{.role = Message::Role::user, .text = "x"},
                      {.role = Message::Role::assistant, .calls = {{first, "clock", "{}"}}},
                      {.role = Message::Role::tool, .text = "one", .call_id = first, .tool = "clock"},
                      {.role = Message::Role::assistant, .calls = {{second, "clock", "{}"}}},
                      {.role = Message::Role::tool, .text = "two", .call_id = second, .tool = "clock"}};
  return request;
}

/// The ids on the wire, in order: of call, result, call, result.
std::vector<std::string> ids(const std::string& api, const ModelRequest& request, ProviderConfig config = {}) {
  const std::string body = dialect_of(api, std::move(config))->encode(request);
  const Json sent = *parse_json(body);
  std::vector<std::string> out;
  if (api == "openai-responses") {
    for (const Json& item : sent["input"])
      if (item.contains("call_id")) out.push_back(item["call_id"].get<std::string>());
  } else {
    for (const Json& message : sent["messages"]) {
      if (message.contains("tool_calls")) out.push_back(message["tool_calls"][0]["id"].get<std::string>());
      if (message.contains("tool_call_id")) out.push_back(message["tool_call_id"].get<std::string>());
      if (api != "anthropic") continue;
      for (const Json& block : message["content"]) {
        if (block.contains("id")) out.push_back(block["id"].get<std::string>());
        if (block.contains("tool_use_id")) out.push_back(block["tool_use_id"].get<std::string>());
      }
    }
  }
  return out;
}

const std::vector<std::string> apis{"openai-chat", "openai-responses", "anthropic"};

}  // namespace

TEST_CASE("an id that the API takes goes out unchanged") {
  for (const std::string& api : apis)
    CHECK(ids(api, named("call_1", "call_2")) == std::vector<std::string>{"call_1", "call_1", "call_2", "call_2"});
  CHECK(ids("openai-chat", named("functions.look:0", "b")).front() == "functions.look:0");
}

TEST_CASE("an id that the API does not take becomes one that it does, the same for call and result, each time") {
  const ModelRequest request = named("functions.look:0 " + std::string(95, 'x'), "call/" + std::string(95, 'y'));
  for (const std::string& api : apis) {
    CAPTURE(api);
    const auto sent = ids(api, request);
    REQUIRE(sent.size() == 4);
    CHECK(sent[0] == sent[1]);
    CHECK(sent[2] == sent[3]);
    CHECK(sent[0] != sent[2]);
    for (const std::string& id : sent) CHECK(std::regex_match(id, std::regex("[a-zA-Z0-9]{9}")));
    CHECK(ids(api, request) == sent);
  }
  CHECK(ids("anthropic", named("functions.look:0", "b")).front() == "call00001");
}

TEST_CASE("an id that each turn uses anew is unique on the wire") {
  for (const std::string& api : apis) {
    CAPTURE(api);
    CHECK(ids(api, named("call_1", "call_1")) ==
          std::vector<std::string>{"call_1", "call_1", "call00002", "call00002"});
    CHECK(ids(api, named("call00002", "call00002")).at(2) != "call00002");
  }
}

TEST_CASE("Mistral gets its nine letters and digits") {
  ProviderConfig mistral;
  mistral.base_url = "https://api.mistral.ai/v1";
  CHECK(ids("openai-chat", named("call_1", "D681PevKs"), mistral) ==
        std::vector<std::string>{"call00001", "call00001", "D681PevKs", "D681PevKs"});
}

TEST_CASE("the ids inside of what an API wants back are renamed with the calls") {
  ModelRequest request = named("functions.look:0", "b");
  request.messages[1].carried = Carried{"anthropic", *parse_json(R"([{"type":"thinking","thinking":"x","signature":"s"},
                                           {"type":"tool_use","id":"functions.look:0","name":"clock","input":{}}])")};
  CHECK(ids("anthropic", request) == std::vector<std::string>{"call00001", "call00001", "b", "b"});
}

TEST_CASE("arguments that are no JSON object go back as an empty one: servers parse the history") {
  ModelRequest request = named("a", "b");
  request.messages[1].calls[0].arguments = R"({"city":"Rome")";
  CHECK((*parse_json(
            dialect_of("openai-chat")->encode(request)))["messages"][1]["tool_calls"][0]["function"]["arguments"] ==
        Json("{}"));
  CHECK((*parse_json(dialect_of("openai-responses")->encode(request)))["input"][1]["arguments"] == Json("{}"));
  CHECK((*parse_json(dialect_of("anthropic")->encode(request)))["messages"][1]["content"][0]["input"] ==
        Json::object());
}
