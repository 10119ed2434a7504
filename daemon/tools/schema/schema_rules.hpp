// nowd's own rules for a JSON Schema: they bound the cost of every later check against it. Pure.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "foundation/json.hpp"

namespace nowd {

/// Visits `root` and every schema inside it (draft 7: properties, items, allOf, definitions …), with its JSON pointer.
void for_each_schema(Json& root, const std::function<void(const std::string& pointer, Json& schema)>& visit);

/// A message with the fault, or nothing. Rejects schemas that are not objects; more than 64 KiB or 32 levels; a $ref to
/// another document or to no schema; schemas that contain themselves; a multipleOf that is not positive; bad patterns.
std::optional<std::string> fault_in_schema(const Json& schema);

/// Keywords of nowd's own checks, which replace the library's: the library backtracks and recurses per character, so
/// that a hostile text can crash it; these checks are linear in the text.
inline constexpr std::string_view pattern_keyword = "nowd:pattern";
inline constexpr std::string_view format_keyword = "nowd:format";
/// The schema with `pattern` and `format` renamed to these keywords, and without $id and $schema.
Json prepared_schema(Json schema);

/// The fault of a pattern, or nothing.
std::optional<std::string> fault_in_pattern(std::string_view pattern);
/// Longer texts match no pattern.
inline constexpr std::size_t max_matched = 4096;
bool matches_pattern(const std::string& pattern, const std::string& text);
/// Checks date, date-time and time (RFC 3339). Every text has any other format: these are notes for readers.
bool matches_format(std::string_view format, std::string_view text);

}  // namespace nowd
