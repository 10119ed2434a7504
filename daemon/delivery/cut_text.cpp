#include "delivery/cut_text.hpp"

#include "foundation/text/utf8.hpp"
#include "foundation/text/words.hpp"
#include "net/http/http_rules.hpp"

namespace nowd {
namespace {

constexpr std::string_view fence = "```";
constexpr std::string_view closing_fence = "\n```";

bool leaves_fence_open(std::string_view text) {
  bool open = false;
  for (std::size_t at = text.find(fence); at != text.npos; at = text.find(fence, at + fence.size())) open = !open;
  return open;
}

std::size_t size_of(std::string_view text, CharacterSize size) {
  std::size_t sum = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view character = first_character(text.substr(at));
    sum += size(character);
    at += character.size();
  }
  return sum;
}

/// The longest beginning with a size of at most `room`.
std::string_view beginning(std::string_view text, std::size_t room, CharacterSize size) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::string_view character = first_character(text.substr(at));
    const std::size_t costs = size(character);
    if (costs > room) break;
    room -= costs;
    at += character.size();
  }
  return text.substr(0, at);
}

}  // namespace

std::size_t in_bytes(std::string_view character) { return character.size(); }

std::size_t in_utf16(std::string_view character) { return character.size() > 3 ? 2 : 1; }

std::size_t in_escaped_markup(std::string_view character) {
  if (character == "&") return 5;
  return character == "<" || character == ">" ? 4 : character.size();
}

std::size_t in_json(std::string_view character) {
  const auto first = static_cast<unsigned char>(character.front());
  if (character == "\"" || character == "\\" || character == "\n") return 2;
  return first < 0x20 ? 6 : character.size();
}

std::string cut_text(std::string_view text, std::size_t limit, CharacterSize size, std::string_view whole) {
  if (size_of(text, size) <= limit) return std::string(text);
  const std::string note = whole.empty() ? "\n[cut here]" : "\n[cut here; all of it: " + std::string(whole) + "]";
  const bool has_fences = text.find(fence) != text.npos;
  const std::size_t note_size = size_of(note, size) + (has_fences ? size_of(closing_fence, size) : 0);
  std::string_view kept = beginning(text, limit - std::min(limit, note_size), size);
  const std::size_t line_end = kept.rfind('\n');
  if (line_end != std::string_view::npos && line_end >= kept.size() / 2) kept = kept.substr(0, line_end);
  return std::string(kept) + (has_fences && leaves_fence_open(kept) ? std::string(closing_fence) : "") + note;
}

std::string beginning_of(std::string_view said, std::size_t most) {
  return std::string(trimmed(on_one_line(beginning(said, most, in_bytes))));
}

}  // namespace nowd
