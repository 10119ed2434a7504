// URLs taken apart by their text (RFC 3986, section 3), without a decision whether they may be called: configuration
// checks that with its own rules, and net/http with curl's parser before a request.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace nowd {

/// Views into the text of a URL. Nothing is decoded or checked, so {slots} and {{tokens}} may stand in it.
/// Invariant: server + resource is the whole text.
struct UrlParts {
  std::string_view scheme;               ///< "https"; empty if the text has no "://"
  std::string_view server;               ///< "https://user@host:443"
  std::string_view authority;            ///< "user@host:443"
  std::string_view host;                 ///< "host", or "[::1]" with its brackets
  std::optional<std::string_view> port;  ///< "443"; empty, not absent, behind a colon without a number
  std::string_view resource;             ///< "/v1?a=b#c"
  std::string_view path;                 ///< "/v1"; may be empty
  std::string_view query;                ///< "?a=b", with its "?"; may be empty
};

UrlParts split_url(std::string_view url);

/// A decimal number from 1 to 65535.
bool is_port(std::string_view text);

/// "443" for https, "80" for every other scheme.
std::string_view default_port(std::string_view scheme);

/// All but the unreserved characters (RFC 3986, section 2.3) as %XX.
std::string percent_encoded(std::string_view value);

}  // namespace nowd
