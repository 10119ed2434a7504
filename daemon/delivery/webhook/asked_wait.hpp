// How long the server of a sink asks to wait: by the header, or by the bodies that say it instead. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "foundation/time/time.hpp"

namespace nowd {

/// Retry-After (net/retry_after.hpp). A date counts from the server's own `date`, or else from `now`. From 0 to 24
/// hours: less and more are cut to that. Nothing if the text is no wait.
std::optional<milliseconds> retry_after(std::string_view header, std::optional<Instant> date, Instant now);

/// {"retry_after": SECONDS}, as Discord answers, or {"parameters": {"retry_after": SECONDS}}, as Telegram does.
/// The same bounds. Nothing if the body is no JSON or does not say it.
std::optional<milliseconds> retry_after_in_body(std::string_view body);

}  // namespace nowd
