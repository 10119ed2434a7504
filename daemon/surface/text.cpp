#include "surface/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "foundation/text/utf8.hpp"

namespace nowd {
namespace {

using Range = std::pair<char32_t, char32_t>;

template <std::size_t N>
bool in_any(const std::array<Range, N>& ranges, char32_t code) {
  return std::any_of(ranges.begin(), ranges.end(), [&](Range r) { return code >= r.first && code <= r.second; });
}

// The blocks that terminals draw with no width, and with two columns (Unicode 15, East Asian Width W and F).
constexpr std::array<Range, 8> no_width{{{0x0300, 0x036F},
                                         {0x0483, 0x0489},
                                         {0x1AB0, 0x1AFF},
                                         {0x200B, 0x200D},
                                         {0x20D0, 0x20FF},
                                         {0xFE00, 0xFE0F},
                                         {0xFE20, 0xFE2F},
                                         {0xE0100, 0xE01EF}}};
constexpr std::array<Range, 11> two_columns{{{0x1100, 0x115F},
                                             {0x2E80, 0x303E},
                                             {0x3041, 0x4DBF},
                                             {0x4E00, 0xA4CF},
                                             {0xAC00, 0xD7A3},
                                             {0xF900, 0xFAFF},
                                             {0xFE30, 0xFE6F},
                                             {0xFF00, 0xFF60},
                                             {0xFFE0, 0xFFE6},
                                             {0x1F300, 0x1FAFF},
                                             {0x20000, 0x3FFFD}}};
// Characters that reorder or hide others: the text on the screen would differ from its bytes.
constexpr std::array<Range, 4> deceiving{{{0x200E, 0x200F}, {0x202A, 0x202E}, {0x2060, 0x2069}, {0xFEFF, 0xFEFF}}};

std::size_t width_of(char32_t code) {
  if (in_any(no_width, code)) return 0;
  return in_any(two_columns, code) ? 2 : 1;
}

bool is_control(char32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x2028 || code == 0x2029;
}

/// Breaks one line; a word longer than the width is cut.
void wrap_line(std::string_view line, std::size_t width, std::vector<std::string>& out) {
  std::string current;
  std::size_t used = 0, last_space = std::string::npos;
  for (std::size_t at = 0; at < line.size();) {
    const Utf8Character c = utf8_at(line, at);
    const std::size_t wide = width_of(c.code);
    if (used + wide > width && !current.empty()) {
      const bool at_space = last_space != std::string::npos && line[at] != ' ';
      std::string rest = at_space ? current.substr(last_space + 1) : std::string();
      out.push_back(at_space ? current.substr(0, last_space) : current);
      current = std::move(rest);
      used = display_width(current);
      last_space = std::string::npos;
    }
    if (line[at] == ' ') last_space = current.size();
    if (!(current.empty() && line[at] == ' ' && !out.empty())) {
      current += line.substr(at, c.length);
      used += wide;
    }
    at += c.length;
  }
  out.push_back(current);
}

}  // namespace

std::string printable(std::string_view text, bool keep_lines) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Character c = utf8_at(text, at);
    if (!c.valid || in_any(deceiving, c.code))
      out += replacement_character;
    else if (keep_lines && c.code == '\n')
      out += '\n';
    else if (is_control(c.code))
      out += ' ';
    else
      out += text.substr(at, c.length);
    at += c.length;
  }
  return out;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Character c = utf8_at(text, at);
    width += width_of(c.code);
    at += c.length;
  }
  return width;
}

std::string clip(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string(text);
  if (width == 0) return {};
  std::size_t used = 0, at = 0;
  while (at < text.size()) {
    const Utf8Character c = utf8_at(text, at);
    if (used + width_of(c.code) > width - 1) break;
    used += width_of(c.code);
    at += c.length;
  }
  return std::string(text.substr(0, at)) + "…";
}

std::string pad(std::string_view text, std::size_t width) {
  const std::size_t used = display_width(text);
  return std::string(text) + std::string(used < width ? width - used : 0, ' ');
}

std::vector<std::string> wrap(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  while (true) {
    const std::size_t end = text.find('\n');
    std::vector<std::string> broken;
    wrap_line(text.substr(0, end), std::max<std::size_t>(width, 1), broken);
    lines.insert(lines.end(), broken.begin(), broken.end());
    if (end == std::string_view::npos) return lines;
    text.remove_prefix(end + 1);
  }
}

std::string repeated(std::string_view glyph, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += glyph;
  return out;
}

std::string counted(long long count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

std::string bytes_text(long long bytes) {
  if (bytes < 1024) return std::to_string(bytes) + " B";
  const char* unit = " KiB";
  long long size = 1024;
  for (const char* larger : {" MiB", " GiB"})
    if (bytes >= size * 1024) {
      size *= 1024;
      unit = larger;
    }
  const long long tenths = bytes / size * 10 + bytes % size * 10 / size;
  const std::string whole = std::to_string(tenths / 10);
  const std::string fraction = tenths < 100 && tenths % 10 != 0 ? "." + std::to_string(tenths % 10) : "";
  return whole + fraction + unit;
}

namespace {

constexpr std::array<std::string_view, 4> good{"succeeded", "aligned", "done", "active"};
constexpr std::array<std::string_view, 9> bad{"failed",       "interrupted",     "orphaned", "denied", "cancelled",
                                              "contradicted", "aborted_partial", "expired",  "missed"};
constexpr std::array<std::string_view, 9> look{"late",  "unobserved", "unsynchronised", "rolled_over", "skewed",
                                               "stale", "skipped",    "superseded",     "paused"};

template <std::size_t N>
bool holds(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string_view code_of(Ink ink) {
  switch (ink) {
    case Ink::plain:
      return "";
    case Ink::dim:
      return "\x1b[2m";
    case Ink::bold:
      return "\x1b[1m";
    case Ink::good:
      return "\x1b[32m";
    case Ink::warn:
      return "\x1b[33m";
    case Ink::bad:
      return "\x1b[31m";
  }
  return "";
}

}  // namespace

std::string paint(const Style& style, Ink ink, std::string_view text) {
  if (!style.colour || ink == Ink::plain || text.empty()) return std::string(text);
  return std::string(code_of(ink)) + std::string(text) + "\x1b[0m";
}

Ink ink_of(std::string_view state_or_verdict) {
  if (holds(good, state_or_verdict)) return Ink::good;
  if (holds(bad, state_or_verdict)) return Ink::bad;
  if (holds(look, state_or_verdict)) return Ink::warn;
  return Ink::plain;
}

}  // namespace nowd
