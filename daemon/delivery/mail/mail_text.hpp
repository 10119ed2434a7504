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

/// The line itself if it is short and ASCII; else words of "=?UTF-8?B?…?=", at most 75 characters each, none of which
/// splits a character, with `between` between them: "\r\n " in a mail, " " where lines cannot be folded.
std::string encoded_words(std::string_view text, std::string_view between);

}  // namespace nowd
