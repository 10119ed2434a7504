// OpenAI Chat Completions, and every server that imitates it (vLLM, Ollama, llama.cpp, OpenRouter …).
// https://platform.openai.com/docs/api-reference/chat/create and …/chat-streaming
#pragma once

#include <memory>
#include <string_view>

#include "domain/job/config.hpp"
#include "domain/model/messages.hpp"
#include "providers/reply/stop_words.hpp"
#include "providers/wire/dialect.hpp"
#include "providers/wire/endpoint.hpp"

namespace nowd {

inline constexpr std::string_view openai_chat_api = "openai-chat";

/// Streams with usage. What a server that reasons wants back goes back (chat_extras.hpp). `params` (the provider's,
/// then the request's) are merged over the body, but for the keys that are nowd's own: reserved_openai_chat_param().
std::unique_ptr<Dialect> make_openai_chat(const ProviderConfig& config, const Endpoint& endpoint);

/// Whether a key of `params` is one that nowd sets itself: messages, tools, stream, model.
bool reserved_openai_chat_param(std::string_view key);

// Reads the answers of OpenAI Chat Completions and of the servers that imitate it, in all the ways they differ.
// https://platform.openai.com/docs/api-reference/chat/object and …/chat-streaming

/// The terminal event of a stream is `[DONE]`, in place of which a reason to stop and a framed end count; a document is
/// its own. Reads content as text, null or parts; calls by index, by id or by nothing at all; arguments as text or
/// object; usage from whichever chunk has it, the largest counts. Not read: reasoning, and the deprecated
/// `function_call` (malformed, so that nothing of it runs).
std::unique_ptr<Decoder> make_openai_chat_decoder(const ModelRequest& request, const StopTable& words);

/// Puts what a message carries for this API into its encoded form.
void put_extras(Json& encoded, const Message& message);

}  // namespace nowd
