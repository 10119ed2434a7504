// Reasoning that a server leaves inside the text of an answer, where its own parser for it is missing. Pure.
#pragma once

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

}  // namespace nowd
