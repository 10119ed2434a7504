#include "config/actions/checks.hpp"

#include <algorithm>
#include <optional>

#include "domain/prompt/template.hpp"

namespace nowd {
namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || (c & 0x80) != 0;
}

/// A stretch of a query that is no statement: [begin, end).
struct Stretch {
  enum class Kind { text, name, comment };
  Kind kind;
  std::size_t begin, end;
};

std::size_t end_of(std::string_view query, std::string_view mark, std::size_t from) {
  const std::size_t at = query.find(mark, from);
  return at == std::string_view::npos ? query.size() : at + mark.size();
}

/// Behind the closing quote; a doubled one is part of the text, and with `escapes` one behind a backslash too.
std::size_t end_of_quoted(std::string_view query, std::size_t open, bool escapes) {
  const char quote = query[open];
  for (std::size_t at = open + 1; at < query.size(); ++at) {
    if (escapes && query[at] == '\\')
      ++at;
    else if (query[at] == quote && at + 1 < query.size() && query[at + 1] == quote)
      ++at;
    else if (query[at] == quote)
      return at + 1;
  }
  return query.size();
}

/// "$$ … $$" and "$tag$ … $tag$"; nothing for "$1".
std::optional<std::size_t> end_of_dollar(std::string_view query, std::size_t open) {
  if (open > 0 && is_word(query[open - 1])) return std::nullopt;
  std::size_t close = open + 1;
  while (close < query.size() && is_word(query[close])) ++close;
  const bool digit = close > open + 1 && query[open + 1] >= '0' && query[open + 1] <= '9';
  if (digit || close == query.size() || query[close] != '$') return std::nullopt;
  return end_of(query, query.substr(open, close + 1 - open), close + 1);
}

std::size_t end_of_comment(std::string_view query, std::size_t open) {
  int depth = 1;
  std::size_t at = open + 2;
  for (; at < query.size() && depth > 0; ++at) {
    const std::string_view two = query.substr(at, 2);
    if (two != "/*" && two != "*/") continue;
    depth += two == "/*" ? 1 : -1;
    ++at;
  }
  return std::min(at, query.size());
}

std::optional<Stretch> stretch_at(std::string_view query, std::size_t at) {
  using enum Stretch::Kind;
  const std::string_view two = query.substr(at, 2);
  const char c = query[at];
  if (two == "--") return Stretch{comment, at, end_of(query, "\n", at)};
  if (two == "/*") return Stretch{comment, at, end_of_comment(query, at)};
  if (c == '"') return Stretch{name, at, end_of_quoted(query, at, false)};
  const bool escapes = at > 0 && (query[at - 1] == 'E' || query[at - 1] == 'e') && (at == 1 || !is_word(query[at - 2]));
  if (c == '\'') return Stretch{text, at, end_of_quoted(query, at, escapes)};
  if (c == '$')
    if (const auto end = end_of_dollar(query, at)) return Stretch{text, at, *end};
  return std::nullopt;
}

std::string fault_of(const Stretch& stretch, std::string_view token) {
  const std::string written(token);
  switch (stretch.kind) {
    case Stretch::Kind::comment:
      return written + " stands in a comment; remove it";
    case Stretch::Kind::name:
      return written + " stands in a name, and a token is a value; write the name itself";
    case Stretch::Kind::text:
      break;
  }
  return written + " stands in quotes, where it is text and no value; write it without them: … = " + written +
         ", or '%' || " + written + " || '%'";
}

}  // namespace

std::vector<MisplacedToken> misplaced_tokens(std::string_view query) {
  std::vector<MisplacedToken> out;
  auto token = next_token(query, 0);
  for (std::size_t at = 0; token && at < query.size();) {
    if (at >= token->begin) {  // not in any stretch: a parameter
      at = std::max(at, token->end);
      token = next_token(query, token->end);
      continue;
    }
    const auto stretch = stretch_at(query, at);
    if (!stretch) {
      ++at;
      continue;
    }
    for (; token && token->begin < stretch->end; token = next_token(query, token->end))
      out.push_back({token->begin, fault_of(*stretch, query.substr(token->begin, token->end - token->begin))});
    at = stretch->end;
  }
  return out;
}

}  // namespace nowd
