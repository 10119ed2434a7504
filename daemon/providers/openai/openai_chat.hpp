// OpenAI Chat Completions, and every server that imitates it (vLLM, Ollama, llama.cpp, OpenRouter …).
// https://platform.openai.com/docs/api-reference/chat/create and …/chat-streaming
#pragma once

#include "domain/job/config.hpp"
#include "providers/wire/dialect.hpp"
#include "providers/wire/endpoint.hpp"

namespace nowd {

/// Streams with usage. What a server that reasons wants back goes back (chat_extras.hpp). `params` (the provider's,
/// then the request's) are merged over the body, but for the keys that are nowd's own: reserved_openai_chat_param().
std::unique_ptr<Dialect> make_openai_chat(const ProviderConfig& config, const Endpoint& endpoint);

/// Whether a key of `params` is one that nowd sets itself: messages, tools, stream, model.
bool reserved_openai_chat_param(std::string_view key);

}  // namespace nowd
