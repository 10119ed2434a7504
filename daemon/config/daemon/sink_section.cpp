#include "config/daemon/sink_section.hpp"

#include "config/actions/action_section.hpp"
#include "config/actions/url.hpp"
#include "config/yaml/mapping.hpp"
#include "domain/delivery/outbox.hpp"
#include "domain/prompt/template.hpp"

namespace nowd {
namespace {

constexpr milliseconds max_attempt{minutes{10}};

TemplateScope scope_of(MessagePlace place) { return {.inputs = {}, .args = {}, .message = message_tokens(place)}; }

ActionUse use_of(MessagePlace place) { return {.by = ActionUse::By::input, .scope = scope_of(place)}; }

/// A whole URL may be a secret, as those of chat servers are; then only its slot can be judged.
void check_webhook_url(const Field& field, const std::string& url) {
  check_secret_slots(field);
  refuse_templates(field, "a sink's URL is fixed; put values into headers or the body");
  if (url.starts_with("${")) return;
  if (auto fault = url_fault(url)) field.error(*fault + ", or be a secret: ${credential:NAME}");
}

/// RFC 6901, without the empty one, which means all of the answer.
bool is_json_pointer(std::string_view text) {
  if (!text.starts_with('/')) return false;
  for (std::size_t at = text.find('~'); at != text.npos; at = text.find('~', at + 1))
    if (at + 1 == text.size() || (text[at + 1] != '0' && text[at + 1] != '1')) return false;
  return true;
}

std::optional<SuccessRule> read_success(const Field& field) {
  const Mapping map(field, Section::webhook_success);
  const Field place = map.required("pointer", "say where the answer tells it: success: {pointer: /ok, value: true}");
  const Field value = map.required("value", "say what stands there on success: success: {pointer: /ok, value: true}");
  const auto pointer = place.filled_text();
  auto wanted = value.json();
  if (!pointer || !wanted) return std::nullopt;
  if (!is_json_pointer(*pointer)) {
    place.error(in_quotes(*pointer) + " is not a JSON pointer; write it like /ok, with ~1 for '/' and ~0 for '~'");
    return std::nullopt;
  }
  return SuccessRule{*pointer, std::move(*wanted)};
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
  if (map.has("success")) {
    out.success = read_success(map["success"]);
    if (out.form != WebhookSink::Form::json)
      map["success"].error("is for form: json only; nowd knows the answers of the other forms. Remove it");
  }
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

/// As chmod has it: three octal digits, perhaps after a 0.
std::optional<unsigned> read_mode(const Field& field) {
  const auto text = field.filled_text();
  if (!text) return std::nullopt;
  const std::string_view digits = text->starts_with('0') ? std::string_view(*text).substr(1) : *text;
  const bool is_octal = digits.size() == 3 && digits.find_first_not_of("01234567") == std::string_view::npos;
  const unsigned mode = is_octal ? static_cast<unsigned>(std::stoul(*text, nullptr, 8)) : 0;
  if (!is_octal)
    field.error(in_quotes(*text) +
                " is not a file's mode; write it as chmod does: \"0640\", or \"0644\" for all to read");
  else if ((mode & 0600) != 0600)
    field.error(in_quotes(*text) + " would keep nowd itself from its file; begin with 6: \"0640\"");
  else
    return mode;
  return std::nullopt;
}

FileSink read_file_sink(const Field& field) {
  const Mapping map(field, Section::file_sink);
  FileSink out;
  assign(out.mode, read_mode(map["mode"]));
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
  assign(out.timeout, map["timeout"].duration(milliseconds{100}, max_attempt));
  if (field.report().errors() != before) return std::nullopt;
  return out;
}

}  // namespace nowd
