// Reads the answers of OpenAI Chat Completions and of the servers that imitate it, in all the ways they differ.
// https://platform.openai.com/docs/api-reference/chat/object and …/chat-streaming
#pragma once

#include <memory>

#include "providers/reply/stop_words.hpp"
#include "providers/wire/dialect.hpp"

namespace nowd {

/// The terminal event of a stream is `[DONE]`, in place of which a reason to stop and a framed end count; a document is
/// its own. Reads content as text, null or parts; calls by index, by id or by nothing at all; arguments as text or
/// object; usage from whichever chunk has it, the largest counts. Not read: reasoning, and the deprecated
/// `function_call` (malformed, so that nothing of it runs).
std::unique_ptr<Decoder> make_openai_chat_decoder(const ModelRequest& request, const StopTable& words);

}  // namespace nowd
