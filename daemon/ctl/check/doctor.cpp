// doctor: checks everything that nowd needs, and changes nothing.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <future>
#include <nlohmann/json.hpp>

#include "ctl/check/checked_files.hpp"
#include "ctl/check/host.hpp"
#include "ctl/check/ledger.hpp"
#include "ctl/check/outside.hpp"
#include "ctl/cli/database.hpp"
#include "ctl/cli/report.hpp"
#include "ctl/commands.hpp"
#include "surface/text.hpp"

namespace nowd::ctl {
namespace {

constexpr const char* own_version = NOWD_VERSION;

/// Collects findings. A check that throws becomes a finding itself, and the other checks continue.
class FindingList {
 public:
  Findings findings;

  void add(const std::string& check, const std::function<Findings()>& look) {
    try {
      for (Finding& finding : look()) findings.push_back(std::move(finding));
    } catch (const std::exception& e) {
      findings.push_back(found_bad(check, check, std::string("this check broke: ") + e.what(), "please report it"));
    }
  }
};

Findings judge_files(const CheckedFiles& files, const std::string& path) {
  if (::access(path.c_str(), R_OK) != 0 && errno == EACCES)
    return {found_hidden("configuration", "configuration " + path, "'" + own_name() + "' may not read it")};
  const std::size_t errors = files.count(Diagnostic::Severity::error);
  const std::size_t warnings = files.count(Diagnostic::Severity::warning);
  const auto number = [](std::size_t n, const char* noun) { return counted(static_cast<long long>(n), noun); };
  const std::string seen = number(files.jobs.size(), "good job") + " in " + number(files.files, "file") + ", " +
                           number(errors, "error") + ", " + number(warnings, "warning");
  // Warnings of files are not repeated here: a job at 02:30 always has one.
  if (errors == 0) return {found_ok("configuration", "configuration " + path, seen)};
  const auto first = std::ranges::find(files.diagnostics, Diagnostic::Severity::error, &Diagnostic::severity);
  return {found_bad("configuration", "configuration " + path, seen + ", the first: " + first->str(),
                    "nowctl validate shows them all")};
}

LedgerHealth read_ledger_health(const Globals& globals) {
  const Result<std::string> database = database_of(globals);
  if (!database) return {database.error(), std::nullopt, database.error()};
  return ledger_health(*database, SystemClock());
}

Findings judge_health(const LedgerHealth& health, const std::vector<Job>& jobs) {
  Findings out = judge_server(health.server, health.schema);
  if (health.state) {
    for (Finding& each : judge_ledger(*health.state, own_version)) out.push_back(std::move(each));
    for (Finding& each : judge_revisions(jobs, *health.state, own_version)) out.push_back(std::move(each));
  } else if (health.server && !health.schema) {
    out.push_back(of_error(Status::bad, "ledger", "ledger", health.state.error()));
  } else {
    out.push_back(found_bad("daemon", "daemons, next runs, alerts, deliveries", "not looked at: they are in the ledger",
                            "mend the database first"));
  }
  return out;
}

/// The state directory of `nowd up` is beside the socket of its private Postgres; the configuration does not name it.
std::string state_directory(const Globals& globals, const Config& config) {
  const Result<std::string> database = database_of(globals);
  const std::string_view host = "host=/";
  const std::size_t at = database ? database->find(host) : std::string::npos;
  if (at == std::string::npos) return config.state;
  const std::size_t path = at + host.size() - 1;
  const std::filesystem::path socket = database->substr(path, database->find(' ', path) - path);
  const std::filesystem::path beside = socket.parent_path() / "state";
  std::error_code unknown;
  const bool is_up = socket.filename() == "socket" && std::filesystem::is_directory(beside, unknown);
  return is_up ? beside.string() : config.state;
}

Findings check_host_uses(const Uses& uses, const Config& config) {
  Findings out;
  const Unit unit = find_unit();
  for (const SecretUse& use : uses.secrets) out.push_back(look_at_secret(use, unit));
  for (const ProgramUse& use : uses.programs) out.push_back(look_at_program(use, sees_as_daemon(config.state)));
  for (const UserUse& use : uses.users) out.push_back(look_at_user(use, config.state));
  return out;
}

void print_findings(const Findings& findings, const Globals& globals) {
  const bool json = globals.json;
  for (const Finding& finding : findings)
    if (json)
      print_line(to_json(finding));
    else
      print(finding_line(finding, style_of(globals)) + "\n");
  if (!json) print("\n" + findings_summary(findings) + "\n");
  std::fflush(stdout);
}

int check_all(const Globals& globals) {
  // A conninfo that is a URL has no other time limit. Requires: no other thread runs yet.
  ::setenv("PGCONNECT_TIMEOUT", "5", 0);
  auto ledger = std::async(std::launch::async, [&] { return read_ledger_health(globals); });
  CheckedFiles files = check_everything(globals.config);
  files.config.state = state_directory(globals, files.config);
  const Uses uses = uses_of(files.config, files.jobs, Scope::all);
  const std::string& state = files.config.state;
  Outside outside(sees_as_daemon(state));
  FindingList network, sheet;
  network.add("network", [&] { return outside.ask_all(uses, globals.config); });
  sheet.add("configuration", [&] { return judge_files(files, globals.config); });
  sheet.add("host",
            [&] { return Findings{judge_sync(SystemClock().sync_state()), look_at_disk(state), look_at_tzdata()}; });
  sheet.add("database", [&] { return judge_health(ledger.get(), files.jobs); });
  sheet.add("local", [&] { return check_host_uses(uses, files.config); });
  sheet.add("network", [&] { return network.findings; });
  print_findings(sheet.findings, globals);
  return std::ranges::count(sheet.findings, Status::bad, &Finding::status) > 0 ? exit_bad : exit_done;
}

}  // namespace

Command doctor_command() {
  return {.name = "doctor",
          .group = Group::offline,
          .summary = "check host, database, providers, sinks, tools",
          .text = R"(Checks everything that nowd needs, and changes nothing: configuration and jobs,
this host's clock, disk and time zones, database, daemons, next runs, runs past
their limits.wall, open alerts, effects in doubt, deliveries, credentials,
programs, users, providers, sinks. One line for each: ok, warn or bad; the
observation; the remedy. Each check has 5 seconds; the other checks continue
without it. Files that your user may not read are warnings.

It asks providers for their list of models, which is free of charge; it connects
to sinks, and sends no message. A systemd credential is visible inside the unit
only: outside it, doctor checks the file that the unit loads.)",
          .reads_config = true,
          .database = ledger_to_read,
          .json = R"({"check", "status", "thing", "value", "remedy"})",
          .exit_status = "0 no finding is bad (there may be warnings); 1 at least one is bad; 2 usage.",
          .run = check_all};
}

}  // namespace nowd::ctl
