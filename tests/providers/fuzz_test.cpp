// What must hold for the reply to any bytes, in each API. NOWD_FUZZ_ROUNDS sets how many are tried.
#include <cstdlib>

#include "golden.hpp"
#include "mutation.hpp"
#include "providers/reply/reply_reader.hpp"
#include "providers/wire/wire.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;

namespace {

struct Read {
  ModelReply reply;
  std::string transcript;
  bool operator==(const Read&) const = default;
};

Read read(const TestedApi& api, const ModelRequest& request, std::string_view bytes,
          const std::vector<std::size_t>& cuts, bool whole) {
  ReplyReader reader(decoder_of(api.api, request));
  std::size_t from = 0;
  for (const std::size_t cut : cuts) {
    reader.feed(bytes.substr(from, cut - from));
    from = cut;
  }
  reader.feed(bytes.substr(from));
  ModelReply reply = reader.finish(whole ? BodyEnd::framed : BodyEnd::cut, "text/event-stream");
  return {std::move(reply), reader.transcript()};
}

bool is_good(const ModelReply& reply) { return reply.stop == Stop::complete || reply.stop == Stop::tool_call; }

/// Whether the end was there to be seen.
bool ends_well(const TestedApi& api, const std::string& bytes, bool whole) {
  const std::size_t start = bytes.find_first_not_of(" \t\r\n", bytes.starts_with("\xEF\xBB\xBF") ? 3 : 0);
  const bool document = start != bytes.npos && (bytes[start] == '{' || bytes[start] == '[');
  bool marked = false;
  if (document) return whole && parse_wire_json(bytes.substr(start), marked).has_value();
  // A reason to stop in a body that is whole is an end, too.
  const char* reason = api.api == "openai-chat" ? "finish_reason" : "stop_reason";
  if (whole && bytes.find(reason) != bytes.npos) return true;
  // Without a terminal event only the end of the body tells that no more was to come.
  return bytes.find(api.terminal) != bytes.npos && (whole || api.api != "gemini");
}

bool may_run(const ProposedCall& call) {
  return !call.id.empty() && !call.tool.empty();  // whether its arguments can be used is judged where it is made
}

bool is_clean(const std::string& text) { return clean_text(text, text.size() + 1) == text; }

/// All that is kept of an answer.
std::size_t size_of(const Read& read) {
  std::size_t size = read.transcript.size() + read.reply.text.size() + read.reply.detail.size();
  for (const ProposedCall& call : read.reply.calls) size += call.id.size() + call.tool.size() + call.arguments.size();
  return size + (read.reply.carried ? dump_json(read.reply.carried->value).size() : 0);
}

/// The law that is broken, or nothing.
std::string broken_law(const TestedApi& api, const std::string& bytes, const Read& read, bool whole) {
  const ModelReply& reply = read.reply;
  if (is_good(reply) && !ends_well(api, bytes, whole)) return "good without an end";
  if (reply.stop == Stop::complete && (reply.text.empty() || !reply.calls.empty())) return "complete without a text";
  if (reply.stop == Stop::tool_call && (reply.calls.empty() || !std::ranges::all_of(reply.calls, may_run)))
    return "a call that cannot run";
  const bool resumed = reply.stop == Stop::paused || reply.stop == Stop::compacted;
  const bool carries = reply.carried && reply.carried->value.is_structured() && !reply.carried->value.empty();
  if (reply.carried && !(carries && (is_good(reply) || resumed))) return "carried in vain";
  for (const std::string* text : {&reply.text, &reply.detail, &reply.stop_raw, &read.transcript})
    if (!is_clean(*text)) return "a text that the ledger cannot keep";
  if (size_of(read) > 16 * bytes.size() + 10'000) return "more kept than came";
  return {};
}

int rounds() {
  const char* text = std::getenv("NOWD_FUZZ_ROUNDS");
  return text != nullptr ? std::stoi(text) : 1'500;
}

std::vector<std::string> recordings(const TestedApi& api) {
  std::vector<std::string> all;
  for (const auto& file : golden_inputs(api.folder()))
    if (std::string bytes = read_file(file); bytes.size() < 1200) all.push_back(std::move(bytes));  // for speed
  return all;
}

void fuzz(const TestedApi& api) {
  CAPTURE(api.api);
  const std::vector<std::string> corpus = recordings(api);
  const ModelRequest request = conversation();
  ModelRequest next = request;
  next.messages.push_back({.role = Message::Role::assistant});
  const auto dialect = dialect_of(api.api);
  Random random(20260601);
  int complete = 0;
  for (int round = rounds(); round > 0; --round) {
    std::string bytes = corpus[below(random, corpus.size())];
    for (std::size_t times = 1 + below(random, 3); times > 0; --times)
      mutate(bytes, corpus[below(random, corpus.size())], api.terminal, random);
    const bool whole = random() % 4 != 0;
    const Read first = read(api, request, bytes, {}, whole);
    std::string broken = broken_law(api, bytes, first, whole);
    if (read(api, request, bytes, any_cuts(bytes.size(), random), whole) != first) broken = "split, it reads otherwise";
    if (!broken.empty()) FAIL_CHECK(broken << ": " << dump_json(Json(bytes)));
    complete += first.reply.stop == Stop::complete ? 1 : 0;
    if (!first.reply.carried) continue;
    next.messages.back().carried = first.reply.carried;  // whatever came can be sent
    dialect->encode(next);
  }
  CHECK(complete > rounds() / 200);  // or the test proves nothing
}

std::string word_like(std::string word, Random& random) {
  if (random() % 2 == 0) word.insert(below(random, word.size() + 1), 1, static_cast<char>('a' + below(random, 26)));
  if (random() % 2 == 0) word.erase(below(random, word.size()), 1);
  word[below(random, word.size())] ^= 0x20;  // of another case, or another word altogether
  return word;
}

}  // namespace

TEST_CASE("no damage to a stream breaks a law of replies: openai-chat") { fuzz(tested_apis()[0]); }
TEST_CASE("no damage to a stream breaks a law of replies: openai-responses") { fuzz(tested_apis()[1]); }
TEST_CASE("no damage to a stream breaks a law of replies: anthropic") { fuzz(tested_apis()[2]); }
TEST_CASE("no damage to a stream breaks a law of replies: gemini") { fuzz(tested_apis()[3]); }

TEST_CASE("a stop word that nobody knows is never good, in an answer that is good in all else") {
  Random random(20260602);
  for (const TestedApi& api : tested_apis()) {
    int changed = 0;
    for (const std::string& recorded : recordings(api)) {
      const ModelReply good = read(api, {}, recorded, {}, true).reply;
      if (!is_good(good)) continue;
      for (int times = std::max(3, rounds() / 100); times > 0; --times) {
        std::string bytes = recorded;
        const std::string known = '"' + good.stop_raw + '"', strange = '"' + word_like(good.stop_raw, random) + '"';
        if (strange == known) continue;
        for (std::size_t at = bytes.find(known); at != bytes.npos; at = bytes.find(known, at + strange.size()))
          bytes.replace(at, known.size(), strange);
        if (is_good(read(api, {}, bytes, any_cuts(bytes.size(), random), true).reply))
          FAIL_CHECK(strange << " is taken for good: " << dump_json(Json(bytes)));
        ++changed;
      }
    }
    CHECK(changed > 20);
  }
}
