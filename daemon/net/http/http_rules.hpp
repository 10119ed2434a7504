// What nowd itself demands of a request before it goes out, and how a URL may appear in a message. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "foundation/error.hpp"

namespace nowd {

struct HttpRequest;

/// Scheme, host, port and path of a URL: no query, no fragment, no credentials. Only http and https have one.
Result<std::string> printable_url(const std::string& url);

/// "https://api.openai.com:443": whose clock an answer's Date is.
Result<std::string> origin_of(const std::string& url);

/// Why a request cannot be sent, or nothing. Refuses what could smuggle a second request: CR, LF or NUL in a header, a
/// method that is no token (RFC 9110, 5.6.2), and the headers that frame the message, which nowd writes itself.
std::optional<Error> fault_of(const HttpRequest& request);

/// GET and HEAD, which a server does not act upon (RFC 9110, 9.2.1).
bool is_safe_method(std::string_view method);

}  // namespace nowd
