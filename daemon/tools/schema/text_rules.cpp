// Patterns and formats of a schema, checked in time and stack that do not depend on how hostile the text is.
#include <regex>

#include "foundation/time/time.hpp"
#include "tools/schema/schema_rules.hpp"

namespace nowd {
namespace {

constexpr std::size_t longest_pattern = 1024;

/// libstdc++'s breadth-first matcher: no recursion over the text and no backtracking (hence no back references).
std::regex compiled(const std::string& pattern) {
  return std::regex(pattern, std::regex_constants::ECMAScript | std::regex_constants::__polynomial);
}

}  // namespace

std::optional<std::string> fault_in_pattern(std::string_view pattern) {
  const std::string quoted = "the schema's pattern '" + std::string(pattern.substr(0, 80)) + "' ";
  if (pattern.size() > longest_pattern) return quoted + "is longer than 1024 bytes";
  try {
    compiled(std::string(pattern));
    return std::nullopt;
  } catch (const std::regex_error& e) {
    return quoted + "cannot be used: " + e.what() + " (ECMAScript syntax, no back references)";
  }
}

bool matches_pattern(const std::string& pattern, const std::string& text) {
  return text.size() <= longest_matched && std::regex_search(text, compiled(pattern));
}

bool matches_format(std::string_view format, std::string_view text) {
  if (format == "date") return parse_local_day(text).has_value();
  if (format == "date-time") return parse_rfc3339(text).has_value();
  if (format == "time") return parse_rfc3339("2000-01-01T" + std::string(text)).has_value();
  return true;
}

}  // namespace nowd
