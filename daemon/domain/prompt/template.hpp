// Templates: {{tokens}} in configuration that nowd replaces by values. A value is not read as a template again, so
// tokens work in configuration only, never in model output.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "domain/prompt/run_time.hpp"
#include "foundation/error.hpp"
#include "foundation/json.hpp"

namespace nowd {

/// Values of the tokens: {{as_of}} {{today}} {{yesterday}} {{tomorrow}} {{window.start}} {{window.end}} {{now}}
/// {{scheduled_at}} {{run}} {{job}} {{inputs.NAME}} {{args.NAME}} {{previous.output}} {{after.output}} {{input}}
/// {{input.NAME}}; instants and days take a format, {{today:%d.%m.%Y}}.
/// Instants are RFC 3339 in the job's zone; days are ISO dates of as_of's local day.
struct TemplateValues {
  const RunTime* run = nullptr;
  Now now;
  std::map<std::string, std::string> inputs;  ///< already escaped (escape_clock)
  std::map<std::string, std::string> args;
  std::map<std::string, std::string> message;  ///< {{text}} …, in sinks only; without a run the times are empty
};

/// Renders a text for a model. Values from outside cannot form a clock tag, not even two side by side.
/// A lone "{{" is text if no "}}" follows on the line. Of nested braces the innermost pair counts.
/// Errors: `invalid`, naming the token and the nearest known one.
Result<std::string> render(std::string_view text, const TemplateValues& values);

/// Renders a text for a machine: each value passes through `encode`, so that it cannot end its place in a URL or a
/// body. Nothing else is escaped.
using Encode = std::function<std::string(std::string_view value)>;
inline std::string unchanged_value(std::string_view value) { return std::string(value); }
Result<std::string> render(std::string_view text, const TemplateValues& values, const Encode& encode);

/// Each text of a JSON value rendered as a template of its own, so that a value can neither end a text nor add a field.
/// Keys stay unchanged. Without `encode` the texts are for a model. Errors: the first one of `render`.
Result<Json> render_json(Json value, const TemplateValues& values, const Encode& encode = {});

/// Checks a template at load, without values: unknown tokens, unknown inputs or arguments, bad formats. `message`: the
/// tokens of messages that are allowed. Returns one message for each fault.
std::vector<std::string> check_template(std::string_view text, const std::set<std::string>& inputs,
                                        const std::set<std::string>& args = {},
                                        const std::vector<std::string>& message = {});

/// True if the text has any token (in a `system` prompt that is a load warning).
bool has_token(std::string_view text);

/// True if the text has this token. A name that ends in '.' stands for all tokens that begin with it.
bool uses_token(std::string_view text, std::string_view name);

// The {{tokens}} of a template: their places and kinds, and the nearest known name of a misspelt one.

/// "{{today:%d.%m.%Y}}": name "today", format "%d.%m.%Y"; spaces around both are dropped.
struct Token {
  std::string_view name;
  std::optional<std::string_view> format;
  std::size_t begin = 0;  ///< of "{{"
  std::size_t end = 0;    ///< behind "}}"
};

/// The first token at or behind `from`. A "{{" without a "}}" on its line is text; of nested ones the innermost counts.
std::optional<Token> next_token(std::string_view text, std::size_t from);

enum class TokenKind { instant, day, word, input, argument, outside, message };

/// The kind of a token by its name; `message` lists the tokens of messages that are allowed. Errors: `invalid`, naming
/// the token and the nearest known one.
Result<TokenKind> token_kind(std::string_view name, const std::vector<std::string>& message = {});

/// "notes" of "inputs.notes" and of "args.notes".
std::string_view member_of(std::string_view name);

}  // namespace nowd
