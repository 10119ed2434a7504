// What a configuration and its jobs need of the world outside: secrets, programs, hosts, users, providers, sinks. Pure.
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
  std::string path;       ///< the PATH that it is looked for in; empty: the one of all children
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
  std::vector<ProgramUse> programs;  ///< without those whose name a template makes; sinks' too
  std::vector<HostUse> hosts;        ///< of http tools and inputs, where the URL or `hosts` names them literally
  std::vector<UserUse> users;
  std::vector<ProviderConfig> providers;
  std::vector<Sink> sinks;
};

enum class Scope {
  all,   ///< everything that is configured
  jobs,  ///< what these jobs use
};

Uses uses_of(const Config& config, const std::vector<Job>& jobs, Scope scope);

/// The secrets of a provider, and of a sink.
std::vector<SecretSource> secrets_of(const ProviderConfig& provider);
std::vector<SecretSource> secrets_of(const Sink& sink);

// What jobs use, as diagnostics of their files.

/// Nothing if all is well. Online a bad finding is an error. Offline it is a warning: the files may be meant for
/// another host; and what this user only may not see is none.
std::optional<Diagnostic> diagnostic_of(const Finding& finding, bool online);

/// Offline: programs that are not there, secret files and variables that are not there. Online: everything, asking
/// providers, sinks and name servers.
std::vector<Diagnostic> surroundings_of(const Uses& uses, const Config& config, bool online);

}  // namespace nowd::ctl
