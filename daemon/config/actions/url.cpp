#include "config/actions/url.hpp"

#include "config/yaml/report.hpp"
#include "foundation/text/url.hpp"

namespace nowd {

std::optional<std::string> url_fault(std::string_view url) {
  if (!url.starts_with("http://") && !url.starts_with("https://"))
    return in_quotes(url) + " is not a URL that nowd can call; it must begin with http:// or https://";
  if (url.find_first_of(" \t\r\n") != std::string_view::npos && url.find("{{") == std::string_view::npos)
    return in_quotes(url) + " has a space in it; write %20";
  const UrlParts parts = split_url(url);
  if (parts.authority.find('@') != std::string_view::npos)  // not quoted: there may be a password in it
    return std::string("holds a user name or password; send it as a header with ${credential:NAME}");
  if (parts.host.empty()) return in_quotes(url) + " has no host; write https://HOST/…";
  return std::nullopt;
}

}  // namespace nowd
