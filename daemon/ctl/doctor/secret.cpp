#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "config/daemon/secret_store.hpp"
#include "ctl/doctor/local.hpp"

namespace nowd::ctl {
namespace {

using Kind = SecretSource::Kind;

constexpr const char* usual_directory = "/etc/nowd/credentials/";

Finding judge_credential(const SecretUse& use, const SecretSight& sight, const std::string& user) {
  const std::string thing = thing_of(use);
  const std::string& name = use.secret.name;
  const auto loaded = sight.unit.credentials.find(name);
  const bool loads = loaded != sight.unit.credentials.end();
  const std::string path = loads ? loaded->second : sight.usual;
  if (loads && path.empty()) return found_ok("credential", thing, "in the unit of nowd, and visible there only");
  if (loads && path.front() != '/')
    return found_ok("credential", thing, "systemd's own store gives it to the unit of nowd");
  if (loads && sight.file == Sight::absent)
    return found_bad("credential", thing, "the unit loads it from " + path + ", which is not there",
                     "write the secret into that file, mode 0600, owner root");
  if (loads && sight.file == Sight::hidden)
    return found_hidden("credential", thing, "the unit loads it from " + path + ", where '" + user + "' may not look");
  if (loads) return found_ok("credential", thing, "the unit loads it from " + path + "; it is visible there only");
  const std::string remedy = "systemctl edit nowd: [Service], LoadCredential=" + name + ":" + sight.usual;
  if (sight.file != Sight::absent && sight.unit.found)
    return found_bad("credential", thing,
                     sight.file == Sight::readable ? sight.usual + " is there, but the unit does not load it"
                                                   : "the unit does not load it",
                     remedy);
  return found_bad("credential", thing,
                   sight.unit.found ? "the unit does not load it, and " + sight.usual + " is not there"
                                    : "systemd gives this process none, and there is no unit nowd.service",
                   sight.unit.found ? remedy : "install the unit, or use {file: …} or {env: …}");
}

Sight sight_of(const std::string& path) {
  if (::access(path.c_str(), R_OK) == 0) return Sight::readable;
  return errno == ENOENT || errno == ENOTDIR ? Sight::absent : Sight::hidden;
}

}  // namespace

std::string thing_of(const SecretUse& use) {
  const std::string kind = use.secret.kind == Kind::credential ? "credential "
                           : use.secret.kind == Kind::file     ? "secret file "
                                                               : "secret variable ";
  return kind + use.secret.name + " (" + use.where + ")";
}

Finding judge_secret(const SecretUse& use, const SecretSight& sight, const std::string& user) {
  const std::string thing = thing_of(use);
  if (!sight.fault) return found_ok("credential", thing, "readable");
  if (use.secret.kind == Kind::env)
    return found_warn("credential", thing, "not set here, which says nothing of nowd's own environment",
                      "set it for the daemon: systemctl edit nowd, [Service], Environment=, or better a credential");
  if (use.secret.kind == Kind::credential && !sight.in_unit) return judge_credential(use, sight, user);
  if (sight.file == Sight::hidden)
    return found_hidden("credential", thing, "it is there, but '" + user + "' may not read it");
  return of_error(Status::bad, "credential", thing, *sight.fault);
}

Finding look_at_secret(const SecretUse& use, const Unit& unit) {
  SecretSight sight;
  sight.unit = unit;
  sight.usual = usual_directory + use.secret.name;
  sight.in_unit = std::getenv("CREDENTIALS_DIRECTORY") != nullptr;
  if (const auto read = make_secret_reader()(use.secret); !read) sight.fault = read.error();
  const auto loaded = unit.credentials.find(use.secret.name);
  if (use.secret.kind == Kind::file)
    sight.file = sight_of(use.secret.name);
  else if (use.secret.kind == Kind::credential)
    sight.file = sight_of(loaded == unit.credentials.end() ? sight.usual : loaded->second);
  Finding finding = judge_secret(use, sight, own_name());
  finding.source = use.source;
  return finding;
}

}  // namespace nowd::ctl
