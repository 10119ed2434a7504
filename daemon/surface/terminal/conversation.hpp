// The conversation of a run: the texts that the ledger keeps, in order.
#pragma once

#include <string>

#include "foundation/json.hpp"
#include "surface/text.hpp"

namespace nowd {

// `texts`: LedgerReader::texts. A reference to another text (domain/run/machine/conversation.hpp) is not repeated: the text is
// shown in full at its first place. All texts pass through printable().

/// The system text and the first prompt, as sent to the model.
std::string prompt_text(const Json& texts, const Style& style);
/// The inputs that nowd read before the model ran, and the result of `when`.
std::string inputs_text(const Json& texts, const Style& style);
/// Inputs, prompt, each answer, each tool call with its result, and the output.
std::string conversation_text(const Json& texts, const Style& style);

}  // namespace nowd
