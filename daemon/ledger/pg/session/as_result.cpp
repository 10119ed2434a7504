#include "ledger/pg/session/as_result.hpp"

namespace nowd::pg {
namespace {

constexpr std::string_view insufficient_privilege = "42501";
constexpr std::string_view undefined_schema = "3F000";
constexpr std::string_view undefined_table = "42P01";
constexpr std::string_view query_canceled = "57014";

/// Takes "MARK …" off the end of the text, and gives what followed the mark.
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

}  // namespace nowd::pg
