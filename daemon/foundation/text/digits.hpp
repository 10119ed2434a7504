// Writes numbers of fixed width: all that dates and times need of a formatter.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>

namespace nowd {

/// Appends a value, padded on the left to `width`. Wider values are written whole; negative ones keep their sign.
inline void append_padded(std::string& out, std::int64_t value, std::size_t width, char pad = '0') {
  char text[20];
  const char* end = std::to_chars(text, text + sizeof text, value < 0 ? -value : value).ptr;
  const auto size = static_cast<std::size_t>(end - text);
  if (value < 0) out += '-';
  if (size < width) out.append(width - size, pad);
  out.append(text, size);
}

}  // namespace nowd
