// Google's Gemini API, generateContent: https://ai.google.dev/api/generate-content
#pragma once

#include <memory>

#include "domain/job/config.hpp"
#include "providers/reply/stop_words.hpp"
#include "providers/wire/dialect.hpp"
#include "providers/wire/endpoint.hpp"

namespace nowd {

inline constexpr std::string_view gemini_api = "gemini";

/// Streams by server-sent events. The parts of the model's turns go back as they came, with their thought signatures.
/// The base URL may be written with "/v1beta" or without. `params`: what is a field of the request (safetySettings …)
/// stays one, what is not (temperature, seed …) goes into generationConfig.
std::unique_ptr<Dialect> make_gemini(const ProviderConfig& config, const Endpoint& endpoint);

/// contents, systemInstruction, tools, model, stream.
bool reserved_gemini_param(std::string_view key);

/// There is no terminal event: a finishReason must have come, and the body must have ended by itself, for some models
/// give a reason with every chunk. So ended() stays false. Where there is more than text, all parts are carried in
/// their order, thoughts and signatures among them; adjoining texts without a signature become one.
std::unique_ptr<Decoder> make_gemini_decoder(const ModelRequest& request, const StopTable& words);

}  // namespace nowd
