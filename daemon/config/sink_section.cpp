#include "config/sink_section.hpp"

#include "config/action_section.hpp"
#include "config/mapping.hpp"
#include "config/url.hpp"
#include "domain/clocks/token.hpp"
#include "domain/delivery/message.hpp"

namespace nowd {
namespace {

constexpr milliseconds longest_attempt{minutes{10}};

TemplateScope scope_of(MessagePlace place) { return {.inputs = {}, .args = {}, .message = message_tokens(place)}; }

ActionUse use_of(MessagePlace place) { return {.by = ActionUse::By::input, .scope = scope_of(place)}; }

/// A whole URL may be a secret, as those of chat servers are; then only its slot can be judged.
void check_webhook_url(const Field& field, const std::string& url) {
  check_secret_slots(field);
  refuse_templates(field, "a sink's URL is fixed; put values into headers or the body");
  if (url.starts_with("${")) return;
  if (auto fault = url_fault(url)) field.error(*fault + ", or be a secret: ${credential:NAME}");
}

WebhookSink read_webhook(const Field& field) {
  const Mapping map(field, Section::webhook_sink);
  WebhookSink out;
  const Field url = map.required("url", "write url: https://… or url: ${credential:NAME}");
  if (auto text = url.filled_text()) {
    check_webhook_url(url, *text);
    out.url = std::move(*text);
  }
  assign(out.form, map["form"].choice(webhook_form_words));
  if (map.has("headers")) out.headers = read_headers(map["headers"], use_of(MessagePlace::beside_text));
  if (!map.has("body")) return out;
  const Field body = map["body"];
  if (out.form != WebhookSink::Form::json)
    body.error("is for form: json only; a form that is ready has a body of its own. Remove one of them");
  assign(out.body, body.json());
  check_templates_in(out.body, body, scope_of(MessagePlace::all));
  return out;
}

/// A format may not bring a "/" into a path either: the file would be refused when it is due.
void check_path_formats(const Field& path, std::string_view text) {
  for (std::size_t at = 0; const auto token = next_token(text, at); at = token->end)
    if (token->format && token->format->find('/') != std::string_view::npos)
      path.error("{{" + std::string(token->name) + "}} has a '/' in its format, which would name a folder; write '-'");
}

FileSink read_file_sink(const Field& field) {
  const Mapping map(field, Section::file_sink);
  FileSink out;
  const Field path = map.required("path", "write path: /srv/reports/{{job}}/{{today}}.md");
  const auto text = path.filled_text();
  if (!text) return out;
  if (!text->starts_with('/'))
    path.error(in_quotes(*text) + " is not absolute; begin it with '/'");
  else if (text->ends_with('/'))
    path.error(in_quotes(*text) + " is a folder; name a file in it");
  else if ((*text + "/").find("/../") != std::string::npos)
    path.error(in_quotes(*text) + " climbs with '..'; write the path itself");
  check_path_formats(path, *text);
  check_templates(path, scope_of(MessagePlace::path));
  out.path = *text;
  return out;
}

ExecSink read_exec_sink(const Field& field) {
  ExecSink out;
  const auto action = read_exec(field, use_of(MessagePlace::beside_text));
  if (!action) return out;
  if (field.is(Node::Kind::sequence)) refuse_templates(field.items().front(), "the command itself is fixed");
  out.argv = action->argv;
  return out;
}

}  // namespace

std::optional<Sink> read_sink(const std::string& name, const Field& field, const std::string& folder) {
  const std::size_t before = field.report().errors();
  const Mapping map(field, Section::sink);
  Sink out;
  out.name = name;
  const auto kind = map.only_one({"webhook", "email", "file", "exec"}, "a sink is of one kind");
  if (kind == "webhook") out.target = read_webhook(map["webhook"]);
  if (kind == "email") out.target = read_email_sink(map["email"], folder);
  if (kind == "file") out.target = read_file_sink(map["file"]);
  if (kind == "exec") out.target = read_exec_sink(map["exec"]);
  assign(out.timeout, map["timeout"].duration(milliseconds{100}, longest_attempt));
  if (field.report().errors() != before) return std::nullopt;
  return out;
}

}  // namespace nowd
