// Text on a terminal: how wide it is, and how to fit it. Everything that came from outside passes through printable().
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace nowd {

/// Text from outside, made safe for a terminal: control characters become spaces (tabs, and line feeds unless
/// `keep_lines`), direction overrides and invalid UTF-8 become U+FFFD.
std::string printable(std::string_view text, bool keep_lines = false);

/// Columns that the text takes: wide characters (CJK, emoji) count two, combining ones none.
/// Requires: printable text without colours.
std::size_t display_width(std::string_view text);

/// At most `width` columns; "…" replaces the rest.
std::string clip(std::string_view text, std::size_t width);

/// Filled with spaces up to `width` columns.
std::string pad(std::string_view text, std::size_t width);

/// Lines of at most `width` columns, broken at spaces where there are any; line feeds are kept.
std::vector<std::string> wrap(std::string_view text, std::size_t width);

/// `count` copies of a glyph.
std::string repeated(std::string_view glyph, std::size_t count);

/// "1 run", "3 runs".
std::string counted(long long count, std::string_view noun);

/// "912 B", "3.4 KiB", "12 MiB", "36 GiB".
std::string bytes_text(long long bytes);

/// Colours and line width of a view. main() sets it from the terminal and NO_COLOR.
struct Style {
  bool colour = false;
  int width = 80;         ///< columns of a line, for views that fit themselves to it
  bool terminal = false;  ///< tables are clipped to the width
  bool full = false;      ///< nothing is shortened
};

/// The width of a fitted view: at least 72 columns, because its columns need them.
inline int fitted_width(const Style& style) { return style.width < 72 ? 72 : style.width; }

enum class Ink { plain, dim, bold, good, warn, bad };

/// The text in that ink; unchanged without colour. Requires: printable text.
std::string paint(const Style& style, Ink ink, std::string_view text);

/// The ink of a run's state, an occurrence's state or a verdict: good news, something to look at, bad news.
Ink ink_of(std::string_view state_or_verdict);

}  // namespace nowd
