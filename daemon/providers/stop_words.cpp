#include "providers/stop_words.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace nowd {
namespace {

using Word = std::pair<std::string_view, Stop>;

template <std::size_t N>
std::optional<Stop> find(const std::array<Word, N>& words, std::string_view raw) {
  const auto found = std::find_if(words.begin(), words.end(), [&](const Word& word) { return word.first == raw; });
  return found == words.end() ? std::nullopt : std::optional(found->second);
}

constexpr std::array<Word, 6> truncation{{
    {"length", Stop::truncated_output},             // OpenAI Chat
    {"max_tokens", Stop::truncated_output},         // Anthropic
    {"max_output_tokens", Stop::truncated_output},  // OpenAI Responses
    {"MAX_TOKENS", Stop::truncated_output},         // Gemini
    {"model_length", Stop::truncated_context},      // Mistral
    {"model_context_window_exceeded", Stop::truncated_context},
}};

constexpr std::array<Word, 7> openai_chat{{
    {"stop", Stop::complete},
    {"tool_calls", Stop::tool_call},
    {"function_call", Stop::tool_call},  // deprecated; its call is not read, so it ends as malformed
    {"content_filter", Stop::filtered},
    {"insufficient_system_resource", Stop::provider_error},  // DeepSeek
    {"abort", Stop::cancelled},                              // vLLM
    {"error", Stop::provider_error},                         // Mistral, OpenRouter
}};

}  // namespace

std::optional<Stop> truncation_word(std::string_view raw) { return find(truncation, raw); }

Stop openai_chat_stop(std::string_view raw) {
  if (auto stop = truncation_word(raw)) return *stop;
  return find(openai_chat, raw).value_or(Stop::unknown);
}

}  // namespace nowd
