// Writes numbers of fixed width: all that dates and times need of a formatter.
#pragma once

#include <cstdint>
#include <string>

namespace nowd {

/// Appends a value, padded on the left to `width`. Wider values are written whole; negative ones keep their sign.
inline void append_padded(std::string& out, std::int64_t value, std::size_t width, char pad = '0') {
  const std::string text = std::to_string(value < 0 ? -value : value);
  if (value < 0) out += '-';
  if (text.size() < width) out.append(width - text.size(), pad);
  out += text;
}

}  // namespace nowd
