// tools: in a job: which tools the model may use, and which of their arguments nowd fills in.
#pragma once

#include <vector>

#include "config/actions/template_check.hpp"
#include "config/yaml/field.hpp"
#include "domain/job/config.hpp"

namespace nowd {

/// `config` may be null: then only the shape is checked. The built-in `clock` may be named; it has no declaration.
std::vector<ToolUse> read_tool_uses(const Field& field, const Config* config, const TemplateScope& scope);

/// output.must_call: each a tool of the job, once. `field`: the list.
void check_must_call(const Field& field, const Job& job);

}  // namespace nowd
