#include <random>

#include "golden.hpp"
#include "providers/openai_chat_decoder.hpp"
#include "providers/reply_reader.hpp"
#include "providers/wire.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

using Random = std::mt19937;

std::size_t below(Random& random, std::size_t limit) { return limit == 0 ? 0 : random() % limit; }

const std::vector<std::string>& dictionary() {
  static const std::vector<std::string> words = {"data: [DONE]\n\n",
                                                 "[DONE]",
                                                 "\n\n",
                                                 "\r\n",
                                                 "data:",
                                                 "event: error\n",
                                                 "null",
                                                 "{",
                                                 "}",
                                                 "[",
                                                 "]",
                                                 "\"",
                                                 ",",
                                                 "\\u0000",
                                                 "\\ud800",
                                                 "\"finish_reason\":\"stop\"",
                                                 "\"finish_reason\":\"tool_calls\"",
                                                 "\"tool_calls\":[{}]",
                                                 "\"index\":-1",
                                                 "\"index\":9999999999999999999",
                                                 "\"arguments\":{}",
                                                 "\"content\":[]",
                                                 "\"error\":{}",
                                                 "\"choices\":[]",
                                                 "\xff",
                                                 "\xEF\xBB\xBF",
                                                 "-1",
                                                 "1e400",
                                                 "\"function\":null",
                                                 "\"id\":7"};
  return words;
}

void mutate(std::string& bytes, const std::string& other, Random& random) {
  const std::size_t at = below(random, bytes.size() + 1);
  const std::size_t length = below(random, 40);
  switch (random() % 7) {
    case 0:
      if (!bytes.empty()) bytes[below(random, bytes.size())] = static_cast<char>(random());
      break;
    case 1:
      bytes.erase(at, length);
      break;
    case 2:
      bytes.insert(at, bytes.substr(below(random, bytes.size()), length));
      break;
    case 3:
      bytes.insert(at, dictionary()[below(random, dictionary().size())]);
      break;
    case 4:
      bytes.resize(at);
      break;
    case 5:
      bytes = bytes.substr(0, at) + other.substr(below(random, other.size()));
      break;
    default:
      for (std::size_t cut = bytes.find("[DONE]"); cut != bytes.npos; cut = bytes.find("[DONE]")) bytes.erase(cut, 6);
  }
}

/// What must hold for the reply to any bytes.
void check(const std::string& bytes, ReplyReader& reader, const ModelReply& reply) {
  const bool good = reply.stop == Stop::complete || reply.stop == Stop::tool_call;
  const std::size_t start = bytes.find_first_not_of(" \t\r\n", bytes.starts_with("\xEF\xBB\xBF") ? 3 : 0);
  const bool document = start != bytes.npos && (bytes[start] == '{' || bytes[start] == '[');
  const bool terminal = document ? parse_json(bytes.substr(start)).has_value() : bytes.find("[DONE]") != bytes.npos;
  bool broken = good && !terminal;
  broken = broken || (reply.stop == Stop::complete && (reply.text.empty() || !reply.calls.empty()));
  if (reply.stop == Stop::tool_call) {
    broken = broken || reply.calls.empty();
    for (const ProposedCall& call : reply.calls)
      broken = broken || call.id.empty() || call.tool.empty() || !parse_json(call.arguments);
  }
  for (const std::string& text : {reply.text, reply.detail, reply.stop_raw, reader.transcript()})
    broken = broken || clean_text(text, bytes.size() * 3 + 1000) != text;
  if (broken) FAIL_CHECK("broken by: " << dump_json(Json(bytes)));
}

}  // namespace

TEST_CASE("100000 mutated streams never crash the decoder and never make an unended answer complete") {
  std::vector<std::string> corpus;
  for (const auto& file : golden_inputs("openai-chat/decode")) corpus.push_back(read_file(file));
  const ModelRequest request = conversation();
  Random random(20260601);
  int complete = 0;
  for (int round = 0; round < 100'000; ++round) {
    std::string bytes = corpus[below(random, corpus.size())];
    for (std::size_t times = 1 + below(random, 3); times > 0; --times)
      mutate(bytes, corpus[below(random, corpus.size())], random);
    ReplyReader reader(make_openai_chat_decoder(request));
    const std::size_t split = below(random, bytes.size() + 1);
    reader.feed(std::string_view(bytes).substr(0, split));
    reader.feed(std::string_view(bytes).substr(split));
    const ModelReply reply = reader.finish(true, "text/event-stream");
    check(bytes, reader, reply);
    complete += reply.stop == Stop::complete ? 1 : 0;
  }
  CHECK(complete > 500);  // or the test proves nothing
}
