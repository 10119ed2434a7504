// A grid of terminal cells, each one glyph of one column.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "surface/text.hpp"

namespace nowd {

class Canvas {
 public:
  Canvas(int rows, int columns);

  /// Puts one glyph; outside the grid nothing happens.
  void put(int row, int column, std::string_view glyph, Ink ink = Ink::plain);
  /// The same in columns from..until, both included.
  void fill(int row, int from, int until, std::string_view glyph, Ink ink = Ink::plain);
  /// Puts a text, one glyph a column; cut at the right edge. Requires: printable, no wide or combining characters.
  void write(int row, int column, std::string_view text, Ink ink = Ink::plain);
  /// Only where nothing has been put yet.
  void put_behind(int row, int column, std::string_view glyph, Ink ink = Ink::plain);
  bool is_free(int row, int from, int until) const;

  /// One row, without spaces at its end.
  std::string row(int row, const Style& style) const;

 private:
  struct Cell {
    std::string glyph;
    Ink ink = Ink::plain;
  };
  Cell* cell(int row, int column);
  int columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace nowd
