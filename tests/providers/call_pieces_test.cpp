#include "providers/reply/call_pieces.hpp"

#include "support/catch.hpp"

using namespace nowd;

namespace {

using Pieces = std::vector<CallPiece>;
using Made = std::vector<std::pair<std::string, std::string>>;  // the tool and its arguments

/// Nothing where a piece cannot be placed.
std::optional<Made> made(const Pieces& pieces) {
  CallPieces calls;
  for (const CallPiece& piece : pieces) {
    const auto place = calls.find_call(piece);
    if (!place) return {};
    calls.add_piece(*place, piece);
  }
  Made out;
  for (const ProposedCall& call : calls.calls()) out.emplace_back(call.tool, without_repetition(call.arguments));
  return out;
}

CallPiece piece(std::optional<std::int64_t> index, std::string id, std::string name, std::string arguments) {
  return {index, std::move(id), std::move(name), std::move(arguments)};
}

constexpr auto none = std::nullopt;
const std::string x = R"({"text":"for the second"})";

}  // namespace

TEST_CASE("a piece whose id is known belongs to that call, wherever it comes") {
  const Made both{{"first", ""}, {"second", x}};
  CHECK(made({piece(none, "a", "first", ""), piece(none, "b", "second", ""), piece(none, "b", "", x)}) == both);
  const Made swapped{{"first", x}, {"second", ""}};
  CHECK(made({piece(none, "a", "first", ""), piece(none, "b", "second", ""), piece(none, "a", "", x)}) == swapped);
  CHECK(made({piece(none, "a", "first", "{"), piece(none, "b", "second", "{"), piece(none, "a", "", "}"),
              piece(none, "b", "", x.substr(1))}) == Made{{"first", "{}"}, {"second", x}});
  // One index for all calls says nothing: the id does.
  CHECK(made({piece(0, "a", "first", ""), piece(0, "b", "second", ""), piece(0, "a", "", x)}) == swapped);
}

TEST_CASE("a piece without id and index is certain only while one call is open") {
  CHECK(made({piece(none, "", "first", "{\"a\":"), piece(none, "", "", "1}")}) == Made{{"first", "{\"a\":1}"}});
  CHECK(made({piece(none, "", "first", "{\"a\":"), piece(none, "", "", "1}"), piece(none, "", "second", "{\"b\":"),
              piece(none, "", "", "2}")}) == Made{{"first", "{\"a\":1}"}, {"second", "{\"b\":2}"}});
  CHECK_FALSE(made({piece(none, "a", "first", ""), piece(none, "b", "second", ""), piece(none, "", "", x)}));
  CHECK_FALSE(made({piece(none, "a", "first", "{}"), piece(none, "", "", x)}));
  CHECK(made({piece(none, "a", "first", "{}"), piece(none, "", "", "")}) == Made{{"first", "{}"}});  // says nothing
}

TEST_CASE("an index that contradicts the id is no place") {
  CHECK_FALSE(made({piece(0, "a", "first", ""), piece(1, "b", "second", ""), piece(1, "a", "", x)}));
}

TEST_CASE("an index that grows with every piece is that of the only call that is open") {
  CHECK(made({piece(0, "a", "first", "{\"a\":"), piece(1, "", "", "1"), piece(2, "", "", "}")}) ==
        Made{{"first", "{\"a\":1}"}});
  CHECK(made({piece(0, "a", "first", "{\"a\":"), piece(1, "a", "first", "1"), piece(2, "a", "first", "}")}) ==
        Made{{"first", "{\"a\":1}"}});
}

TEST_CASE("a name with every piece, with an id or without, begins no new call") {
  for (const std::string id : {"", "a"})
    for (const auto index : {std::optional<std::int64_t>(0), std::optional<std::int64_t>()})
      CHECK(made({piece(index, id, "first", "{\"a\":"), piece(index, id, "first", "1"),
                  piece(index, id, "first", "}")}) == Made{{"first", "{\"a\":1}"}});
  // Behind a whole one, the same name is another call.
  CHECK(made({piece(0, "", "first", "{\"a\":1}"), piece(0, "", "first", "{\"a\":2}")}) ==
        Made{{"first", "{\"a\":1}"}, {"first", "{\"a\":2}"}});
}

TEST_CASE("id and name may come one after the other") {
  CHECK(made({piece(0, "a", "", ""), piece(0, "", "first", "{}")}) == Made{{"first", "{}"}});
  CHECK(made({piece(0, "", "first", ""), piece(0, "a", "", "{}")}) == Made{{"first", "{}"}});
  CHECK(made({piece(none, "a", "", ""), piece(none, "", "first", "{}")}) == Made{{"first", "{}"}});
  CHECK(made({piece(none, "", "first", ""), piece(none, "a", "", "{}")}) == Made{{"first", "{}"}});
  CHECK(made({piece(0, "a", "first", "{"), piece(0, "z", "", "}")}) == Made{{"first", "{}"}});  // another within a call
}

TEST_CASE("two calls with one id are two, where index or name says so") {
  CHECK(made({piece(0, "s", "first", "{}"), piece(1, "s", "second", "{}")}) == Made{{"first", "{}"}, {"second", "{}"}});
  CHECK(made({piece(0, "s", "first", ""), piece(1, "s", "second", "")}) == Made{{"first", ""}, {"second", ""}});
  CHECK(made({piece(none, "s", "first", "{}"), piece(none, "s", "second", "{}")}) ==
        Made{{"first", "{}"}, {"second", "{}"}});
}

TEST_CASE("a call that is said again as a whole is one call") {
  CHECK(made({piece(0, "a", "first", "{\"a\":1}"), piece(0, "a", "first", "{\"a\":1}")}) ==
        Made{{"first", "{\"a\":1}"}});
  CHECK(made({piece(none, "a", "first", "{\"a\":1}"), piece(none, "a", "first", "{\"a\":1}")}) ==
        Made{{"first", "{\"a\":1}"}});
}

TEST_CASE("arguments that are said again, or behind an empty object, count once; any others stay as they came") {
  CHECK(without_repetition(R"({"a":1})") == R"({"a":1})");
  CHECK(without_repetition(R"({}{"a":1})") == R"({"a":1})");
  CHECK(without_repetition(R"({} {"a":1})") == R"({"a":1})");
  CHECK(without_repetition(R"({"a":1}{"a": 1})") == R"({"a":1})");
  CHECK(without_repetition(R"({"a":1}{"a":1}{"a":1})") == R"({"a":1})");
  CHECK(without_repetition(R"({"a":1}"{\"a\":1}")") == R"({"a":1})");
  CHECK(without_repetition("{}{}") == "{}");
  for (const char* other : {R"({"a":1}{"a":2})", R"({"a":1}{})", R"({"a":1)", R"({"a":1}{"a")", "null", "[1][1]", "",
                            R"("{\"a\":1}")", R"({"a":1}x)", "}{", R"({"a":"}{"})"})
    CHECK(without_repetition(other) == other);
}
