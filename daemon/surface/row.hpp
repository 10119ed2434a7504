// Typed access to the JSON rows of LedgerReader. A column that is null or absent is nothing.
#pragma once

#include <optional>
#include <string>

#include "foundation/json.hpp"
#include "foundation/time/time.hpp"

namespace nowd::row {

std::string text(const Json& row, const char* column);  ///< empty when null
std::optional<Instant> instant(const Json& row, const char* column);
std::optional<nanoseconds> span(const Json& row, const char* column);
std::optional<std::int64_t> number(const Json& row, const char* column);
bool flag(const Json& row, const char* column);

}  // namespace nowd::row
