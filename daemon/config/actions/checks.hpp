// Checks of the texts of actions when a file is read: templates, ${secrets}, URLs, queries and command lines.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/yaml/field.hpp"

namespace nowd {

/// The names that a template may refer to.
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

/// Whether a text is an http or https URL with a host and without credentials; a message naming the fault if not.
std::optional<std::string> url_fault(std::string_view url);

/// The host of such a URL, with brackets for IPv6, without the port.
std::string_view host_of(std::string_view url);

/// A token, its place, and a message about the text around it.
struct MisplacedToken {
  std::size_t at = 0;
  std::string fault;
};

/// Tokens become $1, $2 …, which in quotes or comments are text: each of these is named, with the remedy. Reads SQL as
/// Postgres does with standard_conforming_strings on.
std::vector<MisplacedToken> misplaced_tokens(std::string_view query);

/// Places in `argv` whose text a shell, another interpreter or a database client runs as a program: the text behind
/// `sh -c`, `bash -lc`, `python3 -c`, `perl -e`, `node --eval=…`, `env -S`, `awk`, `ssh HOST`, `psql -c`, also where
/// the interpreter is started by env, timeout, sudo and the like. A value that is put into such a text becomes part of
/// the program. Arguments behind the script are data and are not among them. Doubtful ones are.
std::vector<std::size_t> script_arguments(const std::vector<std::string>& argv);

}  // namespace nowd
