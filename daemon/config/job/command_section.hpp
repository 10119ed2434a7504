// command: a program that is a job's agent, in place of a provider.
#pragma once

#include <optional>

#include "config/actions/template_check.hpp"
#include "config/yaml/mapping.hpp"
#include "domain/job/job.hpp"

namespace nowd {

/// `job` is the job's mapping, which has the key. ProviderAccounts that only a provider's model could obey (provider,
/// params, max_output_tokens, tools, limits.model_calls, limits.tool_calls) are refused beside it. Nothing if anything
/// is wrong.
std::optional<CommandAgent> read_command(const Mapping& job, const TemplateScope& scope);

}  // namespace nowd
