#include "ctl/check/ledger.hpp"

#include <algorithm>
#include <set>

#include "ctl/check/host.hpp"
#include "foundation/time/civil.hpp"
#include "surface/text.hpp"

namespace nowd::ctl {
namespace {

constexpr seconds silent_for{10};
constexpr std::size_t max_named = 5;

/// "a, b, c and 4 more".
std::string first_names(const std::vector<std::string>& names) {
  std::string out;
  for (std::size_t i = 0; i < std::min(names.size(), max_named); ++i) out += (i == 0 ? "" : ", ") + names[i];
  return names.size() <= max_named ? out : out + " and " + std::to_string(names.size() - max_named) + " more";
}

bool is_alive(const LedgerState::Daemon& daemon) { return daemon.silent < silent_for; }

std::string name_of(const LedgerState::Daemon& daemon) {
  return daemon.host + " (pid " + std::to_string(daemon.pid) + ")";
}

void judge_daemons(const LedgerState& state, const std::string& version, Findings& out) {
  std::set<std::string> versions{version};
  for (const auto& daemon : state.daemons) {
    if (!is_alive(daemon)) continue;
    versions.insert(daemon.version);
    out.push_back(found_ok("daemon", "daemon",
                           "alive on " + name_of(daemon) + ", nowd " + daemon.version + ", since " +
                               rfc3339(std::chrono::floor<seconds>(daemon.started_at))));
  }
  if (out.empty()) {
    const std::string last = state.daemons.empty()
                                 ? "none is alive"
                                 : "none is alive; the last word of " + name_of(state.daemons.front()) + " came " +
                                       human(state.daemons.front().silent) + " ago";
    out.push_back(found_bad("daemon", "daemon", last, "systemctl status nowd; journalctl -u nowd -n 50"));
  }
  if (versions.size() > 1)
    out.push_back(found_warn("daemon", "versions", "this nowctl is " + version + ", and not all daemons are",
                             "install one version everywhere, and restart nowd"));
}

void judge_served(const LedgerState& state, Findings& out) {
  if (std::ranges::none_of(state.daemons, is_alive)) return;  // judge_daemons() has a finding for that
  std::vector<std::string> names;
  for (const auto& job : state.jobs)
    if (!job.served) names.push_back(job.job);
  if (!names.empty())
    out.push_back(found_bad("revision", "jobs that no daemon runs", first_names(names),
                            "no live daemon has their newest revision in its files: bring those up to date, then "
                            "systemctl reload nowd"));
}

void judge_overdue(const LedgerState& state, Findings& out) {
  std::vector<std::string> late, waiting;
  for (const auto& each : state.overdue)
    (each.busy ? waiting : late).push_back(each.job + " (" + rfc3339(std::chrono::floor<seconds>(each.due_at)) + ")");
  if (!late.empty())
    out.push_back(found_bad("schedule", "next runs in the past", first_names(late),
                            "no daemon starts them: check that one is alive, and read its log (journalctl -u nowd)"));
  if (!waiting.empty())
    out.push_back(found_warn("schedule", "next runs that wait for the one before", first_names(waiting),
                             "nowctl runs --state running shows it"));
  if (state.overdue.empty()) out.push_back(found_ok("schedule", "next runs", "none is overdue"));
}

void judge_holds(const LedgerState& state, Findings& out) {
  for (const auto& hold : state.holds)
    out.push_back(found_bad("hold", "dispatch is held: " + hold.cause,
                            hold.detail + " (noticed " + rfc3339(std::chrono::floor<seconds>(hold.held_at)) + ")",
                            "nothing starts until: nowctl " + hold.cause + " accept"));
}

bool is_a_hold(const LedgerState::Alert& alert) {
  return alert.kind == "held" && (alert.name == "clock" || alert.name == "ledger");
}

void judge_alerts(const LedgerState& state, Findings& out) {
  for (const auto& alert : state.alerts) {
    const std::string detail = alert.detail.empty() ? "" : " (" + clip(printable(alert.detail), 160) + ")";
    const std::string look = alert.kind == "delivery"    ? "nowctl deliveries --sink " + alert.name
                             : alert.kind == "run"       ? "nowctl runs --job " + alert.name
                             : alert.name == "job files" ? "mend the file, then systemctl reload nowd; until then old "
                                                           "revisions run: nowctl validate"
                             : is_a_hold(alert)          ? "set it right; then: nowctl " + alert.name + " accept"
                                                         : "in psql: select * from nowd.alerts where state = 'open'";
    out.push_back(found_warn("alert", "alert " + alert.kind + " " + alert.name,
                             alert.reason + " since " + rfc3339(std::chrono::floor<seconds>(alert.first_at)) + detail,
                             look));
  }
  if (state.alerts.empty()) out.push_back(found_ok("alert", "alerts", "none is open"));
}

void judge_effects(const LedgerState& state, Findings& out) {
  std::vector<std::string> names;
  for (const auto& each : state.in_doubt)
    names.push_back(each.tool + " of " + each.job + " (run " + std::to_string(each.run) + ")");
  if (names.empty())
    out.push_back(found_ok("effect", "effects", "none of the last day is in doubt"));
  else
    out.push_back(found_warn(
        "effect", "effects in doubt", first_names(names),
        "they may have happened, and are not repeated: nowctl show " + std::to_string(state.in_doubt.front().run)));
}

void judge_lost(const LedgerState& state, Findings& out) {
  std::vector<std::string> names;
  for (const auto& each : state.lost)
    names.push_back("run " + std::to_string(each.run) + " of " + each.job + " (since " +
                    rfc3339(std::chrono::floor<seconds>(each.claimed_at)) + ")");
  if (!names.empty())
    out.push_back(found_bad("run", "runs past their limits.wall", first_names(names),
                            "running, and their daemon is alive and does not have them: systemctl restart nowd ends "
                            "them; read its log (journalctl -u nowd)"));
}

void judge_deliveries(const LedgerState& state, Findings& out) {
  for (const auto& each : state.unsent)
    out.push_back(found_warn("delivery", "deliveries to " + each.sink,
                             std::to_string(each.count) + " " + each.state + " within a day",
                             "nowctl deliveries --sink " + each.sink + " --state " + each.state));
  if (state.unsent.empty()) out.push_back(found_ok("delivery", "deliveries", "none of the last day failed"));
}

void judge_keys(const LedgerState& state, Findings& out) {
  for (const auto& each : state.shut)
    out.push_back(
        found_warn("provider", "provider " + each.provider,
                   each.state + " until " + rfc3339(std::chrono::floor<seconds>(each.until)) + ": " + each.cause,
                   each.state == "paused" ? "pay, or change the credential, or reload nowd"
                                          : "nowd tries again by itself; fallbacks: list several providers"));
}

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
    away.value.resize(std::min(away.value.find(" Is the server running"), away.value.size()));  // libpq's question
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

Findings judge_ledger(const LedgerState& state, const std::string& version) {
  Findings out;
  judge_daemons(state, version, out);
  judge_served(state, out);
  judge_holds(state, out);
  judge_overdue(state, out);
  judge_alerts(state, out);
  judge_lost(state, out);
  judge_effects(state, out);
  judge_deliveries(state, out);
  judge_keys(state, out);
  for (const auto& job : state.jobs)
    if (!job.zone.empty())
      if (const Result<Zone> zone = Zone::find(job.zone); !zone)
        out.push_back(
            found_bad("tzdata", "zone of " + job.job, zone.error().message, "install tzdata, or mend the job"));
  return out;
}

Findings judge_revisions(const std::vector<Job>& files, const LedgerState& state, const std::string& version) {
  const bool same_version = std::ranges::all_of(
      state.daemons, [&](const auto& daemon) { return !is_alive(daemon) || daemon.version == version; });
  std::vector<std::string> changed, unread;
  for (const Job& job : files) {
    const auto known = std::ranges::find(state.jobs, job.name, &LedgerState::Known::job);
    if (known == state.jobs.end())
      unread.push_back(job.name);
    else if (same_version && known->revision != job.revision)
      changed.push_back(job.name);
  }
  Findings out;
  if (!changed.empty())
    out.push_back(found_warn("revision", "jobs on an old revision", first_names(changed),
                             "their files changed since nowd read them: systemctl reload nowd"));
  if (!unread.empty())
    out.push_back(found_warn("revision", "jobs that nowd has not read", first_names(unread), "systemctl reload nowd"));
  if (out.empty() && !files.empty())
    out.push_back(found_ok("revision", "job revisions", "the ledger has those of the files"));
  return out;
}

}  // namespace nowd::ctl
