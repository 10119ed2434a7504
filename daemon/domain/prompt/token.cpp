#include "domain/prompt/token.hpp"

#include <algorithm>
#include <array>

#include "foundation/text/nearest.hpp"

namespace nowd {
namespace {

struct Known {
  std::string_view name;
  TokenKind kind;
};

constexpr std::array known_tokens{
    Known{"as_of", TokenKind::instant},
    Known{"today", TokenKind::day},
    Known{"yesterday", TokenKind::day},
    Known{"tomorrow", TokenKind::day},
    Known{"window.start", TokenKind::instant},
    Known{"window.end", TokenKind::instant},
    Known{"now", TokenKind::instant},
    Known{"scheduled_at", TokenKind::instant},
    Known{"run", TokenKind::word},
    Known{"job", TokenKind::word},
    Known{"previous.output", TokenKind::given},
    Known{"after.output", TokenKind::given},
    Known{"input", TokenKind::given},
};

constexpr std::string_view inputs_prefix = "inputs.";
constexpr std::string_view args_prefix = "args.";
constexpr std::string_view given_prefix = "input.";

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

Token parse_inside(std::string_view inside) {
  Token token;
  const std::size_t colon = inside.find(':');
  token.name = trimmed(inside.substr(0, colon));
  if (colon != std::string_view::npos) token.format = trimmed(inside.substr(colon + 1));
  return token;
}

}  // namespace

std::optional<Token> next_token(std::string_view text, std::size_t from) {
  while (true) {
    const std::size_t first_open = text.find("{{", from);
    if (first_open == std::string_view::npos) return std::nullopt;
    const std::size_t close = text.find("}}", first_open + 2);
    if (close == std::string_view::npos) return std::nullopt;
    // The innermost pair: in "{{{today}}}" the outer braces are text.
    const std::size_t open = text.substr(0, close).rfind("{{");
    const std::string_view inside = text.substr(open + 2, close - open - 2);
    from = close;
    if (inside.find('\n') != std::string_view::npos) continue;
    Token token = parse_inside(inside);
    token.begin = open;
    token.end = close + 2;
    return token;
  }
}

Result<TokenKind> token_kind(std::string_view name, const std::vector<std::string>& message) {
  if (std::find(message.begin(), message.end(), name) != message.end()) return TokenKind::message;
  for (const Known& known : known_tokens)
    if (known.name == name) return known.kind;
  if (name.starts_with(inputs_prefix) && name.size() > inputs_prefix.size()) return TokenKind::input;
  if (name.starts_with(args_prefix) && name.size() > args_prefix.size()) return TokenKind::argument;
  if (name.starts_with(given_prefix) && name.size() > given_prefix.size()) return TokenKind::given;

  std::vector<std::string> candidates = message;
  for (const Known& known : known_tokens) candidates.emplace_back(known.name);
  candidates.insert(candidates.end(), {"inputs.NAME", "args.NAME", "input.NAME"});
  std::string fault = "{{" + std::string(name) + "}} is not a known token";
  if (const auto near = nearest_name(name, candidates)) return invalid(fault + "; did you mean {{" + *near + "}}?");
  fault += "; known are ";
  for (const std::string& candidate : candidates) fault += (&candidate == &candidates.front() ? "" : ", ") + candidate;
  return invalid(std::move(fault));
}

std::string_view member_of(std::string_view name) { return name.substr(name.find('.') + 1); }

}  // namespace nowd
