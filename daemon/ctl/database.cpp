#include "ctl/database.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "config/load.hpp"
#include "ctl/report.hpp"

namespace nowd::ctl {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'; }
bool is_login(std::string_view key) { return key == "user" || key == "password"; }

/// End of a conninfo value that starts at `at`: 'quoted' or bare, with backslash escapes in both.
std::size_t end_of_value(std::string_view text, std::size_t at) {
  const bool quoted = at < text.size() && text[at] == '\'';
  if (quoted) ++at;
  while (at < text.size() && (quoted ? text[at] != '\'' : !is_space(text[at]))) at += text[at] == '\\' ? 2 : 1;
  return std::min(text.size(), quoted ? at + 1 : at);
}

/// "key = 'value' …" (libpq, 34.1.1.1): the pairs but those of the login, as they were written.
std::string pairs_without_login(std::string_view text) {
  std::string out;
  std::size_t at = 0;
  while (true) {
    while (at < text.size() && is_space(text[at])) ++at;
    if (at == text.size()) return out;
    const std::size_t begin = at;
    while (at < text.size() && text[at] != '=' && !is_space(text[at])) ++at;
    const std::string_view key = text.substr(begin, at - begin);
    while (at < text.size() && (is_space(text[at]) || text[at] == '=')) ++at;
    at = end_of_value(text, at);
    if (is_login(key)) continue;
    out += (out.empty() ? "" : " ") + std::string(text.substr(begin, at - begin));
  }
}

/// "postgresql://user:password@host/db?user=…" without the userinfo and the two parameters.
std::string url_without_login(std::string_view text) {
  const std::size_t authority = text.find("://") + 3;
  const std::size_t end = std::min(text.find_first_of("/?", authority), text.size());
  const std::string_view hosts = text.substr(authority, end - authority);
  const std::size_t at = hosts.rfind('@');
  std::string out(text.substr(0, authority));
  out += at == std::string_view::npos ? hosts : hosts.substr(at + 1);
  const std::size_t query = std::min(text.find('?', end), text.size());
  out += text.substr(end, query - end);
  char separator = '?';
  for (std::size_t begin = query + 1; begin <= text.size() && query < text.size();) {
    const std::size_t next = std::min(text.find('&', begin), text.size());
    const std::string_view parameter = text.substr(begin, next - begin);
    if (!is_login(parameter.substr(0, parameter.find('=')))) {
      out += separator + std::string(parameter);
      separator = '&';
    }
    begin = next + 1;
  }
  return out;
}

std::optional<std::string> first_error(const LoadedConfig& loaded) {
  for (const Diagnostic& one : loaded.diagnostics)
    if (one.severity == Diagnostic::Severity::error) return one.str();
  return std::nullopt;
}

/// An `invalid` one (no schema) says itself what to do.
std::string with_remedy(const Error& error) {
  std::string text = error.message;
  text.resize(std::min(text.find(" Is the server running"), text.size()));  // libpq asks back
  if (error.kind == ErrorKind::unavailable) text += "; see whether Postgres runs, or name another with --database";
  if (error.kind == ErrorKind::refused)
    text += "; check the database's name, or log in as a role that may: --database \"… user=NAME\"";
  return text;
}

}  // namespace

std::string without_login(std::string_view conninfo) {
  const bool is_url = conninfo.starts_with("postgres://") || conninfo.starts_with("postgresql://");
  return is_url ? url_without_login(conninfo) : pairs_without_login(conninfo);
}

Result<std::string> database_of(const Globals& globals) {
  if (!globals.database.empty()) return globals.database;
  const LoadedConfig loaded = load_config(globals.config);
  // A fault elsewhere in the file must not keep anybody from looking at the ledger.
  if (!loaded.config.database.empty()) return without_login(loaded.config.database);
  // Somebody who named a file wants to know that it is broken. One without `database` leaves libpq's PG* variables.
  if (const auto error = first_error(loaded); error && globals.config_named) return invalid(*error);
  return std::string();
}

int with_ledger(const Globals& globals, const std::function<int(LedgerReader&)>& action) {
  const Result<std::string> database = database_of(globals);
  if (!database) return fail(database.error());
  Result<LedgerReader> reader = LedgerReader::open(*database);
  if (!reader) return fail(no_database, with_remedy(reader.error()));
  return action(*reader);
}

}  // namespace nowd::ctl
