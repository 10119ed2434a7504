// The wire form of a mail (RFC 5322, 2045): headers, and the text in quoted-printable. Pure.
#pragma once

#include <string>
#include <string_view>

#include "domain/delivery/outbox.hpp"
#include "domain/delivery/sink.hpp"
#include "foundation/error.hpp"

namespace nowd {

/// Short lines with CR LF. The Message-ID contains the delivery's key, so a repetition has the same one. No value can
/// add a header. Errors: `invalid` for a subject template that cannot be rendered.
Result<std::string> mail_text(const EmailSink& sink, const Delivery& delivery, Now now);

/// RFC 2045, 6.7: all line breaks become CR LF; bytes other than printable ASCII become =XX.
std::string quoted_printable(std::string_view text);

// Header values beyond ASCII: encoded words (RFC 2047).

/// One line: control characters become spaces, so that no value can begin another header.
std::string one_line(std::string_view text);

/// The line itself if it is short and ASCII; otherwise words of "=?UTF-8?B?…?=" of at most 75 characters, which do not
/// split characters, separated by `between`: "\r\n " in a mail, " " where lines cannot be folded.
std::string encoded_words(std::string_view text, std::string_view between);

/// RFC 4648, 4.
std::string base64(std::string_view bytes);

}  // namespace nowd
