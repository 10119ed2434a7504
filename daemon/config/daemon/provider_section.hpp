// providers: what nowd.yaml says of one provider, and where its key comes from.
#pragma once

#include <optional>
#include <string>

#include "config/yaml/field.hpp"
#include "domain/job/config.hpp"

namespace nowd {

/// Nothing if anything is wrong with it; what it is, is in the report. `folder` is what relative key files count from.
std::optional<ProviderConfig> read_provider(const std::string& name, const Field& field, const std::string& folder);

/// {credential: NAME} | {file: PATH} | {env: NAME}. A literal key is refused, and never repeated in the message.
std::optional<SecretSource> read_secret_source(const Field& field, const std::string& folder);

/// `path`, or below `folder` if it is relative.
std::string below(const std::string& folder, const std::string& path);

/// An amount in US dollars.
std::optional<Usd> read_usd(const Field& field);

}  // namespace nowd
