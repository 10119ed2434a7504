// Google's Gemini API, generateContent: https://ai.google.dev/api/generate-content
#pragma once

#include <array>
#include <memory>
#include <string_view>

#include "domain/job/config.hpp"
#include "providers/reply/stop_words.hpp"
#include "providers/wire/dialect.hpp"
#include "providers/wire/endpoint.hpp"

namespace nowd {

/// Streams by server-sent events. The parts of the model's turns go back unchanged, with their thought signatures. The
/// base URL may end with "/v1beta" or not. `params` that are fields of the request (safetySettings …) stay there; all
/// others (temperature, seed …) go into generationConfig.
std::unique_ptr<Dialect> make_gemini(const ProviderConfig& config, const Endpoint& endpoint);

inline constexpr std::array<std::string_view, 5> gemini_reserved_params{"contents", "systemInstruction", "tools",
                                                                        "model", "stream"};

/// There is no terminal event, and ended() stays false: a complete answer has a finishReason and a body that ended by
/// itself, because some models send a reason with every chunk. An answer with more than text carries all its parts in
/// order, with thoughts and signatures; adjacent texts without a signature become one.
std::unique_ptr<Decoder> make_gemini_decoder(const ModelRequest& request, const StopTable& words);

}  // namespace nowd
