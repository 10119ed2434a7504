#include "config/actions/template_check.hpp"

#include <algorithm>

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

}  // namespace nowd
