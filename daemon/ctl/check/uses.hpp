// Collects the things outside nowd that a configuration and its jobs use: secrets, programs, hosts, users, providers,
// sinks.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/load.hpp"
#include "ctl/check/finding.hpp"
#include "domain/job/config.hpp"
#include "domain/job/job.hpp"

namespace nowd::ctl {

/// `where` names the key ("tools.crm.get", "standup inputs.notes"), `source` the file for messages.
struct SecretUse {
  SecretSource secret;
  std::string where, source;
  bool operator==(const SecretUse&) const = default;
};
struct ProgramUse {
  std::string program;
  std::string path;       ///< the PATH to search; empty: the PATH of all child processes
  std::string directory;  ///< empty: "/"
  std::string where, source;
  bool operator==(const ProgramUse&) const = default;
};
struct HostUse {
  std::string host, where, source;
  bool operator==(const HostUse&) const = default;
};
struct UserUse {
  std::string user, job, source;
  bool operator==(const UserUse&) const = default;
};

struct Uses {
  std::vector<SecretUse> secrets;    ///< each once, with the first place that names it
  std::vector<ProgramUse> programs;  ///< also those of sinks; without names that contain a template
  std::vector<HostUse> hosts;        ///< of http tools and inputs, where the URL or `hosts` names them literally
  std::vector<UserUse> users;
  std::vector<ProviderConfig> providers;
  std::vector<Sink> sinks;
};

enum class Scope {
  all,   ///< everything in the configuration
  jobs,  ///< only the things that these jobs name
};

/// Requires: `config` and `jobs` without errors, or only their good parts.
Uses uses_of(const Config& config, const std::vector<Job>& jobs, Scope scope);

/// The secrets that a provider or sink names, in the order of its fields.
std::vector<SecretSource> secrets_of(const ProviderConfig& provider);
std::vector<SecretSource> secrets_of(const Sink& sink);

/// Nothing if the finding is ok. A bad finding is an error online. Offline it is a warning, because the files may be
/// meant for another host.
std::optional<Diagnostic> diagnostic_of(const Finding& finding, bool online);

/// Checks the things that jobs use, and reports them at their places in the files. Offline: missing programs, secret
/// files and variables. Online: everything, with questions to providers, sinks and name servers.
std::vector<Diagnostic> surroundings_of(const Uses& uses, const Config& config, bool online);

}  // namespace nowd::ctl
