// A provider's base URL, taken apart: where requests go, and whose clock answers.
#pragma once

#include <string>
#include <string_view>

#include "foundation/error.hpp"

namespace nowd {

struct Endpoint {
  std::string scheme;  ///< "http" or "https"
  std::string host;    ///< lower case; an IPv6 address without its brackets
  std::string port;    ///< the scheme's own if the URL names none
  std::string path;    ///< "/v1": without a trailing slash, may be empty
  std::string query;   ///< with its "?", may be empty

  /// "https://api.openai.com:443": the key under which a remote clock is kept (clocks.md 1).
  std::string origin() const;
  /// Loopback, by name or address: never reached through a proxy.
  bool is_local() const;
  /// The URL of a resource below the base: url("/chat/completions").
  std::string url(std::string_view resource) const;
  bool operator==(const Endpoint&) const = default;
};

/// Errors: `invalid`, with the remedy. Credentials in the URL are refused and never repeated: they belong in `key`.
Result<Endpoint> parse_endpoint(std::string_view base_url);

}  // namespace nowd
