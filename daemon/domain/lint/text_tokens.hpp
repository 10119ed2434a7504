// A text as words, numbers and signs, with the meaning of each word. One pass, on any bytes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "domain/lint/text_words.hpp"

namespace nowd {

struct TextToken {
  enum class Kind : std::uint8_t { word, number, sign, line_end };

  std::uint32_t at = 0;  ///< the first byte
  std::uint32_t length = 0;
  std::uint32_t value = 0;  ///< of a number; beyond nine digits 0
  Kind kind = Kind::sign;
  std::uint8_t digits = 0;
  char sign = 0;         ///< ASCII; curly quotes and dashes as the plain ones, but see `long_dash`; 0 = another
  bool spaced = false;   ///< white space or a line's start stands before it
  bool capital = false;  ///< a word that begins with a capital letter
  bool quoted = false;   ///< inside quotation marks or backticks on one line, or on a line that begins with ">"
  Meaning meaning;

  bool is(Role role) const { return kind == Kind::word && meaning.is(role); }
  bool is_sign(char wanted) const { return kind == Kind::sign && sign == wanted; }
};
inline constexpr char long_dash = '\x01';     ///< – and —
inline constexpr char ordinal_sign = '\x02';  ///< º and ª

/// Linear in the text. Requires: less than 4 GiB. Plain double quotes quote nothing in a text that is JSON.
std::vector<TextToken> tokens_of(std::string_view text);
bool is_json(std::string_view text);

}  // namespace nowd
