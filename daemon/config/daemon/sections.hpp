// The sections of nowd.yaml.
#pragma once

#include <optional>
#include <string>

#include "config/yaml/field.hpp"
#include "domain/delivery/sink.hpp"
#include "domain/job/config.hpp"

namespace nowd {

/// nowd.yaml as a whole: all values without faults; faults are reported. Relative paths count from `folder`.
Config read_config(const Node& document, const std::string& folder, Report& report);

/// A provider; nothing if it has faults, which are reported. Relative key files count from `folder`.
std::optional<ProviderConfig> read_provider(const std::string& name, const Field& field, const std::string& folder);

/// {credential: NAME} | {file: PATH} | {env: NAME}. A literal key is refused, and never repeated in the message.
std::optional<SecretSource> read_secret_source(const Field& field, const std::string& folder);

/// A sink; nothing if it has faults, which are reported. Relative paths of secrets count from `folder`.
std::optional<Sink> read_sink(const std::string& name, const Field& field, const std::string& folder);

/// The mapping behind `email:`.
EmailSink read_email_sink(const Field& field, const std::string& folder);

}  // namespace nowd
