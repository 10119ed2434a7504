// Small operations on text that several modules need.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nowd {

/// A to Z in lower case; all other bytes are unchanged.
std::string lower(std::string_view text);

/// True if the texts differ at most in the case of A to Z.
bool equal_without_case(std::string_view a, std::string_view b);

/// Without the characters of `blanks` at both ends. The view is into `text`.
std::string_view trimmed(std::string_view text, std::string_view blanks = " \t\r\n");

/// Each control character (below 0x20, and 0x7F) becomes a space, so that the text stays on one line.
std::string on_one_line(std::string_view text);

/// The parts with `separator` between them.
std::string joined(const std::vector<std::string>& parts, std::string_view separator = ", ");

/// "a", "a and b", "a, b and c".
std::string listed(const std::vector<std::string>& names);

/// Base64 with padding (RFC 4648, section 4).
std::string base64(std::string_view bytes);

/// For XML and HTML: & < > and each character of `quotes` become entities. The default is safe in attributes too.
std::string escape_markup(std::string_view text, std::string_view quotes = "\"'");

}  // namespace nowd
