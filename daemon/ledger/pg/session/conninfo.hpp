// Connection strings of Postgres, key=value or URL: parsed by libpq, changed, and joined again.
#pragma once

#include <string>
#include <string_view>

#include "foundation/error.hpp"

namespace nowd {

/// Adds a time limit for connecting, and probes that find a silent peer within about 12 s, unless `conninfo` sets them.
/// `application` is the name in pg_stat_activity, unless `conninfo` sets one. A text that libpq cannot read is returned
/// unchanged: connecting reports the mistake.
std::string conninfo_with_limits(const std::string& conninfo, const std::string& application);

/// Without user and password, in key=value form. Errors: `invalid` for a text that libpq cannot read; the message does
/// not show it, because there may be a password in it.
Result<std::string> without_login(std::string_view conninfo);

}  // namespace nowd
