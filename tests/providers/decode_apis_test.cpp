// What differs between the APIs, where a golden file does not show it.
#include <map>

#include "golden.hpp"
#include "providers/reply/reply_reader.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

ModelReply decoded(const std::string& api, const std::string& stream, bool whole = true) {
  ReplyReader reader(decoder_of(api, conversation()));
  reader.feed(stream);
  return reader.finish(whole ? BodyEnd::framed : BodyEnd::cut, "text/event-stream");
}

ModelReply golden(const std::string& api, const std::string& file) {
  return decoded(api, read_file(provider_data(api + "/decode/" + file)));
}

/// Which of the events is the first token; 0: none.
int first_token(const std::string& api, const std::vector<std::string>& events) {
  ReplyReader reader(decoder_of(api));
  for (std::size_t i = 0; i < events.size(); ++i)
    if (reader.feed(sse(events[i]))) return static_cast<int>(i) + 1;
  return 0;
}

/// A stream with one text, good to its end.
std::string says(const std::string& api, const std::string& text) {
  const std::map<std::string, std::vector<std::string>> frames{
      {"openai-chat",
       {R"({"choices":[{"delta":{"content":"@"}}]})", R"({"choices":[{"delta":{},"finish_reason":"stop"}]})",
        "[DONE]"}},
      {"openai-responses",
       {R"({"type":"response.completed","response":{"status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"@"}]}]}})"}},
      {"anthropic",
       {R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})",
        R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"@"}})",
        R"({"type":"message_delta","delta":{"stop_reason":"end_turn"}})", R"({"type":"message_stop"})"}},
      {"gemini", {R"({"candidates":[{"content":{"parts":[{"text":"@"}]},"finishReason":"STOP"}]})"}}};
  std::string out;
  for (std::string data : frames.at(api)) {
    if (const std::size_t at = data.find('@'); at != data.npos) data.replace(at, 1, text);
    out += sse(data);
  }
  return out;
}

}  // namespace

TEST_CASE("an event of a megabyte is read in every API, wherever it is split") {
  const std::string text(1024 * 1024, 'x');
  for (const TestedApi& api : tested_apis()) {
    CAPTURE(api.api);
    const std::string stream = says(api.api, text);
    ReplyReader reader(decoder_of(api.api));
    for (std::size_t at = 0; at < stream.size(); at += 4093) reader.feed(std::string_view(stream).substr(at, 4093));
    const ModelReply reply = reader.finish(BodyEnd::framed, "text/event-stream");
    CHECK(reply.stop == Stop::complete);
    CHECK(reply.text == text);
  }
}

TEST_CASE("an answer that is too large is malformed in every API, and reading stops there") {
  const std::string text(1024 * 1024, 'x');
  const std::map<std::string, std::string> pieces{
      {"openai-responses", R"({"type":"response.output_text.delta","delta":")" + text + "\"}"},
      {"anthropic",
       R"({"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":")" + text + "\"}}"},
      {"gemini", R"({"candidates":[{"content":{"parts":[{"thought":true,"text":")" + text + "\"}]}}]}"}};
  for (const auto& [api, piece] : pieces) {
    CAPTURE(api);
    ReplyReader reader(decoder_of(api));
    if (api == "anthropic")
      reader.feed(sse(R"({"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}})"));
    int fed = 0;
    for (; fed < 100 && !reader.full(); ++fed) reader.feed(sse(piece));
    CHECK(fed < 10);
    CHECK(reader.finish(BodyEnd::framed, "text/event-stream").stop == Stop::malformed);
  }
}

TEST_CASE("more than 128 calls are malformed, not executed in part") {
  std::string parts;
  for (int n = 0; n < 129; ++n) parts += std::string(n == 0 ? "" : ",") + R"({"functionCall":{"name":"clock"}})";
  const ModelReply reply =
      decoded("gemini", sse(R"({"candidates":[{"content":{"parts":[)" + parts + R"(]},"finishReason":"STOP"}]})"));
  CHECK(reply.stop == Stop::malformed);
  CHECK(reply.detail == "more than 128 tool calls");
}

TEST_CASE("after a terminal event nothing is read, in every API that has one") {
  for (const std::string api : {"openai-responses", "anthropic"}) {
    const ModelReply reply = decoded(api, says(api, "Hi") + sse(R"({"type":"error","error":{"type":"late"}})"));
    CHECK(reply.stop == Stop::complete);
    CHECK(reply.text == "Hi");
  }
}

TEST_CASE("Gemini has no terminal event: a connection that breaks after the reason is a cut stream") {
  const std::string stream = says("gemini", "Hi");
  CHECK(decoded("gemini", stream, true).stop == Stop::complete);
  const ModelReply cut = decoded("gemini", stream, false);
  CHECK(cut.stop == Stop::stream_cut);
  CHECK_FALSE(cut.carried.has_value());
  for (const std::string api : {"openai-chat", "openai-responses", "anthropic"})
    CHECK(decoded(api, says(api, "Hi"), false).stop == Stop::complete);
}

TEST_CASE("the first token of each API is the first content or tool call, not a thought and not a ping") {
  CHECK(first_token("anthropic",
                    {R"({"type":"message_start","message":{}})", R"({"type":"ping"})",
                     R"({"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}})",
                     R"({"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}})",
                     R"({"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}})",
                     R"({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Hi"}})"}) == 6);
  CHECK(first_token("anthropic",
                    {R"({"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t"}})"}) == 1);
  CHECK(first_token("openai-responses", {R"({"type":"response.created","response":{}})",
                                         R"({"type":"response.output_item.added","item":{"type":"reasoning"}})",
                                         R"({"type":"response.output_text.delta","delta":"Hi"})"}) == 3);
  CHECK(first_token("openai-responses", {R"({"type":"response.output_item.added","item":{"type":"function_call"}})"}) ==
        1);
  CHECK(first_token("gemini", {R"({"candidates":[{"content":{"parts":[{"text":"hm","thought":true}]}}]})",
                               R"({"candidates":[{"content":{"parts":[{"text":""}]}}]})",
                               R"({"candidates":[{"content":{"parts":[{"functionCall":{"name":"x"}}]}}]})"}) == 3);
}

TEST_CASE("the same call gives equal totals through every API") {
  const Usage same{.input = 120, .cached = 64, .output = 34, .reasoning = 20};
  for (const char* api : {"openai-chat", "openai-responses", "anthropic", "gemini"}) {
    CAPTURE(api);
    const ModelReply reply = golden(api, "complete.sse");
    CHECK(reply.usage == same);
    CHECK(reply.text == "The notes say: café ✓");
  }
}

TEST_CASE("what is written to a cache is a part of the input, whoever counts it") {
  const Usage same{.input = 150, .cached = 30, .output = 34, .reasoning = 20, .cache_write = 100};
  CHECK(golden("anthropic", "complete-usage-with-cache-write.sse").usage == same);
  const std::string chat =
      sse(R"({"choices":[],"usage":{"prompt_tokens":150,"completion_tokens":34,"prompt_tokens_details":)"
          R"({"cached_tokens":30,"cache_write_tokens":100},"completion_tokens_details":{"reasoning_tokens":20}}})");
  CHECK(decoded("openai-chat", chat).usage == same);
  const std::string responses = sse(
      R"({"type":"response.completed","response":{"status":"completed","usage":{"input_tokens":150,"output_tokens":34,)"
      R"("input_tokens_details":{"cached_tokens":30,"cache_write_tokens":100},)"
      R"("output_tokens_details":{"reasoning_tokens":20}}}})");
  CHECK(decoded("openai-responses", responses).usage == same);
}

TEST_CASE("a call cut before its usage came has none") {
  CHECK_FALSE(golden("openai-responses", "stream-cut-without-completed.sse").usage.has_value());
  CHECK_FALSE(golden("anthropic", "stream-cut-in-the-middle.sse").usage.has_value());
  CHECK_FALSE(golden("gemini", "stream-cut-without-a-reason.sse").usage.has_value());
}

TEST_CASE("a refusal leaves nothing of what was said before it") {
  const ModelReply reply = golden("anthropic", "refused.sse");
  CHECK(reply.text.empty());
  CHECK(reply.detail == "the model refused; it says: This asks for harm.");
  CHECK(golden("anthropic", "refused-in-spite-of-a-tool-call.sse").calls.empty());
}

TEST_CASE("tokens counted before the answer ended are not its usage: the rest is billed as well") {
  const std::string begun =
      sse(R"({"type":"message_start","message":{"usage":{"input_tokens":50,"output_tokens":1}}})");
  const std::string error = sse(R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})");
  const std::string counted =
      sse(R"({"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":9}})");
  CHECK_FALSE(decoded("anthropic", begun, false).usage.has_value());
  CHECK(decoded("anthropic", begun, false).usage_so_far == Usage{.input = 50, .output = 1});
  CHECK(decoded("anthropic", begun + error).usage_so_far == Usage{.input = 50, .output = 1});
  CHECK_FALSE(decoded("anthropic", begun + counted, false).usage_so_far.has_value());
  CHECK_FALSE(decoded("anthropic", begun + error).usage.has_value());
  REQUIRE(decoded("anthropic", begun + counted, false).usage.has_value());
  CHECK(decoded("anthropic", begun + counted, false).usage->output == 9);

  const auto chunk = [](const std::string& more) {
    return sse(R"({"candidates":[{"content":{"parts":[{"text":"Hi"}]})" + more +
               R"(}],"usageMetadata":{"promptTokenCount":50,"candidatesTokenCount":1}})");
  };
  CHECK_FALSE(decoded("gemini", chunk(""), false).usage.has_value());
  CHECK(decoded("gemini", chunk(""), false).usage_so_far == Usage{.input = 50, .output = 1});
  CHECK(decoded("gemini", chunk("") + chunk(R"(,"finishReason":"STOP")"), false).usage.has_value());
}

TEST_CASE("a server that counts with every chunk has not counted all before the reason came") {
  const auto chunk = [](const std::string& reason, int output) {
    return sse(R"({"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":)" + reason +
               R"(}],"usage":{"prompt_tokens":50,"completion_tokens":)" + std::to_string(output) + "}}");
  };
  const ModelReply cut = decoded("openai-chat", chunk("null", 1) + chunk("null", 2), false);
  CHECK_FALSE(cut.usage.has_value());
  CHECK(cut.usage_so_far == Usage{.input = 50, .output = 2});
  const ModelReply whole = decoded("openai-chat", chunk("null", 1) + chunk(R"("stop")", 2), false);
  CHECK(whole.usage == Usage{.input = 50, .output = 2});
  CHECK_FALSE(whole.usage_so_far.has_value());
}
