// A tool call that a server's parser missed: it comes as the text of an answer. Pure.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace nowd {

/// Whether a text is a call and no answer. `tools`: what was offered, under all names that a model may use.
///
/// Such a text begins with the markup of calls of some family of models (Hermes, Llama, Mistral, Kimi, DeepSeek,
/// Harmony …), holds it with the name of an offered tool in it, or is as a whole one call: a JSON object (a list of
/// them, a fenced one) that names an offered tool and has arguments, or an expression such as `tool(city="Rome")`. A
/// text that speaks of a tool, quotes markup as code, or is JSON about something else is an answer.
bool is_written_call(std::string_view text, const std::set<std::string>& tools);

}  // namespace nowd
