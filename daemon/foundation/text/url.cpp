#include "foundation/text/url.hpp"

#include <algorithm>

#include "foundation/text/scan.hpp"

namespace nowd {
namespace {

/// The colon in front of the port: not one in an IPv6 address, a {slot} or the format of a {{token}}.
std::size_t find_port_colon(std::string_view authority) {
  int depth = 0;
  for (std::size_t i = 0; i < authority.size(); ++i) {
    const char c = authority[i];
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && depth > 0) --depth;
    if (c == ':' && depth == 0) return i;
  }
  return authority.npos;
}

}  // namespace

UrlParts split_url(std::string_view url) {
  constexpr std::string_view mark = "://";
  UrlParts parts;
  const std::size_t colon = url.find(mark);
  parts.scheme = url.substr(0, colon == url.npos ? 0 : colon);
  const std::size_t begin = colon == url.npos ? 0 : colon + mark.size();
  const std::size_t end = std::min(url.find_first_of("/?#", begin), url.size());
  parts.server = url.substr(0, end);
  parts.authority = url.substr(begin, end - begin);
  parts.resource = url.substr(end);

  const std::size_t user_end = parts.authority.rfind('@') + 1;  // npos + 1 is 0
  const std::string_view host = parts.authority.substr(user_end);
  const std::size_t port = find_port_colon(host);
  parts.host = host.substr(0, port);
  if (port != host.npos) parts.port = host.substr(port + 1);

  const std::string_view without_fragment = parts.resource.substr(0, parts.resource.find('#'));
  const std::size_t question = std::min(without_fragment.find('?'), without_fragment.size());
  parts.path = without_fragment.substr(0, question);
  parts.query = without_fragment.substr(question);
  return parts;
}

bool is_port(std::string_view text) {
  if (text.empty() || text.size() > 5 || !std::all_of(text.begin(), text.end(), is_digit)) return false;
  const int port = std::stoi(std::string(text));
  return port >= 1 && port <= 65'535;
}

std::string_view default_port(std::string_view scheme) { return scheme == "https" ? "443" : "80"; }

std::string percent_encoded(std::string_view value) {
  static constexpr char digits[] = "0123456789ABCDEF";
  constexpr std::string_view unreserved_signs = "-._~";
  std::string out;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_digit(c) || is_letter(c) || unreserved_signs.find(c) != unreserved_signs.npos)
      out += c;
    else
      out += {'%', digits[byte >> 4], digits[byte & 15]};
  }
  return out;
}

}  // namespace nowd
