#include "config/daemon/sections.hpp"

#include <algorithm>
#include <cctype>

#include "config/actions/checks.hpp"
#include "config/actions/sections.hpp"
#include "config/table/daemon_table.hpp"
#include "domain/delivery/outbox.hpp"
#include "domain/prompt/template.hpp"

namespace nowd {
namespace {

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
  const Mapping map(field, table_of<SuccessRule>());
  const Field place = map.required("pointer", "say where the answer reports it: success: {pointer: /ok, value: true}");
  const Field value = map.required("value", "write the value that means success: success: {pointer: /ok, value: true}");
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
  WebhookSink out;
  const Mapping map = read_section(field, out).map();
  const Field url = map.required("url", "write url: https://… or url: ${credential:NAME}");
  if (auto text = url.filled_text()) {
    check_webhook_url(url, *text);
    out.url = std::move(*text);
  }
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
  const Mapping map(field, table_of<FileSink>());
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
  Sink out;
  out.name = name;
  const Mapping map = read_section(field, out).map();
  const auto kind = map.only_one({"webhook", "email", "file", "exec"}, "a sink is of one kind");
  if (kind == "webhook") out.target = read_webhook(map["webhook"]);
  if (kind == "email") out.target = read_email_sink(map["email"], folder);
  if (kind == "file") out.target = read_file_sink(map["file"]);
  if (kind == "exec") out.target = read_exec_sink(map["exec"]);
  if (field.report().errors() != before) return std::nullopt;
  return out;
}

namespace {

constexpr std::string_view server_remedy = "write smtps://HOST:465, or smtp://HOST:587 for STARTTLS";

/// By its text: a name that begins with 127. is not this host.
bool is_local_server(std::string_view host) {
  const bool is_ipv4 = host.find_first_not_of("0123456789.") == std::string_view::npos;
  return host == "localhost" || host == "[::1]" || (is_ipv4 && host.starts_with("127."));
}

bool is_mail_port(std::string_view port) {
  return !port.empty() && port.size() <= 5 &&
         std::all_of(port.begin(), port.end(), [](unsigned char c) { return std::isdigit(c); }) &&
         std::stoi(std::string(port)) >= 1 && std::stoi(std::string(port)) <= 65'535;
}

bool is_host(std::string_view host) {
  if (host.starts_with('[')) return host.ends_with(']') && host.size() > 3;
  return !host.empty() && std::all_of(host.begin(), host.end(), [](unsigned char c) {
    return std::isalnum(c) || c == '.' || c == '-' || c == '_';
  });
}

std::optional<std::string> server_fault(std::string_view server) {
  const std::size_t scheme = server.find("://");
  const std::string_view name = server.substr(0, std::min(scheme, server.size()));
  if (scheme == std::string_view::npos || (name != "smtp" && name != "smtps"))
    return in_quotes(server) + " is not a mail server; " + std::string(server_remedy);
  const std::string_view authority = server.substr(scheme + 3);
  if (authority.find('@') != std::string_view::npos)  // not quoted: there may be a password in it
    return "holds a user name or password; write user: and password: {credential: NAME}";
  const std::string_view host = host_of(server);
  const std::string_view rest = authority.substr(host.size());
  if (!is_host(host) || (!rest.empty() && (rest.front() != ':' || !is_mail_port(rest.substr(1)))))
    return in_quotes(server) + " is no host with a port; " + std::string(server_remedy);
  return std::nullopt;
}

/// Finds common slips of people; the mail server judges the rest.
bool is_address(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos || at == 0 || text.size() > 254) return false;
  constexpr std::string_view forbidden = "<>()[],;:\\\"";
  const auto plain = [&](unsigned char c) {
    return c > 0x20 && c < 0x7f && forbidden.find(static_cast<char>(c)) == forbidden.npos;
  };
  const std::string_view domain = text.substr(at + 1);
  return std::all_of(text.begin(), text.end(), plain) && is_host(domain) && !domain.starts_with('.') &&
         !domain.ends_with('.') && domain.find("..") == std::string_view::npos;
}

void check_address(const Field& field, const std::string& address) {
  if (!is_address(address))
    field.error(in_quotes(address) + " is not an e-mail address; write name@example.com, without a display name");
}

void read_server(const Mapping& map, EmailSink& out) {
  const Field server = map.required("server", server_remedy);
  auto text = server.filled_text();
  if (!text) return;
  if (auto fault = server_fault(*text)) return server.error(*fault);
  const bool none = out.tls == EmailSink::Tls::none;
  if (none && text->starts_with("smtps:"))
    map["tls"].error("none contradicts smtps://; remove it, or write smtp://");
  else if (none && !is_local_server(host_of(*text)))
    map["tls"].error("none is for servers on this host only (localhost); remove it");
  out.server = std::move(*text);
}

void read_people(const Mapping& map, EmailSink& out) {
  const Field from = map.required("from", "write from: nowd@example.com");
  if (auto text = from.filled_text()) {
    check_address(from, *text);
    out.from = std::move(*text);
  }
  const Field to = map.required("to", "write to: [ops@example.com]");
  assign(out.to, to.texts());
  if (to.is(Node::Kind::sequence) && to.node().items.empty())
    to.error("has no address; write at least one: [ops@example.com]");
  for (const std::string& address : out.to) check_address(to, address);
}

void read_login(const Mapping& map, const std::string& folder, EmailSink& out) {
  assign(out.password, read_secret_source(map["password"], folder));
  if (map.has("user") && !map.has("password"))
    map["user"].error("has no password beside it; write password: {credential: NAME}");
  if (map.has("password") && !map.has("user")) map["password"].error("has no user beside it; write user: NAME");
}

}  // namespace

EmailSink read_email_sink(const Field& field, const std::string& folder) {
  EmailSink out;
  const Mapping map = read_section(field, out).map();
  read_server(map, out);
  read_people(map, out);
  read_login(map, folder, out);
  if (map.has("subject"))
    check_templates(map["subject"], {.inputs = {}, .args = {}, .message = message_tokens(MessagePlace::beside_text)});
  return out;
}

}  // namespace nowd
