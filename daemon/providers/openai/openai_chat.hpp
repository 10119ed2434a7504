// OpenAI Chat Completions, and every server that imitates it (vLLM, Ollama, llama.cpp, OpenRouter …).
// https://platform.openai.com/docs/api-reference/chat/create and …/chat-streaming
#pragma once

#include <array>
#include <memory>
#include <string_view>

#include "domain/job/config.hpp"
#include "domain/model/messages.hpp"
#include "providers/reply/stop_words.hpp"
#include "providers/wire/dialect.hpp"
#include "providers/wire/endpoint.hpp"

namespace nowd {

/// Streams with usage, and returns carried members to the server (put_extras()). `params` (the provider's, then the
/// request's) are merged over the body, except the reserved ones.
std::unique_ptr<Dialect> make_openai_chat(const ProviderConfig& config, const Endpoint& endpoint);

inline constexpr std::array<std::string_view, 4> openai_chat_reserved_params{"messages", "tools", "stream", "model"};

/// https://platform.openai.com/docs/api-reference/chat/object. The terminal event of a stream is `[DONE]`; a stop
/// reason with a framed end counts as well, and a document is complete in itself. Reads content as text, null or parts;
/// calls by index, by id or without both; arguments as text or object; usage from any chunk, the largest numbers.
/// Ignores reasoning. The deprecated `function_call` is malformed, so that it never runs.
std::unique_ptr<Decoder> make_openai_chat_decoder(const ModelRequest& request, const StopTable& words);

/// Adds the members that a message carries for this API to its encoded form.
void put_extras(Json& encoded, const Message& message);

}  // namespace nowd
