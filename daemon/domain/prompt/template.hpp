// Templates: {{tokens}} in configuration that nowd fills in. They work in configuration only, never in model output:
// what a token is replaced by is not read again.
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

/// What the tokens stand for: {{as_of}} {{today}} {{yesterday}} {{tomorrow}} {{window.start}} {{window.end}} {{now}}
/// {{scheduled_at}} {{run}} {{job}} {{inputs.NAME}} {{args.NAME}} {{previous.output}} {{after.output}} {{input}}
/// {{input.NAME}}; instants and days take a format, {{today:%d.%m.%Y}}.
/// Instants are RFC 3339 in the job's zone; days are ISO dates of as_of's local day.
struct TemplateValues {
  const RunTime* run = nullptr;
  Now now;
  std::map<std::string, std::string> inputs;  ///< already escaped (escape_clock)
  std::map<std::string, std::string> args;
  std::map<std::string, std::string> message;  ///< {{text}} …, in sinks only; a message without a run has empty times
};

/// Errors: `invalid`, naming the token, and the nearest known one. A lone "{{" is text if no "}}" follows on the line.
/// Of nested braces the innermost pair counts. Values from outside cannot form a clock tag here, not even two side by
/// side.
Result<std::string> render(std::string_view text, const TemplateValues& values);

/// The same, with each value passed through `encode` before it is put in: for URLs and bodies, where a value may not
/// end the place it stands in. For machines, not for models: nothing is escaped but by `encode`.
using Encode = std::function<std::string(std::string_view value)>;
inline std::string unchanged_value(std::string_view value) { return std::string(value); }
Result<std::string> render(std::string_view text, const TemplateValues& values, const Encode& encode);

/// Each text of a JSON value rendered as a template of its own, so that a value can neither end a text nor add a field.
/// Keys stay unchanged. Without `encode` the texts are for a model. Errors: the first one of `render`.
Result<Json> render_json(Json value, const TemplateValues& values, const Encode& encode = {});

/// Checks a template at load, without values: unknown tokens, unknown inputs or arguments, bad formats. `message`: the
/// tokens of messages that may stand here.
/// Gives one message for each fault, none if the template is good.
std::vector<std::string> check_template(std::string_view text, const std::set<std::string>& inputs,
                                        const std::set<std::string>& args = {},
                                        const std::vector<std::string>& message = {});

/// Whether the text has any token (a `system` prompt with one is a load warning).
bool has_token(std::string_view text);

/// Whether the text has this token; a name that ends in '.' stands for all that begin with it.
bool uses_token(std::string_view text, std::string_view name);

// The {{tokens}} of a template: where they stand, what kinds there are, which is nearest to a misspelt one.

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
