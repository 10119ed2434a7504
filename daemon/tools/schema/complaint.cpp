#include "tools/schema/complaint.hpp"

#include <algorithm>

#include "tools/calls/result_text.hpp"

namespace nowd {
namespace {

constexpr std::size_t most_of_body = 300;
constexpr std::size_t most_of_lines = 600;
constexpr int most_lines = 5;

/// Valid UTF-8 on one line: each run of blanks and control characters is one space.
std::string on_one_line(std::string_view text) {
  std::string out;
  for (const char c : clean_utf8(text)) {
    const bool blank = static_cast<unsigned char>(c) <= ' ' || c == 0x7F;
    if (!blank)
      out += c;
    else if (!out.empty() && out.back() != ' ')
      out += ' ';
  }
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

std::string shortened(std::string line, std::size_t most) {
  return line.size() <= most ? std::move(line) : std::string(utf8_prefix(line, most)) + "…";
}

}  // namespace

std::string beginning_of_complaint(std::string_view body) {
  return shortened(on_one_line(body.substr(0, 8 * most_of_body)), most_of_body);
}

std::string end_of_complaint(std::string_view text) {
  text.remove_prefix(text.size() - std::min(text.size(), 8 * most_of_lines));
  std::string out;
  int lines = 0;
  for (std::size_t end = text.size(); end != std::string_view::npos && lines < most_lines;) {
    const std::size_t newline = end == 0 ? std::string_view::npos : text.rfind('\n', end - 1);
    const std::size_t begin = newline == std::string_view::npos ? 0 : newline + 1;
    const std::string line = shortened(on_one_line(text.substr(begin, end - begin)), most_of_lines);
    end = newline;
    if (line.empty()) continue;
    if (lines > 0 && out.size() + line.size() > most_of_lines) break;
    out = lines == 0 ? line : line + "; " + out;
    ++lines;
  }
  return out;
}

}  // namespace nowd
