// Anthropic Messages, and servers that imitate it: https://platform.claude.com/docs/en/api/messages
#pragma once

#include "domain/job/config.hpp"
#include "providers/wire/dialect.hpp"
#include "providers/wire/endpoint.hpp"

namespace nowd {

inline constexpr std::string_view anthropic_api = "anthropic";

/// The limit that is sent where a job sets none: the API insists on one.
inline constexpr std::int64_t anthropic_default_max_tokens = 8192;

/// The constant prefix of a conversation (tools and system) is marked for the provider's cache. Thinking goes back
/// unchanged. The base URL may be written with "/v1" or without. `params` are merged over the body as with
/// openai_chat.hpp.
std::unique_ptr<Dialect> make_anthropic(const ProviderConfig& config, const Endpoint& endpoint);

/// messages, system, tools, stream, model.
bool reserved_anthropic_param(std::string_view key);

}  // namespace nowd
