#include "providers/wire/endpoint.hpp"

#include <algorithm>

#include "foundation/text/url.hpp"
#include "foundation/text/words.hpp"

namespace nowd {
std::string Endpoint::origin() const {
  const bool v6 = host.find(':') != host.npos;
  return scheme + "://" + (v6 ? "[" + host + "]" : host) + ":" + port;
}

bool Endpoint::is_local() const {
  const bool v4 = host.starts_with("127.") && host.find_first_not_of("0123456789.") == host.npos;
  return v4 || host == "::1" || host == "localhost" || host.ends_with(".localhost");
}

std::string Endpoint::url(std::string_view resource) const { return origin() + path + std::string(resource) + query; }

Result<Endpoint> parse_endpoint(std::string_view base_url) {
  const UrlParts parts = split_url(base_url);
  Endpoint to;
  to.scheme = lower(parts.scheme);
  if (to.scheme != "http" && to.scheme != "https")
    return invalid("is not an http or https URL; write it like https://api.openai.com/v1");
  if (parts.authority.find('@') != parts.authority.npos) return invalid("holds credentials; put them in `key` instead");

  const bool bracketed = parts.host.starts_with('[') && parts.host.ends_with(']');
  to.host = lower(bracketed ? parts.host.substr(1, parts.host.size() - 2) : parts.host);
  const std::string_view called = base_url.substr(0, base_url.find('#'));
  const bool printable = std::none_of(called.begin(), called.end(), [](char c) { return c <= ' ' || c == 0x7F; });
  const bool good_host = !to.host.empty() && (bracketed || to.host.find_first_of("[:") == to.host.npos);
  if (!printable || !good_host || (parts.port && !is_port(*parts.port)))
    return invalid("has no good host and port; write https://host:port/path");
  to.port = parts.port.value_or(default_port(to.scheme));
  to.path = parts.path;
  to.query = parts.query;
  while (to.path.ends_with('/')) to.path.pop_back();
  return to;
}

}  // namespace nowd
