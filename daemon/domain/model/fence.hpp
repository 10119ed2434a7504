// A code fence around an answer that is to be JSON. Pure.
#pragma once

#include <string>

namespace nowd {

/// What one fence around the whole text holds ("```json\n{…}\n```"); the text itself where there is none.
std::string without_fence(const std::string& text);

}  // namespace nowd
