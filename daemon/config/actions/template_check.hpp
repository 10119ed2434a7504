// Templates at load: every fault at its own line, and the ${secrets} that header values may name.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "config/yaml/field.hpp"

namespace nowd {

/// What a template may refer to.
struct TemplateScope {
  std::set<std::string> inputs;
  std::set<std::string> args;
  std::vector<std::string> message;  ///< tokens of messages: in sinks
};

/// Where byte `at` of a field's text stands in the file. Only "|" blocks keep their lines; for the rest, the value's
/// start.
Mark place_in(const Field& field, std::string_view text, std::size_t at);

/// Reports each {{token}} that is unknown, misused, or named before it exists; in a "|" block at the token's own line.
void check_templates(const Field& field, const TemplateScope& scope);
/// The same for all texts inside a JSON value; `field` says where they stand.
void check_templates_in(const Json& value, const Field& field, const TemplateScope& scope);

/// For a tool's fixed texts: a {{token}} there would reach the tool as it is, so it is an error with the remedy.
void refuse_templates(const Field& field, std::string_view remedy);

/// Adds the inputs and arguments that a text names: for checking the rest of it where these are not known yet.
void allow_named(std::string_view text, TemplateScope& scope);

/// Reports a ${…} that is neither ${credential:NAME} nor ${env:NAME}.
void check_secret_slots(const Field& field);

}  // namespace nowd
