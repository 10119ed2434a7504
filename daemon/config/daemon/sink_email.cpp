// email: the mail server, who writes and who reads.
#include <algorithm>
#include <cctype>

#include "config/actions/template_check.hpp"
#include "config/daemon/provider_section.hpp"
#include "config/daemon/sink_section.hpp"
#include "config/yaml/mapping.hpp"
#include "domain/delivery/outbox.hpp"
#include "foundation/text/url.hpp"

namespace nowd {
namespace {

constexpr std::string_view server_remedy = "write smtps://HOST:465, or smtp://HOST:587 for STARTTLS";

/// By its text: a name that begins with 127. is not this host.
bool is_local_server(std::string_view host) {
  const bool is_ipv4 = host.find_first_not_of("0123456789.") == std::string_view::npos;
  return host == "localhost" || host == "[::1]" || (is_ipv4 && host.starts_with("127."));
}

bool is_host(std::string_view host) {
  if (host.starts_with('[')) return host.ends_with(']') && host.size() > 3;
  return !host.empty() && std::all_of(host.begin(), host.end(), [](unsigned char c) {
    return std::isalnum(c) || c == '.' || c == '-' || c == '_';
  });
}

std::optional<std::string> server_fault(std::string_view server) {
  const UrlParts parts = split_url(server);
  if (parts.scheme != "smtp" && parts.scheme != "smtps")
    return in_quotes(server) + " is not a mail server; " + std::string(server_remedy);
  if (server.find('@') != std::string_view::npos)  // not quoted: there may be a password in it
    return "holds a user name or password; write user: and password: {credential: NAME}";
  if (!is_host(parts.host) || (parts.port && !is_port(*parts.port)) || !parts.resource.empty())
    return in_quotes(server) + " is no host with a port; " + std::string(server_remedy);
  return std::nullopt;
}

/// Only what goes wrong when people write: the mail server is the judge of the rest.
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
  assign(out.tls, map["tls"].choice(tls_words));
  auto text = server.filled_text();
  if (!text) return;
  if (auto fault = server_fault(*text)) return server.error(*fault);
  const bool none = out.tls == EmailSink::Tls::none;
  if (none && text->starts_with("smtps:"))
    map["tls"].error("none contradicts smtps://; remove it, or write smtp://");
  else if (none && !is_local_server(split_url(*text).host))
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
    to.error("names nobody; write at least one address: [ops@example.com]");
  for (const std::string& address : out.to) check_address(to, address);
}

void read_login(const Mapping& map, const std::string& folder, EmailSink& out) {
  assign(out.user, map["user"].filled_text());
  assign(out.password, read_secret_source(map["password"], folder));
  if (map.has("user") && !map.has("password"))
    map["user"].error("has no password beside it; write password: {credential: NAME}");
  if (map.has("password") && !map.has("user")) map["password"].error("has no user beside it; write user: NAME");
}

}  // namespace

EmailSink read_email_sink(const Field& field, const std::string& folder) {
  const Mapping map(field, Section::email_sink);
  EmailSink out;
  read_server(map, out);
  read_people(map, out);
  read_login(map, folder, out);
  assign(out.subject, map["subject"].filled_text());
  if (map.has("subject"))
    check_templates(map["subject"], {.inputs = {}, .args = {}, .message = message_tokens(MessagePlace::beside_text)});
  return out;
}

}  // namespace nowd
