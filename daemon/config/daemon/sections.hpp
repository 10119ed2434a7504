// The sections of nowd.yaml.
#pragma once

#include <optional>
#include <string>

#include "config/yaml/field.hpp"
#include "domain/delivery/sink.hpp"
#include "domain/job/config.hpp"

namespace nowd {

/// What can be read of it; what is wrong is in the report. `folder` is what relative paths count from.
Config read_config(const Node& document, const std::string& folder, Report& report);

/// Nothing if anything is wrong with it; what it is, is in the report. `folder` is what relative key files count from.
std::optional<ProviderConfig> read_provider(const std::string& name, const Field& field, const std::string& folder);

/// {credential: NAME} | {file: PATH} | {env: NAME}. A literal key is refused, and never repeated in the message.
std::optional<SecretSource> read_secret_source(const Field& field, const std::string& folder);

/// One sink; nothing if it has faults, which are reported. `folder` is what paths of secrets count from.
std::optional<Sink> read_sink(const std::string& name, const Field& field, const std::string& folder);

/// The mapping behind `email:`.
EmailSink read_email_sink(const Field& field, const std::string& folder);

}  // namespace nowd
