// Google's Gemini API, generateContent: https://ai.google.dev/api/generate-content
#pragma once

#include "domain/job/config.hpp"
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

}  // namespace nowd
