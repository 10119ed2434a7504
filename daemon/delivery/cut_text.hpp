// Texts that are too long for a sink: cut where it hurts least, and saying so.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace nowd {

/// What one character (its UTF-8 bytes) counts towards a limit.
using CharacterSize = std::size_t (*)(std::string_view character);
std::size_t in_bytes(std::string_view character);
std::size_t in_utf16(std::string_view character);           ///< as JavaScript, and so Discord, counts
std::size_t in_escaped_markup(std::string_view character);  ///< "&" is five: "&amp;"
std::size_t in_json(std::string_view character);            ///< bytes as they stand in a JSON string

/// The text, or as much of it as fits together with a last line that says that it is cut: at a line's end if that costs
/// less than half of it, else behind a character. A block between ``` that the cut leaves open is closed. `whole` says
/// where the whole text is: "nowctl show 12", or nothing.
std::string cut_text(std::string_view text, std::size_t limit, CharacterSize size, std::string_view whole);

/// What somebody else said, for a message: on one line, and the first `most` bytes of it in whole characters.
/// Requires: redacted. Half a secret would not be found any more.
std::string beginning_of(std::string_view said, std::size_t most);

}  // namespace nowd
