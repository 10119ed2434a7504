#include "foundation/json.hpp"

#include <nlohmann/json.hpp>

namespace nowd {

namespace {

/// Counts brackets. Half the cost of a parser with a callback at every step. Exact only in valid JSON.
bool deeper_than(std::size_t max_depth, std::string_view text) {
  std::size_t depth = 0;
  bool quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"') quoted = !quoted;
    if (quoted && c == '\\') ++at;
    if (quoted) continue;
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && depth > 0) --depth;
    if (depth > max_depth) return true;
  }
  return false;
}

}  // namespace

Result<Json> parse_json(std::string_view text, std::size_t max_depth) {
  // The library takes a NUL for the end of the text and would accept any bytes after it.
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
