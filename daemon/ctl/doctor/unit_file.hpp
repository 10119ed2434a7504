// What nowd's systemd unit says of credentials: they are visible inside the unit only.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace nowd::ctl {

/// Name → where systemd takes it from, by LoadCredential= and LoadCredentialEncrypted= lines; an empty path where the
/// value stands in the unit itself (SetCredential=), or where systemd looks in its own directories. Later lines win.
using UnitCredentials = std::map<std::string, std::string>;
void read_unit(std::string_view text, UnitCredentials& into);

/// The unit and its drop-ins, as far as this user may read them, in systemd's order. `root` is "" but in tests.
struct Unit {
  bool found = false;
  UnitCredentials credentials;
};
Unit find_unit(const std::string& root = "");

}  // namespace nowd::ctl
