#include "app/load_setup.hpp"

#include "config/canonical/canonical.hpp"
#include "foundation/log.hpp"
#include "foundation/random.hpp"
#include "net/http/http_client.hpp"
#include "net/process/program.hpp"
#include "providers/local/command.hpp"
#include "tools/schema/arguments.hpp"
#include "tools/tool.hpp"

namespace nowd {

namespace {

/// All moments of the job's `at` are over, and its schedule was another one before.
bool edited_into_the_past(const Job& job, const AcceptedSpecs& accepted, const Config& config, Instant now) {
  const auto before = accepted.find(job.name);
  if (!std::holds_alternative<At>(job.schedule.kind) || before == accepted.end()) return false;
  const Result<Job> known = job_from_canonical(before->second, &config);
  const bool unchanged = known && known->schedule_revision == job.schedule_revision;
  return !unchanged && !next_occurrence(job.schedule, now);
}

/// Removes secrets of the job's file, or of a file that it includes, from the text for the ledger.
void clean_spec(Job& job, const Redactor& redact) {
  std::string clean = redact(job.canonical);
  if (clean == job.canonical) return;
  log::warning(job.source + ": " + job.name +
               " holds the value of a secret; the ledger keeps the job without it. Write ${credential:NAME} or "
               "${env:NAME} in its place");
  job.canonical = std::move(clean);
  job.revision = sha256_hex(job.canonical);
}

/// Not an error: the account may come later, or exist on another host with the same files.
void warn_of_user(const Job& job, std::vector<Diagnostic>& diagnostics) {
  if (!job.command) return;
  if (const auto account = account_to_become(job.command->user); !account)
    diagnostics.push_back({Diagnostic::Severity::warning, job.source, 0, 0,
                           job.name + ": command.user: " + account.error().message + "; until then its runs fail"});
}

}  // namespace

SetupFiles read_config(const std::string& config_path, const std::vector<std::string>& jobs_override) {
  SetupFiles files;
  LoadedConfig loaded = load_config(config_path);
  files.config_ok = loaded.ok();
  files.diagnostics = std::move(loaded.diagnostics);
  for (const auto& [name, tool] : loaded.config.tools)
    if (const auto fault = check_schema(tool.input)) {
      files.diagnostics.push_back(
          {Diagnostic::Severity::error, config_path, 0, 0, "tools." + name + ".input: " + *fault});
      files.config_ok = false;
    }
  files.config = std::move(loaded.config);
  if (!jobs_override.empty()) files.config.jobs = jobs_override;
  return files;
}

SetupFiles read_setup(const std::string& config_path, const std::vector<std::string>& jobs_override, Instant now,
                      const AcceptedSpecs& accepted) {
  SetupFiles files = read_config(config_path, jobs_override);
  if (!files.config_ok) return files;
  JobContext context;
  context.config = &files.config;
  context.now = now;
  context.all_jobs = true;
  for (const auto& [name, spec] : accepted) context.known_past_at.insert(name);
  LoadedJobs jobs = load_jobs(files.config.jobs, context);
  files.jobs_ok = jobs.ok();
  files.broken_jobs = std::move(jobs.broken_jobs);
  files.diagnostics.insert(files.diagnostics.end(), jobs.diagnostics.begin(), jobs.diagnostics.end());
  for (Job& job : jobs.jobs) {
    warn_of_user(job, files.diagnostics);
    std::optional<std::string> fault = fault_in_output(job.output);
    if (edited_into_the_past(job, accepted, files.config, now))
      fault = "every moment of `at` is in the past; name one that is still to come";
    if (!fault) {
      files.jobs.push_back(std::move(job));
      continue;
    }
    files.jobs_ok = false;
    files.broken_jobs.insert(job.name);
    files.diagnostics.push_back({Diagnostic::Severity::error, job.source, 0, 0, job.name + ": " + *fault});
  }
  return files;
}

Result<SetupSnapshot> make_setup(Config config, std::vector<Job> jobs, HttpClient& http, const Clock& clock,
                                 const SecretReader& secrets, boost::asio::any_io_executor executor) {
  auto setup = std::make_shared<Setup>();
  setup->secrets = secrets;
  for (const auto& [name, provider] : config.providers) {
    Result<std::unique_ptr<Provider>> made = make_provider(provider, http, clock, secrets, executor);
    if (!made) return made.error();
    setup->providers.emplace(name, std::move(*made));
  }
  for (const Job& job : jobs)
    if (job.command)
      setup->agents.emplace(job.name, std::make_unique<CommandProvider>(*job.command, clock, secrets, executor));
  for (Job& job : jobs) clean_spec(job, secrets.known());
  auto by_name = std::make_shared<Jobs>();
  for (Job& job : jobs) by_name->emplace(job.name, std::move(job));
  setup->config = std::move(config);
  setup->jobs = std::move(by_name);
  return SetupSnapshot(std::move(setup));
}

std::string needs_restart(const Config& before, const Config& after) {
  std::string names;
  const auto differs = [&](const char* name, const std::string& a, const std::string& b) {
    if (a != b) names += (names.empty() ? "" : ", ") + std::string(name);
  };
  differs("database", before.database, after.database);
  differs("state", before.state, after.state);
  differs("listen", before.listen, after.listen);
  return names;
}

void configure_log(const Config& config) {
  log::Level level = log::Level::info;
  if (config.log_level == "debug") level = log::Level::debug;
  if (config.log_level == "warning") level = log::Level::warning;
  if (config.log_level == "error") level = log::Level::error;
  log::Format format = log::Format::text;
  if (config.log_format == "journal") format = log::Format::journal;
  if (config.log_format == "json") format = log::Format::json;
  log::configure(level, format);
}

}  // namespace nowd
