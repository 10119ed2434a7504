// Placeholders: values in the place of a secret that are not secret.
#pragma once

#include <string_view>

namespace nowd {

/// True for a value that people configure if a server needs a key but accepts any: "ollama", "EMPTY",
/// "sk-no-key-required", "your_api_key_here", "xxxxxxxx", "12345678". Such a word occurs in ordinary texts.
/// Also true for one short word ("letmein", "Hunter2") and for a number of at most eight digits.
bool is_placeholder(std::string_view value);

}  // namespace nowd
