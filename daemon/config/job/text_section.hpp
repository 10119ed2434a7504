// prompt and system: a text, or {file: PATH} with the text in a file of its own, read when the job is.
#pragma once

#include <optional>
#include <string>

#include "config/actions/template_check.hpp"
#include "config/yaml/field.hpp"

namespace nowd {

/// Checked for tokens; what is wrong inside a file is reported with its own line. A relative path counts from the
/// folder of the file that names it.
std::optional<std::string> read_text(const Field& field, const TemplateScope& scope);

}  // namespace nowd
