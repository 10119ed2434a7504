// JSON values (nlohmann): parsed with bounds and without exceptions, and written in one stable form.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "foundation/error.hpp"

namespace nowd {

using Json = nlohmann::json;

/// Parses strictly (RFC 8259, valid UTF-8). Errors: `invalid` with the byte offset; nesting deeper than `max_depth`.
Result<Json> parse_json(std::string_view text, std::size_t max_depth = 64);
/// One line, keys sorted, invalid UTF-8 replaced: the same value gives the same bytes.
std::string dump_json(const Json& value);

}  // namespace nowd
