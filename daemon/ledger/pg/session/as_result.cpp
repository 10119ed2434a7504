#include "ledger/pg/session/as_result.hpp"

#include <algorithm>
#include <array>

namespace nowd::pg {
namespace {

constexpr std::string_view insufficient_privilege = "42501";
constexpr std::string_view undefined_schema = "3F000";
constexpr std::string_view undefined_table = "42P01";
constexpr std::string_view query_canceled = "57014";

/// Removes "MARK …" from the end of the text, and returns the part after the mark.
std::string cut_at(std::string& text, std::string_view mark) {
  const std::size_t at = text.find(mark);
  if (at == std::string::npos) return {};
  std::string behind = text.substr(at + mark.size());
  text.resize(at);
  return behind;
}

void trim(std::string& text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\n')) text.pop_back();
  text.erase(0, text.find_first_not_of(" \n"));
}

}  // namespace

std::string sentence(std::string_view server_message) {
  std::string text(server_message);
  for (std::string_view severity : {"ERROR:", "FATAL:"})
    if (const std::size_t at = text.find(severity); at != std::string::npos) text.erase(at, severity.size());
  cut_at(text, "CONTEXT:");
  cut_at(text, "LINE 1:");
  std::string hint = cut_at(text, "HINT:");
  const std::string detail = cut_at(text, "DETAIL:");
  trim(text);
  trim(hint);
  for (std::size_t at = 0; (at = text.find("  ", at)) != std::string::npos;) text.erase(at, 1);
  return hint.empty() ? text : text + "; " + hint;
}

Error to_error(const SqlError& error) {
  const std::string text = sentence(error.what());
  if (error.sqlstate == insufficient_privilege)
    return refused(text +
                   "; looking into the ledger needs membership in nowd_reader, acting in nowd_operator: a superuser "
                   "grants it (grant nowd_reader to ROLE); a table of yours: grant select on TABLE to ROLE");
  if (error.sqlstate == undefined_schema || error.sqlstate == undefined_table)
    return invalid(text + "; bring the schema up to date with nowctl migrate");
  if (error.sqlstate == query_canceled) return unavailable(text);  // it took too long
  return invalid(text);
}

namespace {

/// A state, or a class of them.
struct Known {
  std::string_view prefix;
  SqlFault fault;
};

// The first match counts. Classes: PostgreSQL, appendix A.
constexpr std::array known{
    Known{"57014", SqlFault::passing},  // query_canceled: pg_cancel_backend, statement_timeout
    Known{"57", SqlFault::lost},        // the server is stopping, or is not up yet
    Known{"08", SqlFault::lost},
    Known{"25006", SqlFault::lost},  // read_only_sql_transaction: it became a standby
    Known{"25P03", SqlFault::lost},  // idle_in_transaction_session_timeout: the server ended the session
    Known{"40", SqlFault::conflict},
    Known{"55P03", SqlFault::conflict},  // lock_not_available
    Known{"53", SqlFault::passing},
    Known{"58", SqlFault::passing},
    Known{"42501", SqlFault::perhaps},  // insufficient_privilege: grants are re-run at each migration
    Known{"42", SqlFault::refusal},
    Known{"0A", SqlFault::refusal},
    Known{"02", SqlFault::refusal},
    Known{"2", SqlFault::refusal},
    Known{"3", SqlFault::refusal},
    Known{"44", SqlFault::refusal},
    Known{"54", SqlFault::refusal},  // program_limit_exceeded: too large for any server
    Known{"P0", SqlFault::refusal},  // raised by a function
};

}  // namespace

SqlFault fault_of(std::string_view state) {
  const auto found = std::ranges::find_if(known, [&](const Known& each) { return state.starts_with(each.prefix); });
  return found == known.end() ? SqlFault::perhaps : found->fault;
}

}  // namespace nowd::pg
