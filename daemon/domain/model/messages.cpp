#include "domain/model/messages.hpp"

#include <string_view>

namespace nowd {
namespace {

constexpr std::string_view blanks = " \t\r\n";
constexpr std::string_view marks[] = {"```", "~~~"};

std::string_view without_blanks(std::string_view text) {
  const std::size_t first = text.find_first_not_of(blanks);
  return first == text.npos ? "" : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

}  // namespace

std::string without_fence(const std::string& text) {
  const std::string_view whole = without_blanks(text);
  for (const std::string_view mark : marks) {
    const std::size_t line = whole.find('\n');
    if (!whole.starts_with(mark) || !whole.ends_with(mark) || line == whole.npos) continue;
    if (line + 1 + mark.size() > whole.size()) continue;
    const std::string_view inner = whole.substr(line, whole.size() - line - mark.size());
    // A line that begins with the mark ends the fence, and more text follows.
    if (inner.find("\n" + std::string(mark)) == inner.npos) return std::string(without_blanks(inner));
  }
  return text;
}

}  // namespace nowd
