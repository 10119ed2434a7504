#include "net/http/http_rules.hpp"

#include <curl/curl.h>
#include <algorithm>
#include <array>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>
#include <cstdint>
#include <memory>

#include "foundation/text/url.hpp"
#include "foundation/text/words.hpp"
#include "net/http/http_client.hpp"

namespace asio = boost::asio;

namespace nowd {
namespace {

using Url = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

/// nowd derives these headers from the body; a second value would desynchronise client and server.
constexpr std::array<std::string_view, 3> framing{"content-length", "transfer-encoding", "expect"};

bool is_token(std::string_view text) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || marks.find(c) != marks.npos;
  });
}

bool is_field_value(std::string_view text) { return text.find_first_of(std::string_view("\r\n\0", 3)) == text.npos; }

std::string part(const Url& url, CURLUPart which) {
  char* text = nullptr;
  if (curl_url_get(url.get(), which, &text, 0) != CURLUE_OK) return {};
  std::string copy(text);
  curl_free(text);
  return copy;
}

std::optional<Error> fault_of_header(const std::string& name, const std::string& value) {
  // The message has the name only: the value may be a credential.
  if (!is_token(name)) return invalid("a header's name is empty or holds a character that HTTP does not allow");
  if (!is_field_value(value))
    return invalid("header " + name + ": its value holds a line break or NUL; remove it (is it untrusted input?)");
  if (std::ranges::find(framing, lower(name)) != framing.end())
    return invalid("header " + name + " is written by nowd; remove it from the configuration");
  return {};
}

}  // namespace

Result<std::string> printable_url(const std::string& url) {
  // The message omits an unparsable URL: the end of its credentials is unknown.
  if (url.find('\0') != url.npos) return invalid("the URL holds a NUL character");
  const Url parsed(curl_url(), &curl_url_cleanup);
  const CURLUcode code = curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), CURLU_NON_SUPPORT_SCHEME);
  if (code != CURLUE_OK)
    return invalid(std::string("the URL is not usable (") + curl_url_strerror(code) + "); write http(s)://host/path");
  const std::string scheme = part(parsed, CURLUPART_SCHEME);
  const std::string host = part(parsed, CURLUPART_HOST);
  if (scheme != "http" && scheme != "https")
    return invalid("URL scheme '" + scheme + "' is not supported; use http or https");
  const std::string port = part(parsed, CURLUPART_PORT);
  return scheme + "://" + host + (port.empty() ? "" : ":" + port) + part(parsed, CURLUPART_PATH);
}

Result<std::string> origin_of(const std::string& url) {
  const auto printable = printable_url(url);
  if (!printable) return printable.error();
  const std::string server = lower(split_url(*printable).server);
  const UrlParts parts = split_url(server);
  return parts.port ? server : server + ":" + std::string(default_port(parts.scheme));
}

std::optional<Error> fault_of(const HttpRequest& request) {
  if (!is_token(request.method)) return invalid("an HTTP method must be a word such as GET or POST");
  if (const auto url = printable_url(request.url); !url) return url.error();
  for (const auto& [name, value] : request.headers)
    if (auto fault = fault_of_header(name, value)) return fault;
  return {};
}

bool is_safe_method(std::string_view method) { return method == "GET" || method == "HEAD"; }

namespace {

struct V4Range {
  std::uint32_t base;
  unsigned bits;
};

constexpr std::uint32_t v4(unsigned a, unsigned b, unsigned c = 0, unsigned d = 0) {
  return a << 24 | b << 16 | c << 8 | d;
}

constexpr std::array special_v4{
    V4Range{v4(0, 0), 8},               // this network; Linux takes 0.0.0.0 for loopback
    V4Range{v4(10, 0), 8},              // private
    V4Range{v4(100, 64), 10},           // shared: carriers' NAT, and some clouds' metadata
    V4Range{v4(127, 0), 8},             // loopback
    V4Range{v4(168, 63, 129, 16), 32},  // Azure's metadata and DNS; looks like a public address
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

constexpr V6Range global_unicast{{0x20}, 3};  // 2000::/3: all other addresses are special, also v4-mapped and NAT64
constexpr std::array special_v6{
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
    return std::ranges::none_of(special_v4, [&](const V4Range& range) { return within(value, range); });
  }
  const auto bytes = address.to_v6().to_bytes();
  return within(bytes, global_unicast) &&
         std::ranges::none_of(special_v6, [&](const V6Range& range) { return within(bytes, range); });
}

}  // namespace nowd
