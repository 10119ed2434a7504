#include "ctl/check/uses.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include "ctl/check/host.hpp"
#include "ctl/check/outside.hpp"
#include "domain/job/secret_text.hpp"
#include "providers/wire/endpoint.hpp"

namespace nowd::ctl {
namespace {

bool is_template(const std::string& text) { return text.find("{{") != std::string::npos; }

/// The names that jobs refer to.
struct Wanted {
  explicit Wanted(const std::vector<Job>& jobs) {
    for (const Job& job : jobs) {
      providers.insert(job.provider);
      for (const ToolUse& tool : job.tools) tools.insert(tool.name);
      sinks.insert(job.deliver.begin(), job.deliver.end());
      sinks.insert(job.on_failure.begin(), job.on_failure.end());
    }
  }
  std::set<std::string> providers, tools, sinks;
};

class Collector {
 public:
  Uses uses;

  void provider(const ProviderConfig& config, const std::string& source) {
    uses.providers.push_back(config);
    for (const SecretSource& secret : secrets_of(config)) add(secret, "providers." + config.name, source);
  }

  void tool(const Tool& tool, const std::string& source) {
    const std::string where = "tools." + tool.name;
    if (const auto* exec = std::get_if<ExecAction>(&tool.action)) program(exec->argv, where, source);
    if (const auto* http = std::get_if<HttpAction>(&tool.action)) request(*http, where, source);
  }

  void sink(const Sink& sink, const std::string& source) {
    const std::string where = "sinks." + sink.name;
    for (const SecretSource& secret : secrets_of(sink)) add(secret, where, source);
    if (const auto* exec = std::get_if<ExecSink>(&sink.target))
      program(exec->argv, where, source);
    else
      uses.sinks.push_back(sink);
  }

  void job(const Job& job) {
    for (const Input& input : job.inputs) {
      const std::string where = job.name + " inputs." + input.name;
      if (const auto* exec = std::get_if<ExecAction>(&input.action)) program(exec->argv, where, job.source);
      if (const auto* http = std::get_if<HttpAction>(&input.action)) request(*http, where, job.source);
    }
    if (job.when)
      if (const auto* exec = std::get_if<ExecAction>(&job.when->action))
        program(exec->argv, job.name + " when", job.source);
    if (job.command) command(*job.command, job);
    texts(job.heartbeat, job.name + " heartbeat", job.source);
  }

 private:
  void add(const SecretSource& secret, const std::string& where, const std::string& source) {
    if (secret.kind == SecretSource::Kind::none) return;
    if (std::ranges::find(uses.secrets, secret, &SecretUse::secret) == uses.secrets.end())
      uses.secrets.push_back({secret, where, source});
  }

  void texts(const std::string& text, const std::string& where, const std::string& source) {
    for (const SecretSource& secret : named_secrets(text)) add(secret, where, source);
  }

  void program(const std::vector<std::string>& argv, const std::string& where, const std::string& source) {
    if (!argv.empty() && !is_template(argv.front())) uses.programs.push_back({argv.front(), "", "", where, source});
  }

  void request(const HttpAction& http, const std::string& where, const std::string& source) {
    for (const auto& [name, value] : http.headers) texts(value, where, source);
    std::vector<std::string> hosts = http.hosts;
    if (const auto url = parse_endpoint(http.url)) hosts.push_back(url->host);
    std::ranges::sort(hosts);
    hosts.erase(std::unique(hosts.begin(), hosts.end()), hosts.end());
    for (const std::string& host : hosts)
      if (host.find_first_of("{}*") == std::string::npos) uses.hosts.push_back({host, where, source});
  }

  void command(const CommandAgent& agent, const Job& job) {
    const auto path = agent.environment.find("PATH");
    const bool own = path != agent.environment.end();
    for (const auto& [name, value] : agent.environment) texts(value, job.name + " command", job.source);
    if (!(own && !named_secrets(path->second).empty()))
      uses.programs.push_back(
          {agent.argv.front(), own ? path->second : "", agent.directory, job.name + " command", job.source});
    if (!agent.user.empty()) uses.users.push_back({agent.user, job.name, job.source});
  }
};

}  // namespace

std::vector<SecretSource> secrets_of(const ProviderConfig& provider) {
  if (provider.key.kind == SecretSource::Kind::none) return {};
  return {provider.key};
}

std::vector<SecretSource> secrets_of(const Sink& sink) {
  std::vector<SecretSource> found;
  if (const auto* webhook = std::get_if<WebhookSink>(&sink.target)) {
    found = named_secrets(webhook->url);
    for (const auto& [name, value] : webhook->headers)
      for (SecretSource& secret : named_secrets(value)) found.push_back(std::move(secret));
  }
  if (const auto* email = std::get_if<EmailSink>(&sink.target);
      email && email->password.kind != SecretSource::Kind::none)
    found.push_back(email->password);
  return found;
}

Uses uses_of(const Config& config, const std::vector<Job>& jobs, Scope scope) {
  const Wanted wanted(jobs);
  const auto is_in = [&](const std::set<std::string>& names, const std::string& name) {
    return scope == Scope::all || names.contains(name);
  };
  Collector collector;
  for (const auto& [name, provider] : config.providers)
    if (is_in(wanted.providers, name)) collector.provider(provider, config.source);
  for (const auto& [name, tool] : config.tools)
    if (is_in(wanted.tools, name)) collector.tool(tool, config.source);
  for (const auto& [name, sink] : config.sinks)
    if (is_in(wanted.sinks, name)) collector.sink(sink, config.source);
  for (const Job& job : jobs) collector.job(job);
  return std::move(collector.uses);
}

namespace {

/// Splits "jobs/standup.yaml:7" into file and line; a name without a line is the file as a whole.
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

Findings find_host_faults(const Uses& uses, const Config& config, bool online) {
  Findings found;
  for (const ProgramUse& use : uses.programs) found.push_back(look_at_program(use, sees_as_daemon(config.state)));
  const Unit unit = find_unit();
  for (const SecretUse& use : uses.secrets) {
    // A credential belongs to the unit: another host may have it.
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
  Findings local = find_host_faults(uses, config, online);
  // Offline, a file that this user may not see is no fault.
  if (!online) std::erase_if(local, [](const Finding& each) { return each.hidden; });
  add(local);
  if (!online) return diagnostics;
  Outside outside(sees_as_daemon(config.state));
  add(outside.ask_all(uses, config.source));
  return diagnostics;
}

}  // namespace nowd::ctl
