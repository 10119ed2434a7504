#include "golden.hpp"
#include "providers/openai_chat_decoder.hpp"
#include "providers/reply_reader.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

constexpr const char* folder = "openai-chat/decode";

std::string content_type(const std::filesystem::path& file) {
  if (file.extension() == ".sse") return "text/event-stream; charset=utf-8";
  return file.extension() == ".json" ? "application/json" : "text/html";
}

ModelReply decoded(const std::vector<std::string_view>& pieces, const std::string& type) {
  ReplyReader reader(make_openai_chat_decoder(conversation()));
  for (std::string_view piece : pieces) reader.feed(piece);
  return reader.finish(true, type);
}

ModelReply decoded(std::string_view stream) { return decoded({stream}, "text/event-stream"); }

std::string event(const std::string& data) { return "data: " + data + "\n\n"; }

}  // namespace

TEST_CASE("every stop reason, error and form of usage gives the reply that its golden file says") {
  for (const auto& file : golden_inputs(folder)) {
    auto expected = file;
    expected.replace_extension(".reply.json");
    CAPTURE(file.filename().string());
    const ModelReply reply = decoded({read_file(file)}, content_type(file));
    CHECK(matches_golden(expected, to_json(reply)));
    // The names say how each ends, so a wrong golden file does not go unseen.
    const std::string name = file.filename().string();
    CHECK((reply.stop == Stop::complete) == (name.starts_with("complete") || name.starts_with("document-complete")));
    CHECK((reply.stop == Stop::tool_call) == (name.starts_with("tool-call") || name.starts_with("document-tool-call")));
    CHECK((reply.stop == Stop::stream_cut) == name.starts_with("stream-cut"));
    CHECK(reply.detail.empty() == (reply.stop == Stop::complete || reply.stop == Stop::tool_call));
  }
}

TEST_CASE("a stream split at every byte gives the same reply") {
  for (const auto& file : golden_inputs(folder)) {
    CAPTURE(file.filename().string());
    const std::string bytes = read_file(file);
    const ModelReply whole = decoded({bytes}, content_type(file));
    std::vector<std::string_view> single;
    for (std::size_t at = 0; at < bytes.size(); ++at) single.push_back(std::string_view(bytes).substr(at, 1));
    CHECK(decoded(single, content_type(file)) == whole);
    for (std::size_t at = 0; at <= bytes.size(); ++at) {
      const std::string_view all = bytes;
      if (!(decoded({all.substr(0, at), all.substr(at)}, content_type(file)) == whole)) FAIL_CHECK("split at " << at);
    }
  }
}

TEST_CASE("a stream cut at any byte before its end is never complete and never a tool call") {
  for (const auto& file : golden_inputs(folder)) {
    CAPTURE(file.filename().string());
    const std::string bytes = read_file(file);
    if (bytes.find("[DONE]") == bytes.npos) continue;
    for (std::size_t at = 0; at < bytes.rfind("[DONE]") + 6; ++at) {
      const Stop stop = decoded({std::string_view(bytes).substr(0, at)}, content_type(file)).stop;
      if (stop == Stop::complete || stop == Stop::tool_call) FAIL_CHECK("cut at " << at);
    }
  }
}

TEST_CASE("a document that the connection cut is never complete, though it parses") {
  ReplyReader reader(make_openai_chat_decoder({}));
  reader.feed(read_file(provider_data("openai-chat/decode/document-complete.json")));
  CHECK(reader.finish(false, "application/json").stop == Stop::stream_cut);
}

TEST_CASE("the first token is the first content or tool call, not the role, and not reasoning") {
  const auto first = [](const std::vector<std::string>& events) {
    ReplyReader reader(make_openai_chat_decoder({}));
    int number = 0, found = 0;
    for (const std::string& data : events) {
      ++number;
      if (reader.feed(event(data))) {
        CHECK(found == 0);
        found = number;
      }
    }
    return found;
  };
  const std::string role = R"({"choices":[{"delta":{"role":"assistant","content":""}}]})";
  const std::string thought = R"({"choices":[{"delta":{"reasoning_content":"hm"}}]})";
  const std::string text = R"({"choices":[{"delta":{"content":"Hi"}}]})";
  const std::string call = R"({"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"name":"clock"}}]}}]})";
  CHECK(first({role, thought, text, text}) == 3);
  CHECK(first({role, call, text}) == 2);
  CHECK(first({role, thought}) == 0);
}

TEST_CASE("what comes after the terminal event is not read") {
  const std::string done =
      event(R"({"choices":[{"delta":{"content":"Hi"},"finish_reason":"stop"}]})") + event("[DONE]");
  const ModelReply reply = decoded(done + event(R"({"choices":[{"delta":{"content":" and more"}}]})"));
  CHECK(reply.stop == Stop::complete);
  CHECK(reply.text == "Hi");
}

TEST_CASE("generated call ids count on from the calls of the conversation") {
  const std::string call =
      R"({"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"name":"clock"}}]},"finish_reason":"tool_calls"}]})";
  const ModelReply reply = decoded(event(call) + event("[DONE]"));
  REQUIRE(reply.calls.size() == 1);
  CHECK(reply.calls[0].id == "call_4");  // conversation() holds three
}

TEST_CASE("an answer with more than 128 calls is malformed, not executed in part") {
  std::string stream;
  for (int n = 0; n < 129; ++n)
    stream += event(R"({"choices":[{"delta":{"tool_calls":[{"index":)" + std::to_string(n) +
                    R"(,"function":{"name":"clock","arguments":"{}"}}]}}]})");
  stream += event(R"({"choices":[{"delta":{},"finish_reason":"tool_calls"}]})") + event("[DONE]");
  const ModelReply reply = decoded(stream);
  CHECK(reply.stop == Stop::malformed);
  CHECK(reply.detail == "more than 128 tool calls");
  CHECK(reply.calls.size() == 128);
}

TEST_CASE("an answer larger than 8 MiB is malformed, and reading stops there") {
  const std::string piece(1024 * 1024, 'x');
  ReplyReader reader(make_openai_chat_decoder({}));
  int fed = 0;
  for (; fed < 100 && !reader.full(); ++fed)
    reader.feed(event(R"({"choices":[{"delta":{"content":")" + piece + "\"}}]}"));
  CHECK(fed == 9);
  const ModelReply reply = reader.finish(true, "text/event-stream");
  CHECK(reply.stop == Stop::malformed);
  CHECK(reply.text.size() == 8 * piece.size());
  CHECK(reader.transcript().size() < ReplyReader::most_kept + 100);
}

TEST_CASE("an event without end is malformed, and is not kept in memory") {
  ReplyReader reader(make_openai_chat_decoder({}));
  const std::string piece(1024 * 1024, 'x');
  reader.feed("data: ");
  int fed = 0;
  for (; fed < 100 && !reader.full(); ++fed) reader.feed(piece);
  CHECK(fed < 10);
  CHECK(reader.finish(true, "text/event-stream").stop == Stop::malformed);
}

TEST_CASE("the transcript is the events' data, one a line") {
  ReplyReader reader(make_openai_chat_decoder({}));
  reader.feed(": hello\n\ndata: {\"a\":\ndata: 1}\n\ndata: [DONE]\n\n");
  CHECK(reader.transcript() == "{\"a\": 1}\n[DONE]\n");
}
