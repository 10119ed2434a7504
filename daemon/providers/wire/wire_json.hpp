// JSON as servers really send it: cut inside a character, or with numbers that no number type can take.
#pragma once

#include <string>
#include <string_view>

#include "foundation/json.hpp"

namespace nowd {

/// parse_json(), and once more with marks in place of what strict JSON refuses: half of a UTF-16 pair ("\ud83d", from a
/// server that splits texts by UTF-16 unit), bytes that are no UTF-8 (from one that splits by byte), numbers past the
/// range of a double (they become 1e300). `marked` is set if there are marks; it is never reset.
Result<Json> parse_wire_json(std::string_view text, bool& marked);

/// The text with its marks taken out: halves that meet become the character that they are, a single one U+FFFD. Valid
/// UTF-8. A mark is a character of the last private plane, which is why this is for marked texts only.
std::string join_halves(std::string_view text);
/// The same for all texts of a value.
void join_halves(Json& value);
/// Whether a half stays single: the text has lost something.
bool loses_half(std::string_view text);

}  // namespace nowd
