// sinks: where messages go.
#pragma once

#include <optional>
#include <string>

#include "config/yaml/field.hpp"
#include "domain/delivery/sink.hpp"

namespace nowd {

/// One sink; nothing if it has faults, which are reported. `folder` is what paths of secrets count from.
std::optional<Sink> read_sink(const std::string& name, const Field& field, const std::string& folder);

/// The mapping behind `email:`.
EmailSink read_email_sink(const Field& field, const std::string& folder);

}  // namespace nowd
