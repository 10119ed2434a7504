#include "providers/wire/endpoint.hpp"

#include <algorithm>

#include "foundation/text/words.hpp"

namespace nowd {
namespace {

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 && text.find_first_not_of("0123456789") == text.npos &&
         std::stoi(std::string(text)) >= 1 && std::stoi(std::string(text)) <= 65535;
}

/// Splits "host", "host:port", "[v6]" or "[v6]:port". The port stays empty if there is none.
bool split_authority(std::string_view authority, Endpoint& to) {
  const bool bracketed = authority.starts_with('[');
  const std::size_t end = bracketed ? authority.find(']') : std::min(authority.find(':'), authority.size());
  if (end == authority.npos) return false;
  to.host = lower(bracketed ? authority.substr(1, end - 1) : authority.substr(0, end));
  const std::string_view rest = authority.substr(bracketed ? end + 1 : end);
  if (to.host.empty() || (!rest.empty() && (rest.front() != ':' || !is_port(rest.substr(1))))) return false;
  if (!rest.empty()) to.port = rest.substr(1);
  return true;
}

}  // namespace

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
  const std::size_t colon = base_url.find("://");
  Endpoint to;
  to.scheme = lower(base_url.substr(0, colon == base_url.npos ? 0 : colon));
  if (to.scheme != "http" && to.scheme != "https")
    return invalid("is not an http or https URL; write it like https://api.openai.com/v1");

  std::string_view rest = base_url.substr(colon + 3);
  rest = rest.substr(0, rest.find('#'));
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
  if (authority.find('@') != authority.npos) return invalid("holds credentials; put them in `key` instead");
  const bool printable = std::none_of(rest.begin(), rest.end(), [](char c) { return c <= ' ' || c == 0x7F; });
  if (!printable || !split_authority(authority, to))
    return invalid("has no good host and port; write https://host:port/path");
  if (to.port.empty()) to.port = to.scheme == "https" ? "443" : "80";

  rest.remove_prefix(authority.size());
  const std::size_t question = std::min(rest.find('?'), rest.size());
  to.path = rest.substr(0, question);
  to.query = rest.substr(question);
  while (to.path.ends_with('/')) to.path.pop_back();
  return to;
}

}  // namespace nowd
