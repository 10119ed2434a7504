#include "golden.hpp"
#include "providers/reply/reply_reader.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

std::string content_type(const std::filesystem::path& file) {
  if (file.extension() == ".sse") return "text/event-stream; charset=utf-8";
  return file.extension() == ".json" ? "application/json" : "text/html";
}

ModelReply decoded(const std::string& api, const std::vector<std::string_view>& pieces, const std::string& type,
                   BodyEnd end = BodyEnd::framed) {
  static const ModelRequest request = conversation();
  ReplyReader reader(decoder_of(api, request));
  for (std::string_view piece : pieces) reader.feed(piece);
  return reader.finish(end, type);
}

ModelReply decoded(std::string_view stream) { return decoded("openai-chat", {stream}, "text/event-stream"); }

std::string event(const std::string& data) { return sse(data); }

/// At which bytes a stream is parted: at all of them in the plain cases, at some thirty in the others. The
/// parser is the same for all.
std::size_t step_of(const std::filesystem::path& file, std::size_t size) {
  const std::string name = file.stem().string();
  return name == "complete" || name == "tool-call" ? 1 : 1 + size / 30;
}

/// Every golden input of every API.
template <typename Check>
void for_each_input(Check check) {
  for (const TestedApi& api : tested_apis()) {
    CAPTURE(api.api);
    for (const auto& file : golden_inputs(api.folder())) {
      CAPTURE(file.filename().string());
      check(api, file, read_file(file));
    }
  }
}

}  // namespace

TEST_CASE("every stop reason, error and form of usage gives the reply that its golden file says") {
  for_each_input([](const TestedApi& api, const std::filesystem::path& file, const std::string& bytes) {
    auto expected = file;
    expected.replace_extension(".reply.json");
    const ModelReply reply = decoded(api.api, {bytes}, content_type(file));
    CHECK(matches_golden(expected, to_json(reply)));
    // The names say how each ends, so a wrong golden file does not go unseen.
    const std::string name = file.filename().string();
    const auto begins = [&](const char* word) {
      return name.starts_with(word) || name.starts_with("document-" + std::string(word));
    };
    CHECK((reply.stop == Stop::complete) == begins("complete"));
    CHECK((reply.stop == Stop::tool_call) == begins("tool-call"));
    CHECK((reply.stop == Stop::stream_cut) == begins("stream-cut"));
    CHECK((reply.stop == Stop::refused) == begins("refused"));
    CHECK((reply.stop == Stop::unknown) == (begins("unknown") || begins("new-status")));
    CHECK(reply.detail.empty() == (reply.stop == Stop::complete || reply.stop == Stop::tool_call));
  });
}

TEST_CASE("a stream split at every byte gives the same reply") {
  for_each_input([](const TestedApi& api, const std::filesystem::path& file, const std::string& bytes) {
    const std::string type = content_type(file);
    const ModelReply whole = decoded(api.api, {bytes}, type);
    const std::string_view all = bytes;
    std::vector<std::string_view> single;
    for (std::size_t at = 0; at < bytes.size(); ++at) single.push_back(all.substr(at, 1));
    CHECK(decoded(api.api, single, type) == whole);
    for (std::size_t at = 0; at <= bytes.size(); at += step_of(file, bytes.size()))
      if (!(decoded(api.api, {all.substr(0, at), all.substr(at)}, type) == whole)) FAIL_CHECK("split at " << at);
  });
}

TEST_CASE("a stream cut at any byte before its end is never complete and never a tool call") {
  for_each_input([](const TestedApi& api, const std::filesystem::path& file, const std::string& bytes) {
    const std::size_t end = bytes.find(api.terminal);
    if (end == bytes.npos || file.extension() != ".sse") return;
    for (std::size_t at = 0; at < end + api.terminal.size(); at += step_of(file, bytes.size())) {
      const std::string_view cut = std::string_view(bytes).substr(0, at);
      const Stop stop = decoded(api.api, {cut}, content_type(file), BodyEnd::closed).stop;
      if (stop == Stop::complete || stop == Stop::tool_call) FAIL_CHECK("cut at " << at);
    }
  });
}

TEST_CASE("a document that the connection cut is never complete, though it parses") {
  ReplyReader reader(decoder_of("openai-chat"));
  reader.feed(read_file(provider_data("openai-chat/decode/document-complete.json")));
  CHECK(reader.finish(BodyEnd::cut, "application/json").stop == Stop::stream_cut);
}

TEST_CASE("the first token is the first content or tool call, not the role, and not reasoning") {
  const auto first = [](const std::vector<std::string>& events) {
    ReplyReader reader(decoder_of("openai-chat"));
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

TEST_CASE("what comes after the terminal event is in no transcript, in whatever pieces it came") {
  const std::string done =
      event(R"({"choices":[{"delta":{"content":"Hi"},"finish_reason":"stop"}]})") + event("[DONE]");
  ReplyReader together(decoder_of("openai-chat")), apart(decoder_of("openai-chat"));
  together.feed(done + event("late"));
  apart.feed(done);
  apart.feed(event("late"));
  CHECK(together.transcript() == apart.transcript());
  CHECK(together.transcript().ends_with("[DONE]\n"));
}

TEST_CASE("arguments with a NUL after them stay no JSON, and are not run up to it") {
  const std::string call = R"({"choices":[{"delta":{"tool_calls":[{"index":0,"id":"c","function":)"
                           R"({"name":"clock","arguments":"{}\u0000"}}]},"finish_reason":"tool_calls"}]})";
  const ModelReply reply = decoded(event(call) + event("[DONE]"));
  REQUIRE(reply.calls.size() == 1);
  CHECK_FALSE(parse_json(reply.calls[0].arguments).has_value());
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
  ReplyReader reader(decoder_of("openai-chat"));
  int fed = 0;
  for (; fed < 100 && !reader.full(); ++fed)
    reader.feed(event(R"({"choices":[{"delta":{"content":")" + piece + "\"}}]}"));
  CHECK(fed == 9);
  const ModelReply reply = reader.finish(BodyEnd::framed, "text/event-stream");
  CHECK(reply.stop == Stop::malformed);
  CHECK(reply.text.size() == 8 * piece.size());
  CHECK(reader.transcript().size() < ReplyReader::max_kept + 100);
}

TEST_CASE("an event without end is malformed, and is not kept in memory") {
  ReplyReader reader(decoder_of("openai-chat"));
  const std::string piece(1024 * 1024, 'x');
  reader.feed("data: ");
  int fed = 0;
  for (; fed < 100 && !reader.full(); ++fed) reader.feed(piece);
  CHECK(fed < 10);
  CHECK(reader.finish(BodyEnd::framed, "text/event-stream").stop == Stop::malformed);
}

TEST_CASE("the transcript is the events' data, one a line") {
  ReplyReader reader(decoder_of("openai-chat"));
  reader.feed(": hello\n\ndata: {\"a\":\ndata: 1}\n\ndata: [DONE]\n\n");
  CHECK(reader.transcript() == "{\"a\": 1}\n[DONE]\n");
}

TEST_CASE("a document that is cut in the transcript leaves no piece of a secret at its end") {
  Redactor redact;
  redact.add(Secret("sk-canary-123"));
  ReplyReader reader(decoder_of("openai-chat", conversation()));
  reader.feed("{" + std::string(ReplyReader::max_kept - 9, 'x') + "sk-canary-123" + std::string(100, 'y'));
  const std::string shown = redact(reader.transcript());
  CHECK(shown.ends_with("x[redacted]…\n[cut at 4 MiB]"));
}
