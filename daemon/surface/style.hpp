// How text may look: colours or none, and how wide a line may be. Decided by main (a terminal? NO_COLOR?), used by
// views.
#pragma once

#include <string>
#include <string_view>

namespace nowd {

struct Style {
  bool colour = false;
  int width = 80;         ///< columns of a line, for views that fit themselves to it
  bool terminal = false;  ///< tables are clipped to the width
  bool full = false;      ///< nothing is shortened
};

/// The width that a fitted view uses: at least 72 columns, because below that its columns fall over each other.
inline int fitted_width(const Style& style) { return style.width < 72 ? 72 : style.width; }

enum class Ink { plain, dim, bold, good, warn, bad };

/// The text in that ink; unchanged without colour. What `text` holds must be printable already.
std::string paint(const Style& style, Ink ink, std::string_view text);

/// The ink of a run's state, an occurrence's state or a verdict: good news, something to look at, bad news.
Ink ink_of(std::string_view state_or_verdict);

}  // namespace nowd
