// Reasoning and tool calls that a server left inside the text of an answer, because its own parser for the model is
// missing or failed. Pure.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace nowd {

struct InlineReasoning {
  std::string_view answer;  ///< what follows the reasoning; the whole text where there is none
  bool open = false;        ///< it was opened and never closed: there is no answer
};

/// Takes off what a model thought before it answered: leading blocks such as <think>…</think> in the forms that models
/// are trained on; "…</think>" alone, where the template of the prompt had opened it; and the channels of Harmony, of
/// which the last final one is the answer. Only what leads is reasoning: a tag that the answer itself speaks of stays.
/// Whatever is cut off, the answer begins without blank lines.
InlineReasoning without_reasoning(std::string_view text);

/// Whether a text is a call and no answer. `tools`: what was offered, under all names that a model may use.
///
/// Such a text begins with the markup of calls of some family of models (Hermes, Llama, Mistral, Kimi, DeepSeek,
/// Harmony …), holds it with the name of an offered tool in it, or is as a whole one call: a JSON object (a list of
/// them, a fenced one) that names an offered tool and has arguments, or an expression such as `tool(city="Rome")`. A
/// text that speaks of a tool, quotes markup as code, or is JSON about something else is an answer.
bool is_written_call(std::string_view text, const std::set<std::string>& tools);

}  // namespace nowd
