// Reasoning and tool calls that a server left inside the text of an answer, because its own parser for the model is
// missing or failed. Pure.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace nowd {

struct InlineReasoning {
  std::string_view answer;  ///< the text after the reasoning; the whole text if it has none
  bool open = false;        ///< the reasoning has no end: there is no answer
};

/// Removes the reasoning before an answer: leading blocks such as <think>…</think> in the forms of known models;
/// "…</think>" alone, if the prompt template has the opening tag; and the channels of Harmony, of which the last final
/// one is the answer. Only leading text is reasoning: a tag that the answer itself mentions stays. The answer begins
/// without blank lines.
InlineReasoning without_reasoning(std::string_view text);

/// True if a text is a tool call, not an answer. `tools`: all names of the offered tools, also those on the wire.
///
/// Such a text begins with the call markup of a model family (Hermes, Llama, Mistral, Kimi, DeepSeek, Harmony …),
/// contains the markup followed by the name of an offered tool, or is itself one call: a JSON object (a list of them, a
/// fenced one) with the name of an offered tool and arguments, or an expression such as `tool(city="Rome")`. A text
/// that mentions a tool, quotes markup as code, or is JSON of another kind is an answer.
bool is_written_call(std::string_view text, const std::set<std::string>& tools);

}  // namespace nowd
