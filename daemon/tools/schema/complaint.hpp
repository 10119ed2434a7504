// What a tool said when it failed, as one line for people.
#pragma once

#include <string>
#include <string_view>

namespace nowd {

/// The beginning of an error's body: what the server says of its refusal stands there. At most about 300 bytes; a cut
/// is shown by "…".
/// Requires: redacted, for half a secret would not be found any more.
std::string beginning_of_complaint(std::string_view body);

/// The last lines, at most five and about 600 bytes: "first; second". Requires: redacted.
std::string end_of_complaint(std::string_view text);

}  // namespace nowd
