// Randomness from the kernel (getrandom), and hashes that are equal on every host.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "foundation/ids.hpp"

namespace nowd {

/// A random (version 4) UUID.
Uuid random_uuid();
/// Uniform in [0, 1).
double random_fraction();
/// SHA-256 as 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view data);
/// The first 64 bits of SHA-256: stable across hosts and versions.
std::uint64_t stable_hash(std::string_view data);

}  // namespace nowd
