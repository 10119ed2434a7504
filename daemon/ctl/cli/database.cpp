#include "ctl/cli/database.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "config/load.hpp"
#include "ctl/cli/report.hpp"
#include "ledger/pg/session/conninfo.hpp"

namespace nowd::ctl {
namespace {

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

/// nowctl acts as the person's own role, not as the daemon's.
Result<std::string> database_of(const Globals& globals) {
  if (!globals.database.empty()) return globals.database;
  const LoadedConfig loaded = load_config(globals.config);
  // A fault elsewhere in the file must not keep anybody from looking at the ledger.
  if (!loaded.config.database.empty()) {
    Result<std::string> own = without_login(loaded.config.database);
    return own ? own : invalid(globals.config + ": database: " + own.error().message);
  }
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
