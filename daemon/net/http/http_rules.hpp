// What nowd itself demands of a request before it goes out, and how a URL may appear in a message. Pure.
#pragma once

#include <boost/asio/ip/address.hpp>
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

// Which addresses a request may go to when its URL is not ours to trust (durability.md 4, SSRF).

/// True for an address that belongs to one host on the public Internet (IANA special-purpose registries, RFC 6890).
/// False for loopback, private, shared (CGNAT), link-local, unique-local, multicast, reserved and documentation
/// ranges, cloud metadata, and every IPv6 form that only wraps an IPv4 address (v4-mapped, NAT64, 6to4, Teredo).
bool is_public(const boost::asio::ip::address& address);

}  // namespace nowd
