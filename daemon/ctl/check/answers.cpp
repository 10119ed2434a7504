// What the answers of the world outside mean.
#include <algorithm>

#include "ctl/check/host.hpp"
#include "ctl/check/ledger.hpp"
#include "ctl/check/outside.hpp"
#include "providers/model_list.hpp"
#include "surface/text.hpp"

namespace nowd::ctl {
namespace {

Finding judge_models(const ProviderConfig& provider, const std::string& body, const std::string& seen) {
  const std::string thing = "provider " + provider.name;
  const auto names = model_names(body);
  if (!names) return found_ok("provider", thing, seen + "; its list of models cannot be read");
  if (lists_model(*names, provider.model)) return found_ok("provider", thing, seen + ", has " + provider.model);
  std::string known;
  for (std::size_t i = 0; i < std::min<std::size_t>(names->size(), 5); ++i)
    known += (i == 0 ? "" : ", ") + names->at(i);
  if (names->size() > 5) known += ", …";
  return found_warn("provider", thing, seen + ", does not list the model '" + provider.model + "'",
                    known.empty() ? "its list is empty: load a model there" : "it lists " + known);
}

}  // namespace

Finding judge_provider(const ProviderConfig& provider, const HttpOutcome& answer, bool with_key) {
  const std::string thing = "provider " + provider.name;
  if (!answer) {
    Finding away = of_error(Status::bad, "provider", thing, answer.error().error);
    if (away.remedy.empty()) away.remedy = "see whether the server runs, and base_url";
    return away;
  }
  const int status = answer->status;
  const std::string code = "HTTP " + std::to_string(status);
  const std::string seen =
      "reachable in " + human(std::max<nanoseconds>(milliseconds{1}, answer->ended.boot - answer->sent.boot));
  if (status == 200) return judge_models(provider, answer->body, seen);
  if (status == 401 || status == 403) {
    if (!with_key) return found_ok("provider", thing, seen + "; its key cannot be read here, so it was not tried");
    const bool has_key = provider.key.kind != SecretSource::Kind::none;
    return found_bad("provider", thing, (has_key ? "key refused (" : "it wants a key (") + code + ")",
                     has_key ? "renew the key, and put it where key: says" : "add key: to the provider");
  }
  if (status == 404 || status == 405 || status == 501) return found_ok("provider", thing, seen + ", has no model list");
  if (status == 429)
    return found_warn("provider", thing, "reachable, but it has enough of us (" + code + ")",
                      "see its limits and the account's balance");
  if (status >= 300 && status < 400)
    return found_bad("provider", thing, code + ": it sends elsewhere, which nowd never follows",
                     "write its final address as base_url: " + answer->header("location").value_or("(it names none)"));
  // A small server may break at a list that it does not have, and serve every call.
  if (status == 500)
    return found_warn("provider", thing, "reachable, but it answers " + code + " to a request for its models",
                      "it may serve calls all the same; see its log");
  if (status >= 500) return found_bad("provider", thing, "in trouble: " + code, "see its status page, or its log");
  return found_warn("provider", thing, "reachable, but it answers " + code + " to a request for its models",
                    "see base_url");
}

Finding judge_sink(const Sink& sink, const Result<std::string>& seen, bool as_daemon) {
  const std::string thing = "sink " + sink.name;
  if (seen) return found_ok("sink", thing, *seen);
  const bool of_user = std::holds_alternative<FileSink>(sink.target) && !as_daemon;
  Finding finding = of_error(of_user ? Status::warn : Status::bad, "sink", thing, seen.error());
  if (of_user) finding.remedy = "whether nowd may: sudo nowctl doctor sees it";
  return finding;
}

Finding judge_host(const HostUse& use, const std::string& fault) {
  if (fault.empty()) return found_ok("host", use.where, use.host + " resolves");
  return found_bad("host", use.where, use.host + " does not resolve: " + fault,
                   "check the name, and DNS on this host (getent hosts " + use.host + ")");
}

namespace {

constexpr int oldest_server = 150000;

Finding judge_rights(const ServerHealth& server) {
  const std::string thing = "rights of " + server.user;
  const auto is_in = [&](const char* group) { return std::ranges::find(server.groups, group) != server.groups.end(); };
  if (server.superuser) return found_ok("rights", thing, "superuser: may do everything");
  if (is_in("nowd_daemon")) return found_ok("rights", thing, "nowd_daemon: the daemon's own");
  if (is_in("nowd_operator")) return found_ok("rights", thing, "nowd_operator: may look, and ask for runs");
  if (is_in("nowd_reader"))
    return found_ok("rights", thing, "nowd_reader: may look; asking for runs takes nowd_operator");
  if (!server.has_groups) return found_ok("rights", thing, "nowd's roles are not on this server (migrate --no-roles)");
  return found_bad("rights", thing, "a member of neither nowd_reader nor nowd_operator",
                   "as an administrator: grant nowd_reader to \"" + server.user + "\"");
}

Finding judge_clock(const ServerHealth& server) {
  // The server read its clock at some moment between our two readings: half of the span either way.
  const microseconds half = std::chrono::ceil<microseconds>((server.after.boot - server.before.boot) / 2);
  return judge_offset(server.now - (server.before.wall + half), half);
}

}  // namespace

Findings judge_server(const Result<ServerHealth>& server, const std::optional<Error>& schema) {
  if (!server) {
    Finding away = of_error(Status::bad, "database", "database", server.error());
    away.value.resize(std::min(away.value.find(" Is the server running"), away.value.size()));  // libpq asks back
    const bool login = server.error().kind == ErrorKind::refused;
    if (away.remedy.empty())
      away.remedy = login ? "log in as a role that may: --database \"… user=NAME\""
                          : "see whether Postgres runs, or name another with --database";
    return {away};
  }
  Findings out;
  const std::string seen = "reachable, Postgres " + server->release + ", database " + server->database + ", " +
                           bytes_text(server->bytes) + ", as " + server->user;
  out.push_back(server->version >= oldest_server
                    ? found_ok("database", "database", seen)
                    : found_bad("database", "database", seen, "nowd needs Postgres 15 or later: upgrade the server"));
  if (server->shares_backend)
    out.push_back(found_bad("pooler", "database",
                            "two sessions met one server process: a pool in transaction mode is between",
                            "name Postgres itself under database:, or a pool in session mode"));
  out.push_back(judge_clock(*server));
  out.push_back(judge_rights(*server));
  out.push_back(schema ? of_error(Status::bad, "schema", "schema", *schema)
                       : found_ok("schema", "schema", "the one that this version knows"));
  return out;
}

}  // namespace nowd::ctl
