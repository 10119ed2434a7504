// Which addresses a request may go to when its URL is not ours to trust (durability.md 4, SSRF).
#pragma once

#include <boost/asio/ip/address.hpp>

namespace nowd {

/// True for an address that belongs to one host on the public Internet (IANA special-purpose registries, RFC 6890).
/// False for loopback, private, shared (CGNAT), link-local, unique-local, multicast, reserved and documentation
/// ranges, cloud metadata, and every IPv6 form that only wraps an IPv4 address (v4-mapped, NAT64, 6to4, Teredo).
bool is_public(const boost::asio::ip::address& address);

}  // namespace nowd
