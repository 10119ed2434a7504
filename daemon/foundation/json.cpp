#include "foundation/json.hpp"

#include <nlohmann/json.hpp>

namespace nowd {

namespace {

/// Counts brackets, as far as the text is JSON: half the price of a parser that is asked at every step.
bool deeper_than(std::size_t most, std::string_view text) {
  std::size_t depth = 0;
  bool quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"') quoted = !quoted;
    if (quoted && c == '\\') ++at;
    if (quoted) continue;
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && depth > 0) --depth;
    if (depth > most) return true;
  }
  return false;
}

}  // namespace

Result<Json> parse_json(std::string_view text, std::size_t max_depth) {
  // For the library a NUL is the end of the text, whatever comes after it.
  if (const std::size_t nul = text.find('\0'); nul != text.npos)
    return invalid("not JSON at byte " + std::to_string(nul + 1));
  if (deeper_than(max_depth, text))
    return invalid("JSON is nested deeper than " + std::to_string(max_depth) + " levels");
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& e) {
    return invalid("not JSON at byte " + std::to_string(e.byte));
  } catch (const Json::exception& e) {
    return invalid(std::string("not JSON: ") + e.what());
  }
}

std::string dump_json(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace nowd
