// What servers, and newer models of the vendors', want back or count in their own way.
#include <set>

#include "golden.hpp"
#include "providers/openai/openai_chat.hpp"
#include "providers/reply/reply_reader.hpp"
#include "providers/reply/stop_words.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

ModelReply golden(const std::string& api, const std::string& file) {
  ReplyReader reader(decoder_of(api, conversation()));
  reader.feed(read_file(provider_data(api + "/decode/" + file)));
  return reader.finish(BodyEnd::framed, "text/event-stream");
}

/// The model's own message, as it goes back with the next request.
Json sent_back(const std::string& api, const std::string& file, const std::string& model = "m") {
  const ModelReply reply = golden(api, file);
  ModelRequest request;
  request.model = model;
  request.messages = {
      {.role = Message::Role::user, .text = "x"},
      {.role = Message::Role::assistant, .text = reply.text, .calls = reply.calls, .carried = reply.carried}};
  const Json body = *parse_json(dialect_of(api)->encode(request));
  return body.contains("messages") ? body["messages"].back()
         : body.contains("input")  ? body["input"]
                                   : body["contents"];
}

}  // namespace

TEST_CASE("every stop word of the table has a golden file") {
  for (const TestedApi& api : tested_apis()) {
    std::set<std::string> seen;
    for (const auto& file : golden_inputs(api.folder())) {
      auto reply = file;
      const Json expected = *parse_json(read_file(reply.replace_extension(".reply.json")));
      seen.insert(expected["stop_raw"].get<std::string>());
    }
    for (const StopWord& word : stop_words())
      // "failed" is told by the code of its error, and without one there is none.
      if (word.api == api.api && word.raw != "failed") {
        CAPTURE(word.api, word.raw);
        CHECK(seen.contains(std::string(word.raw)));
      }
  }
}

TEST_CASE("reasoning that a server of chat completions wants back goes back beside the calls") {
  const Json deepseek = sent_back("openai-chat", "tool-call-with-reasoning-content.sse");
  CHECK(deepseek["reasoning_content"] == Json("hidden thought"));
  CHECK(deepseek["tool_calls"].size() == 1);
  const Json openrouter = sent_back("openai-chat", "tool-call-with-reasoning-details.sse");
  CHECK(
      openrouter["reasoning_details"] ==
      *parse_json(
          R"([{"type":"reasoning.text","text":"Let me see","signature":"c2lnbmVk","format":"anthropic-claude-v1","index":0},
                {"type":"reasoning.encrypted","data":"ZW5j","index":1}])"));
  CHECK_FALSE(openrouter.contains("reasoning_content"));
  CHECK_FALSE(openrouter.contains("reasoning"));
}

TEST_CASE("reasoning that goes by its newer name goes back under it") {
  const auto reply = golden("openai-chat", "complete-with-reasoning-of-ollama.sse");
  REQUIRE(reply.carried.has_value());
  CHECK(reply.carried->value.contains("reasoning"));
  const Json sent = sent_back("openai-chat", "complete-with-reasoning-of-ollama.sse");
  CHECK(sent["reasoning"] == reply.carried->value["reasoning"]);
  CHECK_FALSE(sent.contains("reasoning_content"));
}

TEST_CASE("a thought signature of Gemini's goes back with the call that it came with") {
  const Json message = sent_back("openai-chat", "tool-calls-with-extra-content.sse");
  CHECK(message["tool_calls"][0]["extra_content"]["google"]["thought_signature"] == Json("c2lnMQ=="));
  CHECK_FALSE(message["tool_calls"][1].contains("extra_content"));
}

TEST_CASE("an answer without any of this goes back as OpenAI documents it") {
  CHECK_FALSE(golden("openai-chat", "tool-call.sse").carried.has_value());
}

TEST_CASE("tokens are counted alike where a server counts in its own way") {
  const Usage same{.input = 120, .cached = 64, .output = 34, .reasoning = 20};
  CHECK(golden("openai-chat", "tool-call-with-reasoning-content.sse").usage == same);
  CHECK(golden("openai-chat", "complete-usage-with-reasoning-beside-it.sse").usage == same);
  CHECK(golden("openai-chat", "complete-usage-of-deepseek.sse").usage->cached == 64);
}

TEST_CASE("an error of OpenRouter's is its code, in the chunk or in the choice") {
  CHECK(golden("openai-chat", "provider-error-openrouter-in-the-stream.sse").stop_raw == "502");
  CHECK(golden("openai-chat", "provider-error-openrouter-in-the-choice.sse").stop_raw == "429");
}

TEST_CASE("what a model says on the way is no part of its answer, and goes back with its phase") {
  CHECK(golden("openai-responses", "complete-with-commentary.sse").text == "All is well.");
  const Json input = sent_back("openai-responses", "tool-call-with-commentary.sse");
  CHECK(input[1]["phase"] == Json("commentary"));
  CHECK(input[2]["type"] == Json("function_call"));
}

TEST_CASE("a blank text of the model's is not sent back to Anthropic, which refuses it; its thinking is") {
  const Json content = sent_back("anthropic", "tool-call-after-blank-text.sse")["content"];
  REQUIRE(content.size() == 2);
  CHECK(content[0]["signature"] == Json("c2ln"));
  CHECK(content[1]["type"] == Json("tool_use"));
  ModelRequest request = conversation();
  request.messages[1].text = "\n\n";
  const Json body = *parse_json(dialect_of("anthropic")->encode(request));
  CHECK(body["messages"][1]["content"][0]["type"] == Json("tool_use"));
}

TEST_CASE("a call of another model's has the signature that Gemini 3 takes for it, once a turn; older ones get none") {
  ModelRequest request = conversation();
  const auto turn = [&](const char* model, std::size_t at) {
    request.model = model;
    return (*parse_json(dialect_of("gemini")->encode(request)))["contents"][at]["parts"];
  };
  CHECK(turn("gemini-3-pro", 1)[0]["thoughtSignature"] == Json("skip_thought_signature_validator"));
  CHECK_FALSE(turn("gemini-3-pro", 1)[1].contains("thoughtSignature"));
  CHECK_FALSE(turn("gemini-3-pro", 3)[0].contains("thoughtSignature"));  // a text
  CHECK(turn("gemini-3-pro", 3)[1].contains("thoughtSignature"));
  CHECK_FALSE(turn("gemini-2.5-flash", 1)[0].contains("thoughtSignature"));
}
