#include "providers/reply/stop_words.hpp"

#include <algorithm>
#include <array>

#include "providers/wire/dialect.hpp"

namespace nowd {
namespace {

constexpr std::string_view chat = openai_chat_api;
constexpr std::string_view responses = openai_responses_api;
constexpr std::string_view anthropic = anthropic_api;
constexpr std::string_view gemini = gemini_api;

using enum Stop;
using Do = StopAction;

constexpr std::array words{
    // https://platform.openai.com/docs/api-reference/chat/object, finish_reason
    StopWord{chat, "stop", complete, Do::commit},
    StopWord{chat, "eos", complete, Do::commit},               // Together
    StopWord{chat, "eos_token", complete, Do::commit},         // TGI
    StopWord{chat, "stop_sequence", stop_sequence, Do::fail},  // TGI
    StopWord{chat, "length", truncated_output, Do::retry_larger},
    StopWord{chat, "tool_calls", tool_call, Do::run_tools},
    StopWord{chat, "function_call", tool_call, Do::fail},  // deprecated; nowd does not read its call: malformed
    StopWord{chat, "content_filter", filtered, Do::fail},
    StopWord{chat, "insufficient_system_resource", provider_error, Do::fail},  // DeepSeek
    StopWord{chat, "model_length", truncated_context, Do::fail},               // Mistral
    StopWord{chat, "abort", cancelled, Do::fail},                              // vLLM
    StopWord{chat, "error", provider_error, Do::fail},                         // Mistral, OpenRouter
    // https://platform.openai.com/docs/api-reference/responses/object: status, incomplete_details.reason, error.code
    StopWord{responses, "completed", complete, Do::commit},
    StopWord{responses, "incomplete", unknown, Do::hold},
    StopWord{responses, "max_output_tokens", truncated_output, Do::retry_larger},
    StopWord{responses, "content_filter", filtered, Do::fail},
    StopWord{responses, "failed", provider_error, Do::fail},
    StopWord{responses, "bio_policy", prompt_blocked, Do::fail},
    StopWord{responses, "image_content_policy_violation", prompt_blocked, Do::fail},
    StopWord{responses, "cancelled", cancelled, Do::fail},
    StopWord{responses, "queued", in_progress, Do::hold},
    StopWord{responses, "in_progress", in_progress, Do::hold},
    // https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons
    StopWord{anthropic, "end_turn", complete, Do::commit},
    StopWord{anthropic, "stop_sequence", stop_sequence, Do::fail},
    StopWord{anthropic, "max_tokens", truncated_output, Do::retry_larger},
    StopWord{anthropic, "model_context_window_exceeded", truncated_context, Do::fail},
    StopWord{anthropic, "tool_use", tool_call, Do::run_tools},
    StopWord{anthropic, "pause_turn", paused, Do::resume},
    StopWord{anthropic, "refusal", Stop::refused, Do::fail},
    StopWord{anthropic, "compaction", compacted, Do::resume},
    // https://ai.google.dev/api/generate-content, FinishReason and BlockReason
    StopWord{gemini, "STOP", complete, Do::commit},
    StopWord{gemini, "MAX_TOKENS", truncated_output, Do::retry_larger},
    StopWord{gemini, "SAFETY", filtered, Do::fail},
    StopWord{gemini, "BLOCKLIST", filtered, Do::fail},
    StopWord{gemini, "PROHIBITED_CONTENT", filtered, Do::fail},
    StopWord{gemini, "SPII", filtered, Do::fail},
    StopWord{gemini, "IMAGE_SAFETY", filtered, Do::fail},
    StopWord{gemini, "IMAGE_PROHIBITED_CONTENT", filtered, Do::fail},
    StopWord{gemini, "LANGUAGE", filtered, Do::fail},
    StopWord{gemini, "RECITATION", filtered, Do::repair_once},
    StopWord{gemini, "IMAGE_RECITATION", filtered, Do::repair_once},
    StopWord{gemini, "MALFORMED_FUNCTION_CALL", malformed, Do::repair_once},
    StopWord{gemini, "MALFORMED_RESPONSE", malformed, Do::repair_once},
    StopWord{gemini, "UNEXPECTED_TOOL_CALL", tool_misuse, Do::repair_once},
    StopWord{gemini, "TOO_MANY_TOOL_CALLS", loop_limit, Do::fail},
    StopWord{gemini, "MISSING_THOUGHT_SIGNATURE", malformed,
             Do::fail},  // nowd's request is wrong, so a retry does not help
    StopWord{gemini, "NO_IMAGE", unknown, Do::hold},
    StopWord{gemini, "IMAGE_OTHER", unknown, Do::hold},
    StopWord{gemini, "OTHER", unknown, Do::hold},
    StopWord{gemini, "FINISH_REASON_UNSPECIFIED", unknown, Do::hold},
};

bool says_cut_short(const StopWord& word) {
  return word.stop == Stop::truncated_output || word.stop == Stop::truncated_context;
}

}  // namespace

std::span<const StopWord> stop_words() { return words; }

StopWord stop_word(std::string_view api, std::string_view raw) {
  const auto own = std::ranges::find_if(words, [&](const StopWord& w) { return w.api == api && w.raw == raw; });
  if (own != words.end()) return *own;
  const auto cut = std::ranges::find_if(words, [&](const StopWord& w) { return w.raw == raw && says_cut_short(w); });
  if (cut != words.end()) return {api, raw, cut->stop, cut->action};
  return {api, raw, Stop::unknown, StopAction::hold};
}

StopTable stop_table_of(const ProviderConfig& config) {
  return {config.api == script_api ? std::string(chat) : config.api, config.stop_words};
}

StopWord stop_word(const StopTable& table, std::string_view raw) {
  const StopWord known = stop_word(table.api, raw);
  if (known.stop != Stop::unknown) return known;
  const auto own = table.own.find(std::string(raw));
  return own == table.own.end() ? known : StopWord{known.api, raw, own->second, default_action(own->second)};
}

bool is_worse(Stop one, Stop other) {
  constexpr std::array from_good_to_bad{
      complete,  tool_call,   stop_sequence, paused,    compacted,      truncated_output, truncated_context,
      missing,   in_progress, unknown,       malformed, tool_misuse,    loop_limit,       budget_exceeded,
      cancelled, stream_cut,  Stop::refused, filtered,  prompt_blocked, provider_error};
  const auto place = [&](Stop stop) { return std::ranges::find(from_good_to_bad, stop); };
  return place(one) > place(other);
}

}  // namespace nowd
