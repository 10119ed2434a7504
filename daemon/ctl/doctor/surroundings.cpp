#include "ctl/doctor/surroundings.hpp"

#include <algorithm>
#include <charconv>

#include "ctl/doctor/local.hpp"
#include "ctl/doctor/outside.hpp"

namespace nowd::ctl {
namespace {

/// "jobs/standup.yaml:7" taken apart; a name without a line is a file as a whole.
void set_place(Diagnostic& diagnostic, const std::string& source) {
  diagnostic.file = source;
  const std::size_t colon = source.rfind(':');
  if (colon == std::string::npos) return;
  const char* end = source.data() + source.size();
  const auto [stop, error] = std::from_chars(source.data() + colon + 1, end, diagnostic.line);
  const bool has_line = error == std::errc{} && stop == end;
  diagnostic.line = has_line ? diagnostic.line : 0;
  diagnostic.column = has_line ? 1 : 0;
  if (has_line) diagnostic.file.resize(colon);
}

Findings look_locally(const Uses& uses, const Config& config, bool online) {
  Findings found;
  for (const ProgramUse& use : uses.programs) found.push_back(look_at_program(use, sees_as_daemon(config.state)));
  const Unit unit = find_unit();
  for (const SecretUse& use : uses.secrets) {
    // A credential is the unit's: that this host has none says nothing of the one that will.
    if (!online && use.secret.kind == SecretSource::Kind::credential) continue;
    found.push_back(look_at_secret(use, unit));
  }
  if (online)
    for (const UserUse& use : uses.users) found.push_back(look_at_user(use, config.state));
  return found;
}

}  // namespace

std::optional<Diagnostic> diagnostic_of(const Finding& finding, bool online) {
  if (finding.status == Status::ok) return std::nullopt;
  Diagnostic diagnostic;
  const bool error = online && finding.status == Status::bad;
  diagnostic.severity = error ? Diagnostic::Severity::error : Diagnostic::Severity::warning;
  set_place(diagnostic, finding.source);
  diagnostic.message = finding.thing + ": " + finding.value + (finding.remedy.empty() ? "" : "; " + finding.remedy);
  return diagnostic;
}

std::vector<Diagnostic> surroundings_of(const Uses& uses, const Config& config, bool online) {
  std::vector<Diagnostic> diagnostics;
  const auto add = [&](const Findings& findings) {
    for (const Finding& finding : findings)
      if (auto diagnostic = diagnostic_of(finding, online)) diagnostics.push_back(std::move(*diagnostic));
  };
  Findings local = look_locally(uses, config, online);
  if (!online) std::erase_if(local, [](const Finding& each) { return each.hidden; });
  add(local);
  if (!online) return diagnostics;
  Outside outside(sees_as_daemon(config.state));
  add(outside.ask(uses, config.source));
  return diagnostics;
}

}  // namespace nowd::ctl
