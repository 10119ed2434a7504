// http: method, URL, headers, body and where it may go.
#include <algorithm>
#include <cctype>

#include "config/actions/checks.hpp"
#include "config/actions/sections.hpp"
#include "config/table/job_table.hpp"
#include "domain/prompt/template.hpp"
#include "foundation/text/nearest.hpp"
#include "foundation/text/url.hpp"
#include "foundation/text/words.hpp"

namespace nowd {
namespace {

bool is_token_character(char c) {  // RFC 9110, 5.6.2
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool usually_secret(std::string_view header) {
  for (std::string_view name : {"authorization", "proxy-authorization", "x-api-key", "api-key", "cookie"})
    if (equal_without_case(header, name)) return true;
  return false;
}

/// "{id}" in a tool's URL is an argument, percent-encoded by nowd.
void check_slots(const Field& url, const ActionUse& use) {
  const std::string& text = url.node().text;
  for (std::size_t at = text.find('{'); at != std::string::npos; at = text.find('{', at + 1)) {
    const std::size_t end = text.find('}', at);
    const std::string name = text.substr(at + 1, end == std::string::npos ? end : end - at - 1);
    if (end == std::string::npos || name.empty() || name.find('{') != std::string::npos)
      return url.error("has a '{' that is no {argument} slot; write %7B if the brace is meant");
    if (!use.any_argument && !use.scope.args.contains(name))
      url.error("slot {" + name + "} is no argument of this tool" +
                did_you_mean(name, {use.scope.args.begin(), use.scope.args.end()}));
    at = end;
  }
}

void check_url(const Field& field, const std::string& url, const HttpAction& action, const ActionUse& use) {
  if (auto fault = url_fault(url)) return field.error(*fault);
  if (split_url(url).host.find('{') != std::string_view::npos && action.hosts.empty())
    field.error("leaves the host open; list the allowed ones: hosts: [api.example.com]");
  if (use.by == ActionUse::By::input) return check_templates(field, use.scope);
  if (has_token(url)) return refuse_templates(field, "a tool's URL takes {argument} slots");
  check_slots(field, use);
}

void check_header(const Member& member, const Field& value, const ActionUse& use) {
  const std::string& name = member.key;
  if (name.empty() || !std::all_of(name.begin(), name.end(), is_token_character))
    value.report().error(member.mark, in_quotes(name) + " is not a header name; use letters, digits and '-'");
  if (!value.is(Node::Kind::scalar)) return;
  const std::string& text = value.node().text;
  if (text.find_first_of("\r\n") != std::string::npos)
    value.error("has a line break, which no header can hold; remove it");
  if (usually_secret(name) && text.find("${") == std::string::npos)
    value.warning("holds its secret in the file, and so in the ledger; use ${credential:NAME} or ${env:NAME}");
  check_secret_slots(value);
  if (use.by == ActionUse::By::input)
    check_templates(value, use.scope);
  else
    refuse_templates(value, "nowd sends the dates as X-Nowd-* headers");
}

void read_hosts(const Field& field, HttpAction& action) {
  auto hosts = field.texts();
  if (!hosts) return;
  for (const std::string& host : *hosts)
    if (host.empty() || host.find_first_of("/@ {}") != std::string::npos)
      field.error(in_quotes(host) + " is not a host name; write names only, without scheme or path");
  action.hosts = std::move(*hosts);
}

/// A tool without properties may be given any argument, so every {{args.NAME}} is good there.
void check_body(const Field& body, const ActionUse& use) {
  TemplateScope scope = use.scope;
  if (use.any_argument) {
    allow_named(body.node().text, scope);
    scope.inputs = use.scope.inputs;
  }
  check_templates(body, scope);
}

}  // namespace

std::map<std::string, std::string> read_headers(const Field& field, const ActionUse& use) {
  std::map<std::string, std::string> headers;
  for (const auto& [member, value] : field.entries()) {
    check_header(*member, value, use);
    if (auto text = value.text()) headers[member->key] = std::move(*text);
  }
  return headers;
}

std::optional<HttpAction> read_http(const Field& field, const ActionUse& use) {
  if (!field.present()) return std::nullopt;
  const std::size_t before = field.report().errors();
  HttpAction action;
  const Mapping http = read_section(field, action).map();
  if (http["hosts"].present()) read_hosts(http["hosts"], action);
  if (http["headers"].present()) action.headers = read_headers(http["headers"], use);
  if (auto body = http["body"].text()) {
    check_body(http["body"], use);
    action.body = std::move(*body);
  }
  const Field url = http.required("url", "write url: https://…");
  if (auto text = url.filled_text()) {
    check_url(url, *text, action, use);
    action.url = std::move(*text);
  }
  if (field.report().errors() != before) return std::nullopt;
  return action;
}

}  // namespace nowd
