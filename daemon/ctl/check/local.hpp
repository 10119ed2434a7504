// What can be seen on this host without asking anybody: secrets, programs.
#pragma once

#include <optional>
#include <string>

#include "ctl/check/finding.hpp"
#include "ctl/check/host.hpp"
#include "ctl/check/uses.hpp"

namespace nowd::ctl {

/// A file as this user sees it.
enum class Sight {
  readable,
  hidden,  ///< it is there, but may not be read; or whether it is there may not be seen
  absent,
};

/// What was seen of a secret; never its value.
struct SecretSight {
  std::optional<Error> fault;  ///< why the reader does not give it; nothing: it does
  Sight file = Sight::absent;  ///< {file: …}; of a credential: the file that the unit loads, else the one in `usual`
  bool in_unit = false;        ///< a credential that this process is given, as inside nowd's unit: `fault` says all
  Unit unit;
  std::string usual;  ///< "/etc/nowd/credentials/NAME"
};

/// Outside the unit, a credential that the unit loads is ok if its file is there. What this user may not see is a
/// warning.
Finding judge_secret(const SecretUse& use, const SecretSight& sight, const std::string& user);
std::string thing_of(const SecretUse& use);

/// `hidden`: it may be there, but not for this user, who is not nowd's.
Finding judge_program(const ProgramUse& use, const Result<std::string>& found, bool hidden, const std::string& user);

/// The same, looked at.
Finding look_at_secret(const SecretUse& use, const Unit& unit);
Finding look_at_program(const ProgramUse& use, bool as_daemon);
Finding look_at_user(const UserUse& use, const std::string& state_directory);
Finding look_at_disk(const std::string& state_directory);
Finding look_at_tzdata();

/// Who runs this program.
std::string own_name();
/// Whom nowd runs as: the owner of its state directory. Nothing if that is not there.
std::optional<std::string> daemon_name(const std::string& state_directory);
/// Whether what this user may not do says anything of what nowd may not do.
bool sees_as_daemon(const std::string& state_directory);

}  // namespace nowd::ctl
