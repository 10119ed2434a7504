// nowd's own checks of a request and of addresses before anything is sent, and URLs for messages. Pure.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "foundation/error.hpp"

namespace nowd {

struct HttpRequest;

/// Scheme, host, port and path of an http or https URL, without query, fragment and credentials. Errors: `invalid`.
Result<std::string> printable_url(const std::string& url);

/// "https://api.openai.com:443": the server that an answer's Date belongs to.
Result<std::string> origin_of(const std::string& url);

/// The error of a request that must not be sent, or nothing. Rejects means to smuggle a second request: CR, LF or NUL
/// in a header, a method that is not a token (RFC 9110, 5.6.2), and framing headers, which nowd writes itself.
std::optional<Error> fault_of(const HttpRequest& request);

/// True for GET and HEAD: they have no effect on a server (RFC 9110, 9.2.1).
bool is_safe_method(std::string_view method);

// Addresses that a request with an untrusted URL may connect to (SSRF; docs/effects.md).

/// True for an address that belongs to one host on the public Internet (IANA special-purpose registries, RFC 6890).
/// False for loopback, private, shared (CGNAT), link-local, unique-local, multicast, reserved and documentation
/// ranges, cloud metadata, and every IPv6 form that contains an IPv4 address (v4-mapped, NAT64, 6to4, Teredo).
bool is_public(const boost::asio::ip::address& address);

}  // namespace nowd
