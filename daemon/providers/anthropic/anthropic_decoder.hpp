// Reads the answers of Anthropic Messages.
// https://platform.claude.com/docs/en/build-with-claude/streaming and …/handling-stop-reasons
#pragma once

#include <memory>

#include "providers/reply/stop_words.hpp"
#include "providers/wire/dialect.hpp"

namespace nowd {

/// The terminal event of a stream is message_stop. Blocks that are neither text nor tool_use (thinking with its
/// signature, redacted_thinking, the server's own tools, compaction) are no text; an answer with any of them, and a
/// paused one, is carried whole. Usage comes in parts: of each count the largest counts.
std::unique_ptr<Decoder> make_anthropic_decoder(const ModelRequest& request, const StopTable& words);

}  // namespace nowd
