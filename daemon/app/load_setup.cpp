#include "app/load_setup.hpp"

#include "net/http_client.hpp"
#include "tools/tool.hpp"

namespace nowd {

SetupFiles read_setup(const std::string& config_path, const std::vector<std::string>& jobs_override, Instant now) {
  SetupFiles files;
  LoadedConfig loaded = load_config(config_path);
  files.config_ok = loaded.ok();
  files.diagnostics = std::move(loaded.diagnostics);
  for (const auto& [name, tool] : loaded.config.tools)
    if (const auto fault = check_schema(tool.input)) {
      files.diagnostics.push_back({Diagnostic::Severity::error, config_path, 0, 0, "tools." + name + ".input: " + *fault});
      files.config_ok = false;
    }
  files.config = std::move(loaded.config);
  if (!files.config_ok) return files;
  if (!jobs_override.empty()) files.config.jobs = jobs_override;
  JobContext context;
  context.config = &files.config;
  context.now = now;
  LoadedJobs jobs = load_jobs(files.config.jobs, context);
  files.jobs_ok = jobs.ok();
  files.jobs = std::move(jobs.jobs);
  files.broken_jobs = std::move(jobs.broken_jobs);
  files.diagnostics.insert(files.diagnostics.end(), jobs.diagnostics.begin(), jobs.diagnostics.end());
  return files;
}

Result<SetupSnapshot> make_setup(Config config, std::vector<Job> jobs, HttpClient& http, const Clock& clock,
                                 const SecretReader& secrets, boost::asio::any_io_executor executor) {
  auto setup = std::make_shared<Setup>();
  for (const auto& [name, provider] : config.providers) {
    Result<std::unique_ptr<Provider>> made = make_provider(provider, http, clock, secrets, executor);
    if (!made) return made.error();
    setup->providers.emplace(name, std::move(*made));
  }
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

}  // namespace nowd
