// when: whether there is anything to do, read from what a command or a query answered. Pure.
#pragma once

#include "domain/job/job.hpp"
#include "domain/run/tool_outcome.hpp"

namespace nowd {

enum class Answer { yes, no, none };

/// A command: exit 0 = yes, 1 = no, anything else is no answer. A query: no row = no, and so is a first row whose only
/// value is false, 0, null or an empty text; else yes.
Answer anything_to_do(const std::variant<ExecAction, SqlAction>& asked, const ToolOutcome& outcome);

}  // namespace nowd
