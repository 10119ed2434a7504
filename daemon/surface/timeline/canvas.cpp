#include "surface/timeline/canvas.hpp"

#include <algorithm>

#include "foundation/text/utf8.hpp"

namespace nowd {

Canvas::Canvas(int rows, int columns)
    : columns_(columns), rows_(static_cast<std::size_t>(rows), std::vector<Cell>(static_cast<std::size_t>(columns))) {}

Canvas::Cell* Canvas::cell(int row, int column) {
  if (row < 0 || row >= static_cast<int>(rows_.size()) || column < 0 || column >= columns_) return nullptr;
  return &rows_[static_cast<std::size_t>(row)][static_cast<std::size_t>(column)];
}

void Canvas::put(int row, int column, std::string_view glyph, Ink ink) {
  if (Cell* at = cell(row, column)) *at = {std::string(glyph), ink};
}

void Canvas::fill(int row, int from, int until, std::string_view glyph, Ink ink) {
  for (int column = from; column <= until; ++column) put(row, column, glyph, ink);
}

void Canvas::write(int row, int column, std::string_view text, Ink ink) {
  while (!text.empty()) {
    const std::string_view character = first_character(text);
    put(row, column++, character, ink);
    text.remove_prefix(character.size());
  }
}

void Canvas::put_behind(int row, int column, std::string_view glyph, Ink ink) {
  if (is_free(row, column, column)) put(row, column, glyph, ink);
}

bool Canvas::is_free(int row, int from, int until) const {
  if (row < 0 || row >= static_cast<int>(rows_.size()) || from < 0 || until >= columns_) return false;
  const auto& cells = rows_[static_cast<std::size_t>(row)];
  return std::all_of(cells.begin() + from, cells.begin() + until + 1, [](const Cell& c) { return c.glyph.empty(); });
}

std::string Canvas::row(int row, const Style& style) const {
  const auto& cells = rows_[static_cast<std::size_t>(row)];
  std::string out;
  std::size_t end = cells.size();
  while (end > 0 && (cells[end - 1].glyph.empty() || cells[end - 1].glyph == " ")) --end;
  for (std::size_t i = 0; i < end;) {
    std::string stretch;  // of one ink, so that colours are written once
    const Ink ink = cells[i].ink;
    for (; i < end && cells[i].ink == ink; ++i) stretch += cells[i].glyph.empty() ? " " : cells[i].glyph;
    out += paint(style, ink, stretch);
  }
  return out;
}

}  // namespace nowd
