// Where a secret comes from.
#pragma once

#include <string>

namespace nowd {

/// Read when needed, again when the file changes; never stored.
struct SecretSource {
  enum class Kind { none, credential, file, env };
  Kind kind = Kind::none;
  std::string name;  ///< the systemd credential's name, the file's path, or the variable's name
  bool operator==(const SecretSource&) const = default;
};

}  // namespace nowd
