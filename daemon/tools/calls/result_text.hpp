// Results and error messages of tools: valid UTF-8, without secrets, within their limits. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "foundation/secret.hpp"

namespace nowd {

struct ResultText {
  std::string text;
  bool cut = false;
  std::optional<std::string> unredacted;  ///< the text with its secrets, if it has any
};

/// Bytes that a caller reads beyond `max_bytes`, so that redaction sees whole secrets before the cut.
inline constexpr std::size_t redaction_slack = 16 * 1024;

/// The visible part of a redacted text: all of it; of an incomplete text all but its last `redaction_slack` bytes,
/// which may contain the beginning of a secret.
std::string whole_part(std::string redacted, bool incomplete);

/// Redacts, cleans, and cuts to `max_bytes`, including `heading` and the note about the cut. `incomplete`: the sender
/// sent more than `raw`; drops its last `redaction_slack` bytes, which may contain the beginning of a secret.
ResultText result_text(std::string_view heading, std::string_view raw, bool incomplete, std::size_t max_bytes,
                       const Redactor& redact);

// Error messages of tools on one line, for people.

/// The beginning of an error's body, which usually has the reason. At most about 300 bytes; "…" marks a cut.
/// Requires: redacted, because a cut could split a secret.
std::string first_error_text(std::string_view body);

/// The last lines, at most five and about 600 bytes: "first; second". Requires: redacted.
std::string last_error_lines(std::string_view text);

}  // namespace nowd
