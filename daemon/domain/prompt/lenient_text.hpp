// Text as a lenient reader sees it: one unit is a UTF-8 character, an HTML character reference or a JSON escape.
// escape_clock finds with it every spelling that a model could read as a clock tag.
#pragma once

#include <cstddef>
#include <string_view>

namespace nowd {

/// One unit: its character and the number of bytes that spell it (at least one). A broken byte stands for U+FFFD.
struct Unit {
  char32_t code = 0;
  std::size_t length = 1;
};

/// The unit at `at`. Requires: at < text.size(). Reads `&lt;`, `&nbsp;`, `&#60;`, `&#x3c` (the semicolon may be
/// missing),
/// `\u003c`, `\u{3c}`, `\x3c`, `\074`, `\n`, `\t`, `\r`, `\b`, `\f`, `\/`, `%3c`, and `%253c`.
Unit unit_at(std::string_view text, std::size_t at);

/// Whether it stands for "<" or for a sign that looks like it: ＜ ﹤ ‹ 〈 ⟨ 〈 ᐸ ᚲ ˂ ❮ ❰ ⧼ ≺ ≮ 𝈶.
bool looks_like_less_than(char32_t code);
/// Whether a reader skips it between "<" and a name: white space, controls, invisible and formatting characters,
/// slashes.
bool is_filler(char32_t code);
/// Whether it cannot be seen, or only as a mark on the letter before, so that "cl<invisible>ock" reads as "clock".
bool is_invisible(char32_t code);
/// The ASCII letter (lower case) that it is or looks like, as far as the letters of "clock" go; 0 if none.
char clock_letter(char32_t code);

}  // namespace nowd
