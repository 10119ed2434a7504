// Cuts texts that are too long for a sink, and adds a note. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace nowd {

/// The size of one character (its UTF-8 bytes) in the unit of a limit.
using CharacterSize = std::size_t (*)(std::string_view character);
std::size_t in_bytes(std::string_view character);
std::size_t in_utf16(std::string_view character);           ///< as JavaScript, and so Discord, counts
std::size_t in_escaped_markup(std::string_view character);  ///< "&" is five: "&amp;"
std::size_t in_json(std::string_view character);            ///< bytes as they stand in a JSON string

/// The text, or as much of it as fits with a last line about the cut. Cuts at the end of a line if that costs less than
/// half of the text, otherwise between characters. Closes an open block between ```. `whole`: the place of the whole
/// text
/// ("nowctl show 12"), or empty.
std::string cut_text(std::string_view text, std::size_t limit, CharacterSize size, std::string_view whole);

/// The first `max` bytes of a foreign text in whole characters, on one line, for a message.
/// Requires: redacted, because a cut could split a secret.
std::string beginning_of(std::string_view text, std::size_t max);

}  // namespace nowd
