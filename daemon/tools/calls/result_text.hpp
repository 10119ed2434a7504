// What a tool said, made fit for a model: valid UTF-8, without secrets, and no longer than it may be.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "foundation/secret.hpp"

namespace nowd {

/// The longest prefix of at most `bytes` bytes that ends between two characters. Requires: valid UTF-8.
std::string_view utf8_prefix(std::string_view text, std::size_t bytes);

/// Strict UTF-8 (RFC 3629): each broken sequence becomes one U+FFFD (maximal subparts, as Unicode advises), and so does
/// NUL, which Postgres cannot store.
std::string clean_utf8(std::string_view bytes);

struct ResultText {
  std::string text;
  bool cut = false;
  std::optional<std::string> unredacted;  ///< the same with its secrets, where it has any
};

/// How much more than `max_bytes` a caller reads, so that a secret is seen whole before the text is cut.
inline constexpr std::size_t redaction_slack = 16 * 1024;

/// What may be shown of a text that was redacted: all of it, or where more was sent, all but its last `redaction_slack`
/// bytes, which may hold the beginning of a secret.
std::string whole_part(std::string redacted, bool incomplete);

/// Redacts, cleans, and cuts to `max_bytes`, `heading` and the note about the cut included. `incomplete` says that more
/// was sent than is in `raw`: then its last `redaction_slack` bytes are dropped, which may hold the beginning of a
/// secret.
ResultText result_text(std::string_view heading, std::string_view raw, bool incomplete, std::size_t max_bytes,
                       const Redactor& redact);

// What a tool said when it failed, as one line for people.

/// The beginning of an error's body: what the server says of its refusal stands there. At most about 300 bytes; a cut
/// is shown by "…".
/// Requires: redacted, for half a secret would not be found any more.
std::string beginning_of_complaint(std::string_view body);

/// The last lines, at most five and about 600 bytes: "first; second". Requires: redacted.
std::string end_of_complaint(std::string_view text);

}  // namespace nowd
