// What servers that imitate OpenAI's chat completions put beside an answer and want back with the next request. OpenAI
// itself has nothing of the kind.
//
//   reasoning_content   DeepSeek, Kimi, GLM, llama.cpp; DeepSeek answers 400 if it is missing:
//                       https://api-docs.deepseek.com/guides/thinking_mode
//   reasoning           vLLM, Ollama, Groq: https://docs.vllm.ai/en/latest/features/reasoning_outputs/
//   reasoning_details   OpenRouter: https://openrouter.ai/docs/use-cases/reasoning-tokens
//   extra_content       of a call, Gemini's thought signatures: https://ai.google.dev/gemini-api/docs/openai
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "domain/model/messages.hpp"
#include "providers/reply/stop_words.hpp"
#include "providers/wire/dialect.hpp"

namespace nowd {

inline constexpr std::string_view openai_chat_api = "openai-chat";

class ChatExtras {
 public:
  /// Reads a message, or a piece of one. Gives about how many bytes were kept.
  std::size_t read(const Json& delta);
  /// Of the call with this number, from 0.
  std::size_t read_call(std::size_t number, const Json& call);
  /// Nothing if there was nothing. Call it once.
  std::optional<Carried> take();

 private:
  void add_detail(const Json& detail);

  std::string reasoning_content_;
  std::string reasoning_;
  Json details_ = Json::array();
  std::map<std::size_t, Json> calls_;
};

/// Puts what a message carries for this API into its encoded form.
void put_extras(Json& encoded, const Message& message);

// Reads the answers of OpenAI Chat Completions and of the servers that imitate it, in all the ways they differ.
// https://platform.openai.com/docs/api-reference/chat/object and …/chat-streaming

/// The terminal event of a stream is `[DONE]`, in place of which a reason to stop and a framed end count; a document is
/// its own. Reads content as text, null or parts; calls by index, by id or by nothing at all; arguments as text or
/// object; usage from whichever chunk has it, the largest counts. Not read: reasoning, and the deprecated
/// `function_call` (malformed, so that nothing of it runs).
std::unique_ptr<Decoder> make_openai_chat_decoder(const ModelRequest& request, const StopTable& words);

}  // namespace nowd
