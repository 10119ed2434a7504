#include "tools/calls/http_template.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "domain/prompt/template.hpp"
#include "foundation/json.hpp"
#include "foundation/text/url.hpp"
#include "foundation/text/words.hpp"
namespace nowd {
namespace {

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

/// The template's parts. It is split before values are filled in, so that no value can move a border.
struct Parts {
  std::string scheme, host, port, path, query;
};

Result<Parts> split_template(std::string_view url) {
  const std::string quoted = "url '" + std::string(url) + "' ";
  const bool plain =
      std::all_of(url.begin(), url.end(), [](char c) { return static_cast<unsigned char>(c) > 0x1F && c != 0x7F; });
  if (!plain) return invalid("a url has a control character in it");
  const UrlParts split = split_url(url);
  Parts parts{lower(split.scheme), lower(split.host), std::string(split.port.value_or("")), std::string(split.path),
              std::string(split.query)};
  if (parts.scheme != "http" && parts.scheme != "https") return invalid(quoted + "must begin with http:// or https://");
  if (split.authority.find('@') != std::string_view::npos)
    return invalid("a url may hold no user and password; use headers with ${credential:NAME}");
  if (split.host.find('{') != std::string_view::npos) parts.host = split.host;  // names of slots have cases
  if (parts.host.empty()) return invalid(quoted + "names no host");
  if (parts.port.find_first_not_of("0123456789") != std::string::npos || parts.port.size() > 5)
    return invalid(quoted + "must have a fixed port");
  return parts;
}

class Filler {
 public:
  Filler(const Json& arguments, const TemplateValues& values) : arguments_(arguments), values_(values) {}

  Result<std::string> operator()(const std::string& part, const Encode& encode) {
    const auto rendered = render(part, values_, encode);
    if (!rendered) return rendered.error();
    std::string out;
    std::string_view rest = *rendered;
    for (std::size_t open = rest.find('{'); open != std::string_view::npos; open = rest.find('{')) {
      const std::size_t close = rest.find('}', open);
      if (close == std::string_view::npos) return invalid("url has a '{' without its '}'");
      const auto value = argument(std::string(rest.substr(open + 1, close - open - 1)));
      if (!value) return value.error();
      out += rest.substr(0, open);
      out += encode(*value);
      rest.remove_prefix(close + 1);
    }
    return out += rest;
  }

  std::set<std::string> used;

 private:
  Result<std::string> argument(const std::string& name) {
    used.insert(name);
    if (!arguments_.is_object() || !arguments_.contains(name))
      return invalid("argument '" + name + "' is missing: the url needs it");
    const auto text = scalar_text(arguments_[name]);
    if (!text)
      return invalid("argument '" + name + "' must be a text, a number or a truth value: it stands in the url");
    return *text;
  }

  const Json& arguments_;
  const TemplateValues& values_;
};

/// curl and servers resolve "." and "..", also in encoded form.
bool is_dots(std::string segment) {
  for (std::size_t at = segment.find('%'); at != std::string::npos; at = segment.find('%', at + 1))
    if (lower(segment.substr(at, 3)) == "%2e") segment.replace(at, 3, ".");
  return segment == "." || segment == "..";
}

std::vector<std::string> pieces(std::string_view text, std::string_view separators) {
  std::vector<std::string> out;
  while (true) {
    const std::size_t end = text.find_first_of(separators);
    out.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + 1);
  }
}

/// Fills the path segment by segment, so that each segment is checked as a whole.
Result<std::string> fill_path(const std::string& path, Filler& fill) {
  bool climbs = false;
  const auto encode = [&](std::string_view value) {
    for (const std::string& piece : pieces(value, "/\\")) climbs = climbs || piece == "." || piece == "..";
    return percent_encoded(value);
  };
  std::string out;
  bool first = true;
  for (const std::string& segment : pieces(path, "/")) {
    const auto filled = fill(segment, encode);
    if (!filled) return filled.error();
    const bool has_slot = segment.find('{') != std::string::npos;
    if (has_slot && (climbs || filled->empty() || is_dots(*filled)))
      return invalid("the url's '" + segment +
                     "' has a value that would change the path: it may be neither empty nor '.' "
                     "nor '..'");
    out += (std::exchange(first, false) ? "" : "/") + *filled;
  }
  return out;
}

bool is_host(std::string_view host) {
  return !host.empty() && host.size() <= 253 && host.front() != '.' && host.front() != '-' &&
         std::all_of(host.begin(), host.end(), [](char c) { return is_letter_or_digit(c) || c == '-' || c == '.'; });
}

Result<std::string> fill_host(const Parts& parts, Filler& fill, const std::vector<std::string>& hosts) {
  if (parts.host.find('{') == std::string::npos) return parts.host;
  const auto filled = fill(parts.host, unchanged_value);
  if (!filled) return filled.error();
  const std::string host = lower(*filled);
  const bool listed = std::any_of(hosts.begin(), hosts.end(), [&](const std::string& entry) {
    return lower(entry) == host || lower(entry) == host + ":" + parts.port;
  });
  if (is_host(host) && listed) return host;
  return refused("host '" + host + "' is not in the tool's list of hosts");
}

}  // namespace

std::optional<std::string> scalar_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number() || value.is_boolean()) return dump_json(value);
  return std::nullopt;
}

Result<FilledUrl> fill_url(std::string_view url_template, const Json& arguments, const TemplateValues& values,
                           const std::vector<std::string>& hosts) {
  const auto parts = split_template(url_template);
  if (!parts) return parts.error();
  Filler fill(arguments, values);
  const auto host = fill_host(*parts, fill, hosts);
  if (!host) return host.error();
  const auto path = fill_path(parts->path, fill);
  if (!path) return path.error();
  const auto query = fill(parts->query, percent_encoded);
  if (!query) return query.error();
  const std::string server = parts->scheme + "://" + *host;
  FilledUrl out;
  out.url = server + (parts->port.empty() ? "" : ":" + parts->port) + *path + *query;
  out.origin = server + ":" + (parts->port.empty() ? std::string(default_port(parts->scheme)) : parts->port);
  out.used = std::move(fill.used);
  return out;
}

std::string with_query(std::string url, const Json& arguments, const std::set<std::string>& omitted) {
  const auto add = [&](const std::string& name, const Json& value) {
    const std::string text = scalar_text(value).value_or(value.is_null() ? "" : dump_json(value));
    url += url.find('?') == std::string::npos ? '?' : '&';
    url += percent_encoded(name) + "=" + percent_encoded(text);
  };
  if (!arguments.is_object()) return url;
  for (const auto& [name, value] : arguments.items()) {
    if (omitted.contains(name) || value.is_null()) continue;
    if (!value.is_array()) add(name, value);
    if (value.is_array())
      for (const Json& element : value) add(name, element);
  }
  return url;
}

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

/// True if a JSON text is inside a string after `piece`.
bool inside_string(std::string_view piece, bool inside) {
  for (std::size_t at = 0; at < piece.size(); ++at) {
    if (inside && piece[at] == '\\')
      ++at;
    else if (piece[at] == '"')
      inside = !inside;
  }
  return inside;
}

/// The argument of a token, if it is not a text.
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
