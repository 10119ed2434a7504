// Anthropic Messages, and servers that imitate it: https://platform.claude.com/docs/en/api/messages
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include "domain/job/config.hpp"
#include "providers/reply/stop_words.hpp"
#include "providers/wire/dialect.hpp"
#include "providers/wire/endpoint.hpp"

namespace nowd {

/// The limit for jobs without one: the API requires a limit.
inline constexpr std::int64_t anthropic_default_max_tokens = 8192;

/// Marks the constant prefix of a conversation (tools and system) for the provider's cache, and returns thinking blocks
/// unchanged. The base URL may end with "/v1" or not. `params` are merged over the body, except the reserved ones.
std::unique_ptr<Dialect> make_anthropic(const ProviderConfig& config, const Endpoint& endpoint);

inline constexpr std::array<std::string_view, 5> anthropic_reserved_params{"messages", "system", "tools", "stream",
                                                                           "model"};

// Reads the answers.
// https://platform.claude.com/docs/en/build-with-claude/streaming and …/handling-stop-reasons

/// The terminal event of a stream is message_stop. An answer with blocks other than text and tool_use (thinking with
/// its signature, redacted_thinking, the server's own tools, compaction), and a paused answer, is carried as a whole.
/// Usage arrives in parts: the largest number of each count wins.
std::unique_ptr<Decoder> make_anthropic_decoder(const ModelRequest& request, const StopTable& words);

}  // namespace nowd
