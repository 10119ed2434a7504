// YAML values as JSON, for what nowd passes on: parameters, JSON Schemas, arguments.
#pragma once

#include <optional>

#include "config/yaml/field.hpp"

namespace nowd {

/// By YAML 1.2's core schema: plain null, true, false and numbers are what they look like, all else is text ("yes"
/// too). What JSON does not have (.inf, .nan), and what people read in two ways (0123), is reported.
std::optional<Json> to_json(const Field& field);

}  // namespace nowd
