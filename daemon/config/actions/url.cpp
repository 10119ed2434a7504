#include "config/actions/url.hpp"

#include "config/yaml/report.hpp"

namespace nowd {

std::optional<std::string> url_fault(std::string_view url) {
  if (!url.starts_with("http://") && !url.starts_with("https://"))
    return in_quotes(url) + " is not a URL that nowd can call; it must begin with http:// or https://";
  if (url.find_first_of(" \t\r\n") != std::string_view::npos && url.find("{{") == std::string_view::npos)
    return in_quotes(url) + " has a space in it; write %20";
  const std::string_view rest = url.substr(url.find("//") + 2);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  if (authority.find('@') != std::string_view::npos)  // not quoted: there may be a password in it
    return std::string("holds a user name or password; send it as a header with ${credential:NAME}");
  if (host_of(url).empty()) return in_quotes(url) + " has no host; write https://HOST/…";
  return std::nullopt;
}

std::string_view host_of(std::string_view url) {
  const std::size_t scheme = url.find("//");
  if (scheme == std::string_view::npos) return {};
  std::string_view host = url.substr(scheme + 2);
  host = host.substr(0, host.find_first_of("/?#"));
  const std::size_t colon = host.rfind(':');
  const bool in_brackets = host.starts_with('[') && host.find(']', colon == host.npos ? 0 : colon) != host.npos;
  return colon == std::string_view::npos || in_brackets ? host : host.substr(0, colon);
}

}  // namespace nowd
