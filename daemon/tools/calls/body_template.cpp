#include "tools/calls/body_template.hpp"

#include <nlohmann/json.hpp>

#include "domain/prompt/template.hpp"
#include "foundation/json.hpp"
#include "foundation/text/url.hpp"
#include "foundation/text/words.hpp"
#include "tools/calls/url_slots.hpp"

namespace nowd {
namespace {

std::string in_json_string(std::string_view value) {
  const std::string quoted = dump_json(Json(value));
  return quoted.substr(1, quoted.size() - 2);
}

}  // namespace

BodyKind body_kind(std::string_view content_type, std::string_view body_template) {
  const auto has = [&](std::string_view word) { return content_type.find(word) != std::string_view::npos; };
  if (has("json")) return BodyKind::json;
  if (has("x-www-form-urlencoded")) return BodyKind::form;
  if (has("xml") || has("html")) return BodyKind::markup;
  const std::size_t first = body_template.find_first_not_of(" \t\r\n");
  const bool like_json = first != std::string_view::npos &&
                         (body_template[first] == '[' || body_template[first] == '{') &&
                         body_template.substr(first, 2) != "{{";
  return content_type.empty() && like_json ? BodyKind::json : BodyKind::plain;
}

std::string_view default_content_type(BodyKind kind) {
  switch (kind) {
    case BodyKind::json:
      return "application/json";
    case BodyKind::form:
      return "application/x-www-form-urlencoded";
    case BodyKind::markup:
      return "application/xml";
    case BodyKind::plain:
      return "text/plain; charset=utf-8";
  }
  return "text/plain; charset=utf-8";
}

namespace {

/// Whether a JSON text is inside a string after `piece`.
bool inside_string(std::string_view piece, bool inside) {
  for (std::size_t at = 0; at < piece.size(); ++at) {
    if (inside && piece[at] == '\\')
      ++at;
    else if (piece[at] == '"')
      inside = !inside;
  }
  return inside;
}

/// The argument that a token stands for, if it is one that is no text.
const Json* structured_argument(const Token& token, const Json& arguments) {
  if (!token.name.starts_with("args.") || !arguments.is_object()) return nullptr;
  const auto found = arguments.find(std::string(member_of(token.name)));
  return found == arguments.end() || found->is_string() ? nullptr : &*found;
}

Result<std::string> fill_json(std::string_view text, const TemplateValues& values, const Json& arguments) {
  std::string out;
  std::size_t at = 0;
  bool inside = false;
  while (const auto token = next_token(text, at)) {
    const std::string_view before = text.substr(at, token->begin - at);
    const auto value = render(text.substr(token->begin, token->end - token->begin), values,
                              [](std::string_view each) { return std::string(each); });
    if (!value) return value;
    inside = inside_string(before, inside);
    out += before;
    if (inside)
      out += in_json_string(*value);
    else if (const Json* argument = structured_argument(*token, arguments))
      out += dump_json(*argument);
    else
      out += dump_json(Json(*value));
    at = token->end;
  }
  return out.append(text.substr(at));
}

}  // namespace

Result<std::string> fill_body(std::string_view body_template, BodyKind kind, const TemplateValues& values,
                              const Json& arguments) {
  const Encode encode = kind == BodyKind::form     ? percent_encoded
                        : kind == BodyKind::markup ? +[](std::string_view value) { return escape_markup(value); }
                                                   : unchanged_value;
  if (kind != BodyKind::json) return render(body_template, values, encode);
  auto body = fill_json(body_template, values, arguments);
  if (!body) return body;
  if (const auto parsed = parse_json(*body); !parsed)
    return invalid("the body is " + parsed.error().message + " once its values are filled in; check the template");
  return body;
}

}  // namespace nowd
