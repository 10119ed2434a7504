// How long a server asks its clients to wait: the header, and the bodies that say it instead.
#pragma once

#include <optional>
#include <string_view>

#include "foundation/time.hpp"

namespace nowd {

/// Retry-After (RFC 9110, 10.2.3): seconds, also with a fraction ("20.5", as Discord sends it), also with a unit
/// ("3s", "500ms", "1m30s"); or an HTTP date, which counts from the server's own `date`, or else from `now`.
/// From 0 to 24 hours: less and more are cut to that. Nothing if the text is none of these.
std::optional<milliseconds> retry_after(std::string_view header, std::optional<Instant> date, Instant now);

/// {"retry_after": SECONDS}, as Discord answers, or {"parameters": {"retry_after": SECONDS}}, as Telegram does.
/// The same bounds. Nothing if the body is no JSON or does not say it.
std::optional<milliseconds> retry_after_in_body(std::string_view body);

}  // namespace nowd
