// The words providers use for why a model stopped, and what they mean (inference.md 1 is the table).
#pragma once

#include <optional>
#include <string_view>

#include "domain/stop.hpp"

namespace nowd {

/// Any dialect's word for "cut short": servers that imitate one API often say another's. Believing such a word can only
/// make nowd stop sooner. There is no such function for completion, on purpose.
std::optional<Stop> truncation_word(std::string_view raw);

/// `finish_reason` of OpenAI Chat and of the servers that imitate it. Anything else is `unknown`.
/// https://platform.openai.com/docs/api-reference/chat/object
Stop openai_chat_stop(std::string_view raw);

}  // namespace nowd
