// The {{tokens}} of a template: where they stand, what kinds there are, which is nearest to a misspelt one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/error.hpp"

namespace nowd {

/// "{{today:%d.%m.%Y}}": name "today", format "%d.%m.%Y"; spaces around both are dropped.
struct Token {
  std::string_view name;
  std::optional<std::string_view> format;
  std::size_t begin = 0;  ///< of "{{"
  std::size_t end = 0;    ///< behind "}}"
};

/// The first token at or behind `from`. A "{{" without a "}}" on its line is text; of nested ones the innermost counts.
std::optional<Token> next_token(std::string_view text, std::size_t from);

enum class TokenKind { instant, day, word, input, argument, given, message };

/// What a name stands for; `message` lists the tokens of messages, where there are any. Errors: `invalid`, naming the
/// token and the nearest known one.
Result<TokenKind> token_kind(std::string_view name, const std::vector<std::string>& message = {});

/// "notes" of "inputs.notes" and of "args.notes".
std::string_view member_of(std::string_view name);

}  // namespace nowd
