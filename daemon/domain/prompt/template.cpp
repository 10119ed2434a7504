#include "domain/prompt/template.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "foundation/json.hpp"
#include "foundation/text/nearest.hpp"
#include "foundation/text/words.hpp"

namespace nowd {
namespace {

std::string written(const Token& token) { return "{{" + std::string(token.name) + "}}"; }

Error in_format(const Token& token, const Error& error) { return {error.kind, written(token) + ": " + error.message}; }

Instant instant_of(std::string_view name, const TemplateValues& values) {
  if (name == "as_of") return values.run->as_of;
  if (name == "window.start") return values.run->window_start;
  if (name == "window.end") return values.run->window_end;
  if (name == "scheduled_at") return values.run->scheduled_at;
  return values.now.wall;
}

LocalDay day_named(std::string_view name, const RunTime& run) {
  const LocalDay today = today_of(run);
  return name == "yesterday" ? today - days{1} : name == "tomorrow" ? today + days{1} : today;
}

Result<std::string> instant_text(const Token& token, const TemplateValues& values) {
  const Zone& zone = values.run->zone;
  const Instant at = instant_of(token.name, values);
  if (!token.format) return rfc3339(zone.local(at), zone.offset(at));
  return format_local(*token.format, zone.local(at), zone.offset(at), zone.period(at).abbreviation);
}

Result<std::string> day_text(const Token& token, const TemplateValues& values) {
  const Zone& zone = values.run->zone;
  const LocalDay day = day_named(token.name, *values.run);
  if (!token.format) return iso_date(day);
  const Instant begin = zone.resolve(LocalTime{day}).first;  // its offset, for the formats that show one
  return format_local(*token.format, LocalTime{day}, zone.offset(begin), zone.period(begin).abbreviation);
}

std::vector<std::string> names_of(const std::map<std::string, std::string>& values) {
  std::vector<std::string> names;
  for (const auto& [name, value] : values) names.push_back(name);
  return names;
}

Error unknown_member(std::string_view kind, std::string_view name, const std::vector<std::string>& known) {
  std::string message = "there is no " + std::string(kind) + " '" + std::string(name) + "'";
  if (const auto near = nearest_name(name, known)) message += "; did you mean '" + *near + "'?";
  return invalid(std::move(message));
}

Result<std::string> member_text(std::string_view kind, std::string_view name,
                                const std::map<std::string, std::string>& values) {
  const auto found = values.find(std::string(name));
  if (found == values.end()) return unknown_member(kind, name, names_of(values));
  return found->second;
}

/// A member of the input: a text as it is, another value as JSON. Each dot goes one level deeper.
Result<std::string> input_member(const Token& token, const std::string& input) {
  const auto json = parse_json(input.empty() ? "null" : input);
  std::string path(token.name.substr(token.name.find('.')));
  std::replace(path.begin(), path.end(), '.', '/');
  const Json::json_pointer pointer(path);
  if (!json || !json->is_structured() || !json->contains(pointer))
    return invalid(written(token) + ": the run's input has no such member" + (input.empty() ? "; none was given" : ""));
  const Json& value = (*json)[pointer];
  return value.is_string() ? value.get<std::string>() : dump_json(value);
}

Result<std::string> outside_text(const Token& token, const OutsideTexts& texts) {
  const auto text_or = [](const std::optional<ModelText>& text, std::string_view otherwise) {
    return text ? text->str() : std::string(otherwise);
  };
  if (token.name == "previous.output") return text_or(texts.previous_output, "(no earlier run has succeeded)");
  if (token.name == "after.output") return text_or(texts.after_output, "(this run follows no other)");
  if (token.name == "input") return texts.input.empty() ? "(no input was given)" : texts.input.str();
  return input_member(token, texts.input.str());
}

Result<std::string> value_of(const Token& token, TokenKind kind, const TemplateValues& values) {
  if (kind == TokenKind::input) return member_text("input", member_of(token.name), values.inputs);
  if (kind == TokenKind::argument) return member_text("argument", member_of(token.name), values.args);
  if (kind == TokenKind::message) return values.message.at(std::string(token.name));
  if (values.run == nullptr && !values.message.empty()) return std::string();
  if (values.run == nullptr) return invalid(written(token) + " has a value only inside a run");
  if (kind == TokenKind::outside) return outside_text(token, values.run->outside_texts);
  if (kind == TokenKind::instant) return instant_text(token, values);
  if (kind == TokenKind::day) return day_text(token, values);
  return token.name == "run" ? to_string(values.run->run) : values.run->job;
}

std::optional<Error> fault_in_format(const Token& token, TokenKind kind) {
  if (!token.format) return std::nullopt;
  if (kind != TokenKind::instant && kind != TokenKind::day) return invalid(written(token) + " takes no format");
  if (token.format->empty()) return invalid(written(token) + " has an empty format; leave out the ':'");
  const auto tried = format_local(*token.format, LocalTime{}, seconds{0}, "UTC");
  return tried ? std::nullopt : std::optional(in_format(token, tried.error()));
}

Result<std::string> replacement(const Token& token, const TemplateValues& values) {
  const auto kind = token_kind(token.name, names_of(values.message));
  if (!kind) return kind.error();
  if (auto fault = fault_in_format(token, *kind)) return std::move(*fault);
  return value_of(token, *kind, values);
}

std::optional<std::string> fault(const Token& token, const std::set<std::string>& inputs,
                                 const std::set<std::string>& args, const std::vector<std::string>& message) {
  const auto kind = token_kind(token.name, message);
  if (!kind) return kind.error().message;
  if (auto bad = fault_in_format(token, *kind)) return bad->message;
  if (*kind != TokenKind::input && *kind != TokenKind::argument) return std::nullopt;
  const std::set<std::string>& known = *kind == TokenKind::input ? inputs : args;
  const std::string name(member_of(token.name));
  if (known.contains(name)) return std::nullopt;
  return unknown_member(*kind == TokenKind::input ? "input" : "argument", name, {known.begin(), known.end()}).message;
}

}  // namespace

Result<std::string> render(std::string_view text, const TemplateValues& values, const Encode& encode) {
  std::string out;
  std::size_t at = 0;
  while (const auto token = next_token(text, at)) {
    const auto value = replacement(*token, values);
    if (!value) return value.error();
    out += text.substr(at, token->begin - at);
    out += encode(*value);
    at = token->end;
  }
  return out += text.substr(at);
}

Result<std::string> render(std::string_view text, const TemplateValues& values) {
  auto out = render(text, values, unchanged_value);
  // Each value is escaped alone, but "<" at the end of one and "clock" at the start of the next would form a tag.
  if (!out) return out;
  for (const std::string_view outside : {"inputs.", "input", "input.", "previous.output", "after.output"})
    if (uses_token(text, outside)) return escape_clock(*out);
  return out;
}

Result<Json> render_json(Json value, const TemplateValues& values, const Encode& encode) {
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    auto rendered = encode ? render(text, values, encode) : render(text, values);
    if (!rendered) return rendered.error();
    return Json(std::move(*rendered));
  }
  if (!value.is_structured()) return value;
  for (Json& element : value) {
    auto rendered = render_json(std::move(element), values, encode);
    if (!rendered) return rendered;
    element = std::move(*rendered);
  }
  return value;
}

std::vector<std::string> check_template(std::string_view text, const std::set<std::string>& inputs,
                                        const std::set<std::string>& args, const std::vector<std::string>& message) {
  std::vector<std::string> faults;
  std::size_t at = 0;
  while (const auto token = next_token(text, at)) {
    if (auto found = fault(*token, inputs, args, message)) faults.push_back(std::move(*found));
    at = token->end;
  }
  return faults;
}

bool has_token(std::string_view text) { return next_token(text, 0).has_value(); }

bool uses_token(std::string_view text, std::string_view name) {
  for (std::size_t at = 0; const auto token = next_token(text, at); at = token->end)
    if (token->name == name || (name.ends_with('.') && token->name.starts_with(name))) return true;
  return false;
}

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
    Known{"previous.output", TokenKind::outside},
    Known{"after.output", TokenKind::outside},
    Known{"input", TokenKind::outside},
};

constexpr std::string_view inputs_prefix = "inputs.";
constexpr std::string_view args_prefix = "args.";
constexpr std::string_view input_prefix = "input.";

Token parse_inside(std::string_view inside) {
  Token token;
  const std::size_t colon = inside.find(':');
  token.name = trimmed(inside.substr(0, colon), " \t");
  if (colon != std::string_view::npos) token.format = trimmed(inside.substr(colon + 1), " \t");
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
  if (name.starts_with(input_prefix) && name.size() > input_prefix.size()) return TokenKind::outside;

  std::vector<std::string> candidates = message;
  for (const Known& known : known_tokens) candidates.emplace_back(known.name);
  candidates.insert(candidates.end(), {"inputs.NAME", "args.NAME", "input.NAME"});
  const std::string fault = "{{" + std::string(name) + "}} is not a known token";
  if (const auto near = nearest_name(name, candidates)) return invalid(fault + "; did you mean {{" + *near + "}}?");
  return invalid(fault + "; known are " + joined(candidates));
}

std::string_view member_of(std::string_view name) { return name.substr(name.find('.') + 1); }

}  // namespace nowd
