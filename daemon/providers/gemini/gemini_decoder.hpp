// Reads the answers of Gemini's generateContent and streamGenerateContent.
// https://ai.google.dev/api/generate-content, GenerateContentResponse
#pragma once

#include <memory>

#include "providers/reply/stop_words.hpp"
#include "providers/wire/dialect.hpp"

namespace nowd {

/// There is no terminal event: a finishReason must have come, and the body must have ended by itself, for some models
/// give a reason with every chunk. So ended() stays false. Where there is more than text, all parts are carried in
/// their order, thoughts and signatures among them; adjoining texts without a signature become one.
std::unique_ptr<Decoder> make_gemini_decoder(const ModelRequest& request, const StopTable& words);

}  // namespace nowd
