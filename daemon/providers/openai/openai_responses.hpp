// OpenAI Responses: https://platform.openai.com/docs/api-reference/responses/create
#pragma once

#include <memory>

#include "domain/job/config.hpp"
#include "providers/reply/stop_words.hpp"
#include "providers/wire/dialect.hpp"
#include "providers/wire/endpoint.hpp"

namespace nowd {

inline constexpr std::string_view openai_responses_api = "openai-responses";

/// Stateless: `store: false`, the whole conversation with every request. Reasoning models are asked for their reasoning
/// in encrypted form, and get it back. `params` are merged over the body as with openai_chat.hpp.
std::unique_ptr<Dialect> make_openai_responses(const ProviderConfig& config, const Endpoint& endpoint);

/// input, instructions, tools, stream, model; and what would keep the conversation at the server or answer later:
/// previous_response_id, conversation, background.
bool reserved_openai_responses_param(std::string_view key);

// Reads the answers of OpenAI Responses.
// https://platform.openai.com/docs/api-reference/responses/object and …/responses-streaming

/// The terminal event of a stream is response.completed, .incomplete or .failed, and its `response` is the answer;
/// where it lists no output, the items that were done before it are. Items with encrypted reasoning are carried.
std::unique_ptr<Decoder> make_openai_responses_decoder(const ModelRequest& request, const StopTable& words);

}  // namespace nowd
