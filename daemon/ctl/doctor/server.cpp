#include <algorithm>

#include "ctl/doctor/host.hpp"
#include "ctl/doctor/ledger.hpp"
#include "surface/text.hpp"

namespace nowd::ctl {
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
