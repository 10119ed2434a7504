// What nowd asks of a JSON Schema before it validates anything: that checking it is bounded, whatever the arguments
// are.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "foundation/json.hpp"

namespace nowd {

/// Visits `root` and every schema inside it (draft 7: properties, items, allOf, definitions …), each with its JSON
/// pointer.
void for_each_schema(Json& root, const std::function<void(const std::string& pointer, Json& schema)>& visit);

/// A message naming the fault, or nothing. Refused are: what is no object schema; more than 64 KiB or 32 levels; a $ref
/// that leaves the document or does not lead to a schema; schemas that contain themselves; a multipleOf that is not
/// positive.
std::optional<std::string> fault_in_schema(const Json& schema);

/// A pattern or format check in place of the library's: linear in the text where it backtracks and recurses per
/// character, which a hostile text turns into a crash.
inline constexpr std::string_view pattern_keyword = "nowd:pattern";
inline constexpr std::string_view format_keyword = "nowd:format";
/// The schema with `pattern` and `format` renamed to these, and without $id and $schema.
Json prepared_schema(Json schema);

/// Whether a pattern can be used: a message naming the fault if not.
std::optional<std::string> fault_in_pattern(std::string_view pattern);
/// Longer texts match no pattern.
inline constexpr std::size_t longest_matched = 4096;
bool matches_pattern(const std::string& pattern, const std::string& text);
/// date, date-time and time (RFC 3339); other formats are notes to the reader and hold for every text.
bool matches_format(std::string_view format, std::string_view text);

}  // namespace nowd
