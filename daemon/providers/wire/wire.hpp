// Reads untrusted data of servers: members may be missing or have another type, texts may contain any bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/json.hpp"

namespace nowd {

inline constexpr std::size_t max_detail = 500;  ///< bytes of a server's own text in a message for people

/// The member of an object; nothing if `value` is no object, has no such member, or the member is null.
const Json* member(const Json& value, const char* name);
/// The member if it is a text, else "".
std::string text_of(const Json& value, const char* name);
/// The member as a word: "" for null, "" and "null" (some servers write the latter for null); for any other type its
/// JSON.
std::string word_of(const Json& value, const char* name);
/// "" for nullptr, a text itself, any other value as JSON.
std::string text_or_json(const Json* value);
/// The elements of a list. An object counts as a list of one element, any other value as an empty list.
std::vector<const Json*> each_of(const Json* value);
/// The member if it is a whole number from 0 to 2^53, else nothing. Counts of servers are never negative.
std::optional<std::int64_t> count_of(const Json& value, const char* name);

/// About the bytes of an object: its texts unescaped, other values as JSON.
std::size_t size_of(const Json& object);

/// Valid UTF-8 of at most `most` bytes, without NUL: what the ledger and a terminal can take. Bad bytes become U+FFFD.
std::string clean_text(std::string_view bytes, std::size_t max);
/// clean_text on one line, for messages: control characters become spaces; a cut is shown by "…".
std::string one_line(std::string_view bytes, std::size_t max = max_detail);

/// Code and message of an error body. Each server nests them a little differently.
struct WireError {
  std::string code;  ///< the machine-readable part: `insufficient_quota`, `RESOURCE_EXHAUSTED`, "429"; may be empty
  std::string text;  ///< for people, one line, bounded
  bool operator==(const WireError&) const = default;
};

/// The error in a JSON value: {"error": {…}} or {"error": "text"} (OpenAI and most that imitate it, Anthropic,
/// Gemini), or {"object": "error", …} (vLLM).
std::optional<WireError> error_in(const Json& value);
/// The error in a document that has no part of an answer: {"detail": "Model is loading"},
/// {"base_resp": {"status_code", "status_msg"}} (MiniMax), {"errors": […]}. Nothing if it has no error.
std::optional<WireError> error_instead(const Json& value);
/// The error in the body of a failed request; {"message": …}, {"detail": …} (FastAPI) and plain text count too.
WireError error_of_body(std::string_view body);

// JSON with faults of real servers: cut inside a character, or with numbers beyond every number type.

/// parse_json(), and if that fails again with marks in place of faults: half of a UTF-16 pair ("\ud83d", from a server
/// that splits texts by UTF-16 unit), invalid UTF-8 (from a server that splits by byte), numbers beyond the range of a
/// double (they become 1e300). Sets `marked` if there are marks; never resets it.
Result<Json> parse_wire_json(std::string_view text, bool& marked);

/// The text without marks: two matching halves become their character, a single half becomes U+FFFD. Valid UTF-8.
/// Requires: a marked text. Marks are characters of the last private plane, which other texts may contain.
std::string join_halves(std::string_view text);
/// The same for all texts of a value.
void join_halves(Json& value);
/// True if a half has no partner: the text has lost a character.
bool loses_half(std::string_view text);

}  // namespace nowd
