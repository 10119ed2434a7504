// Anthropic Messages, and servers that imitate it: https://platform.claude.com/docs/en/api/messages
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "domain/job/config.hpp"
#include "providers/reply/stop_words.hpp"
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

// Reads the answers.
// https://platform.claude.com/docs/en/build-with-claude/streaming and …/handling-stop-reasons

/// The terminal event of a stream is message_stop. Blocks that are neither text nor tool_use (thinking with its
/// signature, redacted_thinking, the server's own tools, compaction) are no text; an answer with any of them, and a
/// paused one, is carried whole. Usage comes in parts: of each count the largest counts.
std::unique_ptr<Decoder> make_anthropic_decoder(const ModelRequest& request, const StopTable& words);

}  // namespace nowd
