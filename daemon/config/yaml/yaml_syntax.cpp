#include "config/yaml/yaml_syntax.hpp"

#include <array>
#include <utility>

namespace nowd {
namespace {

/// yaml-cpp's words → ours. What is not here is passed on as it is.
constexpr std::array<std::pair<std::string_view, std::string_view>, 13> plain_words{{
    {"the referenced anchor is not defined", alias_fault},
    {"alias not found after *", alias_fault},
    {"illegal map value",
     "there is a ':' where none can be; quote the text (\"a: b\"), or put it in a block after '|'"},
    {"end of map not found",
     "this line does not belong to the mapping above it; check its indentation, and the lines before it"},
    {"end of sequence not found", "this line does not belong to the list above it; check its indentation"},
    {"end of map flow not found", "a '{' is not closed; add the '}'"},
    {"end of sequence flow not found", "a '[' is not closed; add the ']'"},
    {"illegal EOF in scalar", "the file ends inside a quoted text; add the closing quote"},
    {"illegal document indicator in scalar", "a quoted text runs into a document separator; add the closing quote"},
    {"illegal tab when looking for indentation", "YAML does not allow tabs for indentation; use spaces"},
    {"illegal flow end", "there is a closing bracket without an opening one; remove it"},
    {"illegal block entry", "a list item '- ' cannot stand here; check its indentation"},
    {"illegal map key", "a key cannot stand here; check its indentation"},
}};

std::string unknown_start(char c) {
  if (c == '@') return "a text cannot start with '@' in YAML; quote it: \"@daily Europe/Berlin\"";
  if (c == '\t') return "YAML does not allow tabs for indentation; use spaces";
  return std::string("a text cannot start with '") + c + "' in YAML; quote it";
}

bool is_blank_or_comment(std::string_view line) {
  const std::size_t start = line.find_first_not_of(" \t\r");
  return start == std::string_view::npos || line[start] == '#';
}

/// "key: |", "- >-", "text: |2  # a comment".
bool begins_block(std::string_view line) {
  line = line.substr(0, line.find(" #"));
  while (!line.empty() && std::string_view(" \t\r+-0123456789").find(line.back()) != std::string_view::npos)
    line.remove_suffix(1);
  if (!line.ends_with('|') && !line.ends_with('>')) return false;
  line.remove_suffix(1);
  while (line.ends_with(' ')) line.remove_suffix(1);
  return line.ends_with(':') || line.ends_with('-') || line.empty();
}

}  // namespace

SourceLines::SourceLines(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);  // yaml-cpp does not count a byte order mark either
  for (std::size_t end; !text.empty(); text.remove_prefix(end)) {
    const std::size_t newline = text.find('\n');
    lines_.push_back(text.substr(0, newline));
    end = newline == std::string_view::npos ? text.size() : newline + 1;
  }
}

std::string_view SourceLines::line(int number) const {
  return number >= 1 && number <= size() ? lines_[static_cast<std::size_t>(number - 1)] : std::string_view{};
}

char SourceLines::at(Mark mark) const {
  const std::string_view text = line(mark.line);
  const auto column = static_cast<std::size_t>(mark.column - 1);
  return mark.column >= 1 && column < text.size() ? text[column] : '\0';
}

int SourceLines::block_column(int number) const {
  for (; number <= size(); ++number)
    if (const auto start = line(number).find_first_not_of(" \r"); start != std::string_view::npos)
      return static_cast<int>(start) + 1;
  return 1;
}

std::optional<Mark> SourceLines::indenting_tab() const {
  std::optional<std::size_t> block;  // indentation of the line that begins a block of text
  for (int number = 1; number <= size(); ++number) {
    const std::string_view text = line(number);
    if (is_blank_or_comment(text)) continue;
    const std::size_t spaces = text.find_first_not_of(' ');
    if (block && spaces > *block) continue;
    block.reset();
    if (text[spaces] == '\t') return Mark{number, static_cast<int>(spaces) + 1};
    if (begins_block(text)) block = spaces;
  }
  return std::nullopt;
}

bool SourceLines::starts_document(Mark mark) const {
  if (line(mark.line).starts_with("---")) return true;
  int before = mark.line - 1;
  while (before >= 1 && is_blank_or_comment(line(before))) --before;
  return line(before).starts_with("...");
}

std::string syntax_fault(std::string_view reason, Mark at, const SourceLines& lines) {
  if (reason == "unknown token" && lines.at(at) != '\0') return unknown_start(lines.at(at));
  for (const auto& [theirs, ours] : plain_words)
    if (reason == theirs) return std::string(ours);
  return "this is not YAML: " + std::string(reason) + "; check this line and the one before it";
}

}  // namespace nowd
