// Reading what a server sent without trusting it: members that may be missing or of another type, texts of any bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/json.hpp"

namespace nowd {

inline constexpr std::size_t max_detail = 500;  ///< bytes of a server's own words in a message for people

/// The member of an object; nothing if `value` is no object, has no such member, or the member is null.
const Json* member(const Json& value, const char* name);
/// The member if it is a text, else "".
std::string text_of(const Json& value, const char* name);
/// The member if it is a word that says something: "" for null, "" and "null", which some servers write for it; of any
/// other type its JSON.
std::string word_of(const Json& value, const char* name);
/// The elements of a list; an object stands for a list of one, anything else for none.
std::vector<const Json*> each_of(const Json* value);
/// The member if it is a whole number from 0 to 2^53, else nothing: what a server counts is never negative.
std::optional<std::int64_t> count_of(const Json& value, const char* name);

/// About the bytes that an object takes: its texts as they are, all else as JSON.
std::size_t size_of(const Json& object);

/// Valid UTF-8 of at most `most` bytes, without NUL: what the ledger and a terminal can take. Bad bytes become U+FFFD.
std::string clean_text(std::string_view bytes, std::size_t most);
/// clean_text on one line, for messages: control characters become spaces; a cut is shown by "…".
std::string one_line(std::string_view bytes, std::size_t most = max_detail);

/// What an error body says. All servers nest it a little differently.
struct WireError {
  std::string code;  ///< what a program branches on: `insufficient_quota`, `RESOURCE_EXHAUSTED`, "429"; may be empty
  std::string text;  ///< for people, one line, bounded
  bool operator==(const WireError&) const = default;
};

/// Whether a JSON value is an error: {"error": {…}} or {"error": "text"} (OpenAI and most that imitate it, Anthropic,
/// Gemini), or {"object": "error", …} (vLLM).
std::optional<WireError> error_in(const Json& value);
/// What a document says that was to be an answer and has nothing of one: {"detail": "Model is loading"},
/// {"base_resp": {"status_code", "status_msg"}} (MiniMax), {"errors": […]}. Nothing if it says nothing.
std::optional<WireError> error_instead(const Json& value);
/// The same of the body of a failed request, where {"message": …} and {"detail": …} (FastAPI) and plain text count too.
WireError error_of_body(std::string_view body);

// JSON as servers really send it: cut inside a character, or with numbers that no number type can take.

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
