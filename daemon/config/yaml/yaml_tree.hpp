// Messages about a text that is not YAML, with the remedy; and the tree of one that is.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/yaml/report.hpp"

namespace nowd {

/// The lines of a source text, to find the text at a mark.
class SourceLines {
 public:
  explicit SourceLines(std::string_view text);

  /// The character at a mark; NUL past the end of its line or of the text.
  char at(Mark mark) const;
  std::string_view line(int number) const;  ///< from 1; empty when there is none
  /// Whether a document may begin at the mark: with "---", or after a line "...".
  bool starts_document(Mark mark) const;
  /// The column of the first character that is no space, in the first line from `number` on that has one.
  int block_column(int number) const;
  /// The first tab that indents a line, outside the texts of blocks (| and >), where it is a part of the text. yaml-cpp
  /// takes such a line for the rest of the one before it.
  std::optional<Mark> indenting_tab() const;
  int size() const { return static_cast<int>(lines_.size()); }

 private:
  std::vector<std::string_view> lines_;
};

inline constexpr std::string_view alias_fault =
    "aliases (*name) are not supported; write the value out. A cron expression that starts with * must be quoted: "
    "\"*/5 * * * *\"";

/// yaml-cpp's reason, made useful.
std::string syntax_fault(std::string_view reason, Mark at, const SourceLines& lines);

// YAML as nowd accepts it: a plain tree with a place for every key and value.
// Built from yaml-cpp's events, because its own node tree hides anchors and duplicate keys. Anchors, aliases, tags,
// merge keys, duplicate and non-text keys are refused here, so that no reader meets them.

struct Member;

struct Node {
  enum class Kind { null, scalar, sequence, map };
  Kind kind = Kind::null;
  Mark mark;
  std::string text;         ///< of a scalar, as written
  bool quoted = false;      ///< in quotes or a block: always text, never a number or a boolean
  int block_column = 0;     ///< of a "|" block: where its lines begin; line n of `text` (from 0) is mark.line + 1 + n
  std::vector<Node> items;  ///< of a sequence
  std::vector<Member> members;  ///< of a map, in the order of the file, without repeats

  const Member* find(std::string_view key) const;
};

struct Member {
  std::string key;
  Mark mark;
  Node value;
};

constexpr std::size_t deepest_yaml = 32;
constexpr std::size_t max_yaml_values = 50'000;

/// The documents that could be read, without empty ones. Everything refused is in the report, with its place; after a
/// syntax error there is no more to read, so the documents are those before it.
/// Requires: check_source(text).
std::vector<Node> parse_yaml(const std::string& text, Report& report);

}  // namespace nowd
