// Text on a terminal: how wide it is, and how to fit it. Everything that came from outside passes through printable().
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace nowd {

/// The same without what could move the cursor, colour the screen or hide text: control characters become spaces (line
/// feeds and tabs too, unless `keep_lines`), direction overrides and invalid UTF-8 become U+FFFD.
std::string printable(std::string_view text, bool keep_lines = false);

/// Columns that the text takes: wide characters (CJK, emoji) count two, combining ones none.
/// Requires: printable text without colours.
std::size_t display_width(std::string_view text);

/// At most `width` columns; what was cut is replaced by "…".
std::string clip(std::string_view text, std::size_t width);

/// Filled with spaces up to `width` columns.
std::string pad(std::string_view text, std::size_t width);
std::string pad_left(std::string_view text, std::size_t width);

/// Lines of at most `width` columns, broken at spaces where there are any; line feeds are kept.
std::vector<std::string> wrap(std::string_view text, std::size_t width);

/// `count` copies of a glyph.
std::string repeated(std::string_view glyph, std::size_t count);

/// "1 run", "3 runs".
std::string counted(long long count, std::string_view noun);

/// "912 B", "3.4 KiB", "12 MiB", "36 GiB".
std::string bytes_text(long long bytes);

}  // namespace nowd
