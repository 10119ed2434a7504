// The wait that a provider names in an error's message and nowhere else: "Please try again in 6m0s."
#pragma once

#include <optional>
#include <string_view>

#include "foundation/time/time.hpp"

namespace nowd {

/// Reads "Please try again in D" (OpenAI, and most that imitate it) and "Please retry in D" (Gemini), where D is
/// "20ms", "1.5s", "6m0s" or "1h2m3s": larger units first, each once, and then the end of a word. Nothing where the
/// message says it twice, in any other form, or of more than a day: words for people are the weakest source there is.
std::optional<milliseconds> told_wait(std::string_view message);

}  // namespace nowd
