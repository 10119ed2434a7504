// YAML as nowd accepts it: a plain tree with a place for every key and value.
// Built from yaml-cpp's events, because its own node tree hides anchors and duplicate keys. Anchors, aliases, tags,
// merge keys, duplicate and non-text keys are refused here, so nobody above has to think of them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/yaml/report.hpp"

namespace nowd {

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
constexpr std::size_t most_yaml_values = 50'000;

/// The documents that could be read, without empty ones. Everything refused is in the report, with its place; after a
/// syntax error there is no more to read, so the documents are those before it.
/// Requires: check_source(text).
std::vector<Node> parse_yaml(const std::string& text, Report& report);

}  // namespace nowd
