// Header values beyond ASCII: encoded words (RFC 2047).
#pragma once

#include <string>
#include <string_view>

namespace nowd {

/// One line: control characters become spaces, so that no value can begin another header.
std::string one_line(std::string_view text);

/// The line itself if it is short and ASCII; else words of "=?UTF-8?B?…?=", at most 75 characters each, none of which
/// splits a character, with `between` between them: "\r\n " in a mail, " " where lines cannot be folded.
std::string encoded_words(std::string_view text, std::string_view between);

/// RFC 4648, 4.
std::string base64(std::string_view bytes);

}  // namespace nowd
