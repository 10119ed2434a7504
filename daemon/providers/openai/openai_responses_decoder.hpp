// Reads the answers of OpenAI Responses.
// https://platform.openai.com/docs/api-reference/responses/object and …/responses-streaming
#pragma once

#include <memory>

#include "providers/reply/stop_words.hpp"
#include "providers/wire/dialect.hpp"

namespace nowd {

/// The terminal event of a stream is response.completed, .incomplete or .failed, and its `response` is the answer;
/// where it lists no output, the items that were done before it are. Items with encrypted reasoning are carried.
std::unique_ptr<Decoder> make_openai_responses_decoder(const ModelRequest& request, const StopTable& words);

}  // namespace nowd
