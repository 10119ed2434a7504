// Connection strings of Postgres, key=value or URL: taken apart by libpq, changed, and put together again.
#pragma once

#include <string>
#include <string_view>

#include "foundation/error.hpp"

namespace nowd {

/// With a time limit on connecting, and probes that find a silent peer within about 12 s, where `conninfo` names none.
/// `application` is the name in pg_stat_activity, unless another is named. A text that libpq cannot read stays as it
/// is: connecting says what is wrong.
std::string conninfo_with_limits(const std::string& conninfo, const std::string& application);

/// Without user and password, in key=value form. Errors: `invalid` for a text that libpq cannot read; the message does
/// not show it, because there may be a password in it.
Result<std::string> without_login(std::string_view conninfo);

}  // namespace nowd
