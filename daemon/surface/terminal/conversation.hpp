// What a run was given, and what was said: the texts that the ledger keeps, told in order.
#pragma once

#include <string>

#include "foundation/json.hpp"
#include "surface/text.hpp"

namespace nowd {

/// `texts`: LedgerReader::texts. What refers to another text (domain/run/machine/conversation.hpp) is shown in full where it was
/// first said, and not again. Nothing of it can steer a terminal.

/// The system text and the first prompt as the model got it.
std::string prompt_text(const Json& texts, const Style& style);
/// What nowd fetched before the model ran, with the question of `when`.
std::string inputs_text(const Json& texts, const Style& style);
/// Inputs, prompt, each answer, each tool call with its result, and the output.
std::string conversation_text(const Json& texts, const Style& style);

}  // namespace nowd
