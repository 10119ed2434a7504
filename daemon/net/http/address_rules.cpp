#include "net/http/address_rules.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>
#include <cstdint>

namespace asio = boost::asio;

namespace nowd {
namespace {

struct V4Range {
  std::uint32_t base;
  unsigned bits;
};

constexpr std::uint32_t v4(unsigned a, unsigned b, unsigned c = 0, unsigned d = 0) {
  return a << 24 | b << 16 | c << 8 | d;
}

constexpr std::array kSpecialV4{
    V4Range{v4(0, 0), 8},               // this network; Linux takes 0.0.0.0 for loopback
    V4Range{v4(10, 0), 8},              // private
    V4Range{v4(100, 64), 10},           // shared: carriers' NAT, and some clouds' metadata
    V4Range{v4(127, 0), 8},             // loopback
    V4Range{v4(168, 63, 129, 16), 32},  // Azure's metadata and DNS, the one with a public look
    V4Range{v4(169, 254), 16},          // link-local, most clouds' metadata
    V4Range{v4(172, 16), 12},           // private
    V4Range{v4(192, 0, 0), 24},         // protocol assignments, Oracle's metadata
    V4Range{v4(192, 0, 2), 24},         // documentation
    V4Range{v4(192, 88, 99), 24},       // 6to4 relays
    V4Range{v4(192, 168), 16},          // private
    V4Range{v4(198, 18), 15},           // benchmarks
    V4Range{v4(198, 51, 100), 24},      // documentation
    V4Range{v4(203, 0, 113), 24},       // documentation
    V4Range{v4(224, 0), 3},             // multicast, reserved, broadcast
};

struct V6Range {
  std::array<std::uint8_t, 6> base;
  unsigned bits;
};

constexpr V6Range global_unicast{{0x20}, 3};  // 2000::/3: all else is special, v4-mapped and NAT64 among it
constexpr std::array kSpecialV6{
    V6Range{{0x20, 0x01, 0x00}, 23},        // protocol assignments: Teredo, ORCHID, benchmarks
    V6Range{{0x20, 0x01, 0x0d, 0xb8}, 32},  // documentation
    V6Range{{0x20, 0x02}, 16},              // 6to4 wraps any IPv4 address
    V6Range{{0x3f, 0xff}, 20},              // documentation
};

bool within(std::uint32_t address, const V4Range& range) { return (address ^ range.base) >> (32 - range.bits) == 0; }

bool within(const asio::ip::address_v6::bytes_type& address, const V6Range& range) {
  for (unsigned bit = 0; bit < range.bits; ++bit) {
    const unsigned difference = static_cast<unsigned>(address[bit / 8] ^ range.base[bit / 8]);
    if ((difference >> (7 - bit % 8) & 1U) != 0) return false;
  }
  return true;
}

}  // namespace

bool is_public(const asio::ip::address& address) {
  if (address.is_v4()) {
    const std::uint32_t value = address.to_v4().to_uint();
    return std::ranges::none_of(kSpecialV4, [&](const V4Range& range) { return within(value, range); });
  }
  const auto bytes = address.to_v6().to_bytes();
  return within(bytes, global_unicast) &&
         std::ranges::none_of(kSpecialV6, [&](const V6Range& range) { return within(bytes, range); });
}

}  // namespace nowd
