#include "tools/body_template.hpp"

#include <nlohmann/json.hpp>

#include "foundation/json.hpp"
#include "tools/url_slots.hpp"

namespace nowd {
namespace {

std::string in_json_string(std::string_view value) {
  const std::string quoted = dump_json(Json(value));
  return quoted.substr(1, quoted.size() - 2);
}

std::string in_markup(std::string_view value) {
  std::string out;
  for (const char c : value) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
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

Result<std::string> fill_body(std::string_view body_template, BodyKind kind, const TemplateValues& values) {
  const Encode encode = kind == BodyKind::json     ? in_json_string
                        : kind == BodyKind::form   ? percent_encoded
                        : kind == BodyKind::markup ? in_markup
                                                   : [](std::string_view value) { return std::string(value); };
  auto body = render(body_template, values, encode);
  if (!body || kind != BodyKind::json) return body;
  if (const auto parsed = parse_json(*body); !parsed)
    return invalid("the body is " + parsed.error().message + " once its values are filled in; put quotes around texts");
  return body;
}

}  // namespace nowd
