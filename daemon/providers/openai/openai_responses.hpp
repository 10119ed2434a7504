// OpenAI Responses: https://platform.openai.com/docs/api-reference/responses/create
#pragma once

#include <array>
#include <memory>
#include <string_view>

#include "domain/job/config.hpp"
#include "providers/reply/stop_words.hpp"
#include "providers/wire/dialect.hpp"
#include "providers/wire/endpoint.hpp"

namespace nowd {

/// Stateless: `store: false`, and every request has the whole conversation. Asks reasoning models for their reasoning
/// in encrypted form and returns it. `params` are merged over the body, except the reserved ones.
std::unique_ptr<Dialect> make_openai_responses(const ProviderConfig& config, const Endpoint& endpoint);

/// The last three would keep the conversation at the server, or delay the answer.
inline constexpr std::array<std::string_view, 8> openai_responses_reserved_params{
    "input", "instructions", "tools", "stream", "model", "previous_response_id", "conversation", "background"};

// Reads the answers of OpenAI Responses.
// https://platform.openai.com/docs/api-reference/responses/object and …/responses-streaming

/// The terminal event of a stream is response.completed, .incomplete or .failed, and its `response` is the answer. If
/// that lists no output, the items completed before it are the answer. Carries items with encrypted reasoning.
std::unique_ptr<Decoder> make_openai_responses_decoder(const ModelRequest& request, const StopTable& words);

}  // namespace nowd
