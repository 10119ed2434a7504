// The model's own date, stated with every effect: an argument that nowd adds to the schema of a tool (or a field of
// structured output), reads, judges, and takes away before the tool sees the call.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "foundation/json.hpp"
#include "foundation/time/civil.hpp"

namespace nowd {

inline constexpr std::string_view stated_date_argument = "nowd_as_of";
/// What it is, in words for a model.
std::string_view stated_date_description();
/// The sentence of the system prompt for an answer that is JSON. Constant, so that prompt caches stay valid.
std::string_view stated_date_output_rule();

/// The schema of a tool's arguments with the stated date in it.
Json with_stated_date(Json schema, bool required);

struct StatedDate {
  bool readable = true;             ///< the JSON is an object: something could have been stated
  std::optional<std::string> text;  ///< as stated, at most 100 bytes; nothing = absent
  std::string rest;                 ///< the JSON without it; unchanged where it is not readable
  bool operator==(const StatedDate&) const = default;
};
StatedDate take_stated_date(const std::string& raw);

/// Whether the text names this local date: a date, a local time, or an RFC 3339 time (taken in the zone); what follows
/// after a space, as in "2026-06-01 Mon", is not read.
bool states_date(std::string_view text, LocalDay day, const Zone& zone);

}  // namespace nowd
