#include "mutation.hpp"

#include <algorithm>
#include <array>
#include <numeric>

namespace nowd::test {
namespace {

struct Source {
  std::string_view other;
  std::string_view terminal;
};
using Mutation = void (*)(std::string& bytes, const Source& source, Random& random);

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

template <class Range>
const auto& one_of(const Range& range, Random& random) {
  return range[below(random, range.size())];
}

std::size_t any_place(const std::string& bytes, Random& random) { return below(random, bytes.size() + 1); }

void flip(std::string& bytes, const Source&, Random& random) {
  if (!bytes.empty()) bytes[below(random, bytes.size())] = static_cast<char>(random());
}

void erase(std::string& bytes, const Source&, Random& random) {
  bytes.erase(any_place(bytes, random), below(random, 40));
}

void repeat(std::string& bytes, const Source&, Random& random) {
  bytes.insert(any_place(bytes, random), bytes.substr(any_place(bytes, random), below(random, 40)));
}

void insert_word(std::string& bytes, const Source&, Random& random) {
  bytes.insert(any_place(bytes, random), one_of(dictionary(), random));
}

void cut(std::string& bytes, const Source&, Random& random) { bytes.resize(any_place(bytes, random)); }

void splice(std::string& bytes, const Source& source, Random& random) {
  bytes.resize(any_place(bytes, random));
  bytes += source.other.substr(below(random, source.other.size()));
}

void remove_end(std::string& bytes, const Source& source, Random&) {
  for (std::size_t at = bytes.find(source.terminal); at != bytes.npos; at = bytes.find(source.terminal))
    bytes.erase(at, source.terminal.size());
}

void spoil_utf8(std::string& bytes, const Source&, Random& random) {
  static constexpr std::array<std::string_view, 7> bad{"\x80",     "\xC0\xAF",         "\xE2\x82", "\xED\xA0\x80",
                                                       "\xF4\x90", "\xF8\x88\x80\x80", "\xFF"};
  bytes.insert(any_place(bytes, random), one_of(bad, random));
}

/// Puts another value in the place of one that follows a colon.
void replace_value(std::string& bytes, std::string_view value, Random& random) {
  const std::size_t colon = bytes.find("\":", any_place(bytes, random));
  if (colon == bytes.npos) return;
  const std::size_t end = std::min(bytes.find_first_of(",}\n", colon), bytes.size());
  bytes.replace(colon + 2, end - colon - 2, value);
}

void change_type(std::string& bytes, const Source&, Random& random) {
  static constexpr std::array<std::string_view, 10> values{"null", "true", "7",   "-1",          "1.5",
                                                           "[]",   "{}",   "[1]", R"({"a":[]})", R"("x")"};
  replace_value(bytes, one_of(values, random), random);
}

void make_huge(std::string& bytes, const Source&, Random& random) {
  static constexpr std::array<std::string_view, 6> values{"9223372036854775808",  "-9223372036854775809", "1e308",
                                                          "18446744073709551616", "9007199254740993",     "1e-400"};
  const std::string digits(1 + below(random, 400), '9');
  replace_value(bytes, below(random, 3) == 0 ? std::string_view(digits) : one_of(values, random), random);
}

void nest(std::string& bytes, const Source&, Random& random) {
  std::string value, end;
  for (std::size_t depth = below(random, 130); depth > 0; --depth) {
    const bool object = random() % 2 == 0;
    value += object ? "{\"text\":" : "[";
    end += object ? '}' : ']';
  }
  std::reverse(end.begin(), end.end());
  replace_value(bytes, value + "1" + (random() % 4 == 0 ? "" : end), random);
}

std::vector<std::string> events_of(std::string_view bytes) {
  std::vector<std::string> events;
  while (!bytes.empty()) {
    const std::size_t blank = bytes.find("\n\n");
    const std::size_t end = blank == bytes.npos ? bytes.size() : blank + 2;
    events.emplace_back(bytes.substr(0, end));
    bytes.remove_prefix(end);
  }
  return events;
}

void move_events(std::string& bytes, const Source&, Random& random) {
  std::vector<std::string> events = events_of(bytes);
  if (events.size() < 2) return;
  const std::size_t which = below(random, events.size());
  switch (random() % 3) {
    case 0:
      events.erase(events.begin() + static_cast<std::ptrdiff_t>(which));
      break;
    case 1:
      events.push_back(events[which]);
      std::swap(events.back(), events[below(random, events.size())]);
      break;
    default:
      std::swap(events[which], events[below(random, events.size())]);
  }
  bytes = std::accumulate(events.begin(), events.end(), std::string());
}

}  // namespace

std::size_t below(Random& random, std::size_t limit) { return limit == 0 ? 0 : random() % limit; }

void mutate(std::string& bytes, std::string_view other, std::string_view terminal, Random& random) {
  static constexpr std::array<Mutation, 12> mutations{
      flip, erase, repeat, insert_word, cut, splice, remove_end, spoil_utf8, change_type, make_huge, nest, move_events};
  one_of(mutations, random)(bytes, {other, terminal}, random);
}

std::vector<std::size_t> any_cuts(std::size_t size, Random& random) {
  std::vector<std::size_t> cuts(random() % 8 == 0 ? size : below(random, 6));
  if (cuts.size() == size) {
    std::iota(cuts.begin(), cuts.end(), 0U);
  } else {
    for (std::size_t& cut : cuts) cut = below(random, size + 1);
    std::sort(cuts.begin(), cuts.end());
  }
  return cuts;
}

}  // namespace nowd::test
