// Reads secrets where the configuration says they are: systemd credentials, files, environment variables.
#pragma once

#include <functional>
#include <string>

#include "domain/job/config.hpp"
#include "foundation/error.hpp"
#include "foundation/secret.hpp"

namespace nowd {

constexpr std::size_t max_secret = 64 * 1024;

/// A reader for the whole process. Values of files are kept until the file changes, so a rotated key is used from the
/// next call on; one trailing line break is dropped. An unnamed source (Kind::none) gives an empty secret.
/// Errors name the source and the remedy, never the secret: `invalid` for a source that cannot exist,
/// `unavailable` for a file that cannot be read now. For one thread at a time; copies share what they keep.
/// `credentials_directory` is $CREDENTIALS_DIRECTORY, which systemd sets for a unit with LoadCredential=.
std::function<Result<Secret>(const SecretSource&)> make_secret_reader(std::string credentials_directory);
/// The same with this process's $CREDENTIALS_DIRECTORY.
std::function<Result<Secret>(const SecretSource&)> make_secret_reader();

}  // namespace nowd
