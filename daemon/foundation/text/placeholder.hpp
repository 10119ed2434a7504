// Values that stand where a secret is wanted and are none.
#pragma once

#include <string_view>

namespace nowd {

/// Whether a value is a word that people put where a server wants a key and takes any: "ollama", "EMPTY",
/// "sk-no-key-required", "your_api_key_here", "xxxxxxxx", "12345678". Such a word is no secret and occurs in ordinary
/// texts. True as well of one short word ("letmein", "Hunter2") and of a number of at most eight digits.
bool is_placeholder(std::string_view value);

}  // namespace nowd
