#include "config/actions/checks.hpp"

#include <algorithm>

#include "config/yaml/report.hpp"
#include "domain/prompt/template.hpp"

namespace nowd {
namespace {

template <class Visit>
void each_token(std::string_view text, Visit visit) {
  for (std::size_t at = 0; const auto token = next_token(text, at); at = token->end) visit(*token);
}

bool is_secret_name(std::string_view name) {
  return !name.empty() && name.find_first_of("/${}\n ") == std::string_view::npos;
}

}  // namespace

Mark place_in(const Field& field, std::string_view text, std::size_t at) {
  const int column = field.node().block_column;
  if (column == 0) return field.mark();
  const std::string_view before = text.substr(0, at);
  const auto line = std::count(before.begin(), before.end(), '\n');
  const std::size_t line_start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  return {field.mark().line + 1 + static_cast<int>(line), column + static_cast<int>(at - line_start)};
}

void check_templates(const Field& field, const TemplateScope& scope) {
  if (!field.is(Node::Kind::scalar)) return;
  const std::string& text = field.node().text;
  each_token(text, [&](const Token& token) {
    const auto faults =
        check_template(text.substr(token.begin, token.end - token.begin), scope.inputs, scope.args, scope.message);
    for (const std::string& fault : faults)
      field.report().error(place_in(field, text, token.begin), field.path() + ": " + fault);
  });
}

void check_templates_in(const Json& value, const Field& field, const TemplateScope& scope) {
  if (value.is_string()) {
    for (const std::string& fault :
         check_template(value.get_ref<const std::string&>(), scope.inputs, scope.args, scope.message))
      field.error(fault);
  } else if (value.is_structured()) {
    for (const Json& inner : value) check_templates_in(inner, field, scope);
  }
}

void refuse_templates(const Field& field, std::string_view remedy) {
  if (field.is(Node::Kind::scalar) && has_token(field.node().text))
    field.error("templates are not filled in here (" + in_quotes(field.node().text) + "); " + std::string(remedy));
}

void allow_named(std::string_view text, TemplateScope& scope) {
  each_token(text, [&](const Token& token) {
    if (token.name.starts_with("inputs.")) scope.inputs.emplace(member_of(token.name));
    if (token.name.starts_with("args.")) scope.args.emplace(member_of(token.name));
  });
}

void check_secret_slots(const Field& field) {
  if (!field.is(Node::Kind::scalar)) return;
  const std::string_view text = field.node().text;
  for (std::size_t at = text.find("${"); at != std::string_view::npos; at = text.find("${", at + 2)) {
    const std::size_t end = text.find('}', at);
    const std::string_view slot = text.substr(at + 2, end == std::string_view::npos ? end : end - at - 2);
    const std::size_t colon = slot.find(':');
    const std::string_view kind = slot.substr(0, colon);
    const bool good = end != std::string_view::npos && colon != std::string_view::npos &&
                      (kind == "credential" || kind == "env") && is_secret_name(slot.substr(colon + 1));
    if (!good) field.error("holds a '${' that is neither ${credential:NAME} nor ${env:NAME}; write one of these");
  }
}

std::optional<std::string> url_fault(std::string_view url) {
  if (!url.starts_with("http://") && !url.starts_with("https://"))
    return in_quotes(url) + " is not a URL that nowd can call; it must begin with http:// or https://";
  if (url.find_first_of(" \t\r\n") != std::string_view::npos && url.find("{{") == std::string_view::npos)
    return in_quotes(url) + " has a space in it; write %20";
  const std::string_view rest = url.substr(url.find("//") + 2);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  if (authority.find('@') != std::string_view::npos)  // not quoted: there may be a password in it
    return std::string("holds a user name or password; send it as a header with ${credential:NAME}");
  if (host_of(url).empty()) return in_quotes(url) + " has no host; write https://HOST/…";
  return std::nullopt;
}

std::string_view host_of(std::string_view url) {
  const std::size_t scheme = url.find("//");
  if (scheme == std::string_view::npos) return {};
  std::string_view host = url.substr(scheme + 2);
  host = host.substr(0, host.find_first_of("/?#"));
  const std::size_t colon = host.rfind(':');
  const bool in_brackets = host.starts_with('[') && host.find(']', colon == host.npos ? 0 : colon) != host.npos;
  return colon == std::string_view::npos || in_brackets ? host : host.substr(0, colon);
}

}  // namespace nowd
