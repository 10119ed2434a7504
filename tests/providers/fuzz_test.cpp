#include <cstdlib>
#include <random>

#include "golden.hpp"
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
                                                 "\"id\":7",
                                                 "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
                                                 "\"type\":\"tool_use\"",
                                                 "\"type\":\"thinking\"",
                                                 "\"stop_reason\":\"end_turn\"",
                                                 "\"citation\":1",
                                                 "\"content_block\":[]",
                                                 "\"delta\":7",
                                                 "\"type\":\"response.completed\"",
                                                 "\"status\":\"completed\"",
                                                 "\"output\":[1]",
                                                 "\"encrypted_content\":\"x\"",
                                                 "\"finishReason\":\"STOP\"",
                                                 "\"functionCall\":{}",
                                                 "\"parts\":[null]",
                                                 "\"thought\":true"};
  return words;
}

void mutate(std::string& bytes, const std::string& other, const TestedApi& api, Random& random) {
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
      for (std::size_t cut = bytes.find(api.terminal); cut != bytes.npos; cut = bytes.find(api.terminal))
        bytes.erase(cut, api.terminal.size());
  }
}

bool ends_well(const TestedApi& api, const std::string& bytes) {
  const std::size_t start = bytes.find_first_not_of(" \t\r\n", bytes.starts_with("\xEF\xBB\xBF") ? 3 : 0);
  const bool document = start != bytes.npos && (bytes[start] == '{' || bytes[start] == '[');
  return document ? parse_json(bytes.substr(start)).has_value() : bytes.find(api.terminal) != bytes.npos;
}

/// What must hold for the reply to any bytes.
void check(const TestedApi& api, const std::string& bytes, ReplyReader& reader, const ModelReply& reply) {
  const bool good = reply.stop == Stop::complete || reply.stop == Stop::tool_call;
  bool broken = good && !ends_well(api, bytes);
  broken = broken || (reply.stop == Stop::complete && (reply.text.empty() || !reply.calls.empty()));
  if (reply.stop == Stop::tool_call) {
    broken = broken || reply.calls.empty();
    for (const ProposedCall& call : reply.calls)
      broken = broken || call.id.empty() || call.tool.empty() || !parse_json(call.arguments);
  }
  const bool resumed = reply.stop == Stop::paused || reply.stop == Stop::compacted;
  if (reply.carried)
    broken = broken || !reply.carried->value.is_structured() || reply.carried->value.empty() || !(good || resumed);
  for (const std::string& text : {reply.text, reply.detail, reply.stop_raw, reader.transcript()})
    broken = broken || clean_text(text, bytes.size() * 3 + 1000) != text;
  if (broken) FAIL_CHECK("broken by: " << dump_json(Json(bytes)));
}

/// 100000 for the API with the most imitators and 100000 for the others together; or NOWD_FUZZ_ROUNDS for each.
int rounds_for(const TestedApi& api) {
  const char* text = std::getenv("NOWD_FUZZ_ROUNDS");
  if (text) return std::stoi(text);
  return api.api == "openai-chat" ? 100'000 : 34'000;
}

void fuzz(const TestedApi& api) {
  CAPTURE(api.api);
  std::vector<std::string> corpus;
  for (const auto& file : golden_inputs(api.folder()))
    if (std::string bytes = read_file(file); bytes.size() < 1200) corpus.push_back(std::move(bytes));  // for speed
  const ModelRequest request = conversation();
  ModelRequest next = request;
  next.messages.push_back({.role = Message::Role::assistant});
  const auto dialect = dialect_of(api.api);
  Random random(20260601);
  const int rounds = rounds_for(api);
  int complete = 0;
  for (int round = rounds; round > 0; --round) {
    std::string bytes = corpus[below(random, corpus.size())];
    for (std::size_t times = 1 + below(random, 3); times > 0; --times)
      mutate(bytes, corpus[below(random, corpus.size())], api, random);
    ReplyReader reader(dialect->decoder(request));
    const std::size_t split = below(random, bytes.size() + 1);
    reader.feed(std::string_view(bytes).substr(0, split));
    reader.feed(std::string_view(bytes).substr(split));
    const ModelReply reply = reader.finish(true, "text/event-stream");
    check(api, bytes, reader, reply);
    complete += reply.stop == Stop::complete ? 1 : 0;
    if (!reply.carried) continue;
    next.messages.back().carried = reply.carried;  // whatever came can be sent
    dialect->encode(next);
  }
  CHECK(complete > rounds / 200);  // or the test proves nothing
}

}  // namespace

TEST_CASE("mutated streams never crash a decoder and never make an unended answer complete: openai-chat") {
  fuzz(tested_apis()[0]);
}
TEST_CASE("mutated streams never crash a decoder and never make an unended answer complete: openai-responses") {
  fuzz(tested_apis()[1]);
}
TEST_CASE("mutated streams never crash a decoder and never make an unended answer complete: anthropic") {
  fuzz(tested_apis()[2]);
}
TEST_CASE("mutated streams never crash a decoder and never make an unended answer complete: gemini") {
  fuzz(tested_apis()[3]);
}
