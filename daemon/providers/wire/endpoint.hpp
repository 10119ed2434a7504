// A provider's base URL, split into its parts. It names the server of the requests and the remote clock.
#pragma once

#include <string>
#include <string_view>

#include "foundation/error.hpp"

namespace nowd {

struct Endpoint {
  std::string scheme;  ///< "http" or "https"
  std::string host;    ///< lower case; an IPv6 address without its brackets
  std::string port;    ///< the default port of the scheme if the URL has none
  std::string path;    ///< "/v1": without a trailing slash, may be empty
  std::string query;   ///< with its "?", may be empty

  /// "https://api.openai.com:443": the ledger keeps a remote clock under this key (docs/clocks.md).
  std::string origin() const;
  /// True for loopback, by name or address. Requests to it bypass any proxy.
  bool is_local() const;
  /// The URL of a resource below the base: url("/chat/completions").
  std::string url(std::string_view resource) const;
  bool operator==(const Endpoint&) const = default;
};

/// Errors: `invalid`, with the remedy. A URL with credentials is invalid (they belong in `key`); the message hides
/// them.
Result<Endpoint> parse_endpoint(std::string_view base_url);

}  // namespace nowd
