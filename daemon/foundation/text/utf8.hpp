// UTF-8 (RFC 3629): reading characters, replacing broken bytes, cutting between characters.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace nowd {

/// U+FFFD, which stands for broken bytes.
inline constexpr std::string_view replacement_character = "\xEF\xBF\xBD";

/// One character of a text.
struct Utf8Character {
  char32_t code = 0xFFFD;  ///< U+FFFD if the bytes are broken
  std::size_t length = 1;  ///< in bytes, at least 1; of broken bytes the maximal subpart (Unicode 15, section 3.9)
  bool valid = false;      ///< false for overlong forms, surrogates, codes above U+10FFFF and incomplete sequences
};

/// The character at `at`. Requires: at < text.size().
Utf8Character utf8_at(std::string_view text, std::size_t at);

/// The bytes of the first character; of broken bytes their maximal subpart. Empty only if `text` is empty.
std::string_view first_character(std::string_view text);

/// Valid UTF-8 without NUL: each maximal subpart of broken bytes, and each NUL (which Postgres cannot store), becomes
/// U+FFFD. The result is at most three times as long as `bytes`.
std::string clean_utf8(std::string_view bytes);

/// True if clean_utf8 would change nothing.
bool is_clean_utf8(std::string_view bytes);

/// The longest prefix of at most `max_bytes` bytes that ends between two characters. In a text that is not UTF-8 the
/// cut may be anywhere in the last four bytes before `max_bytes`.
std::string_view utf8_prefix(std::string_view text, std::size_t max_bytes);

/// The text if it has at most `max_bytes` bytes, else its prefix and "…" (three bytes more).
std::string clipped(std::string_view text, std::size_t max_bytes);

/// Appends one character. Requires: a code that UTF-8 can hold (no surrogate, at most U+10FFFF).
void append_utf8(std::string& to, char32_t code);

}  // namespace nowd
