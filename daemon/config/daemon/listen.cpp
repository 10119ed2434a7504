#include "config/daemon/listen.hpp"

#include <algorithm>
#include <charconv>

#include "config/yaml/report.hpp"

namespace nowd {
namespace {

constexpr std::size_t max_socket_path = 107;  // sun_path, without its NUL

bool is_port_or_zero(std::string_view text) {
  unsigned value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failed == std::errc{} && end == text.data() + text.size() && value <= 65535;
}

bool is_loopback(std::string_view host) {
  if (host == "localhost" || host == "[::1]") return true;
  const bool numeric = std::all_of(host.begin(), host.end(), [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
  return numeric && host.starts_with("127.") && std::count(host.begin(), host.end(), '.') == 3;
}

}  // namespace

std::optional<std::string> listen_fault(std::string_view listen) {
  if (listen == "none") return std::nullopt;
  if (listen.starts_with("unix:")) {
    const std::string_view path = listen.substr(5);
    if (path.starts_with('/') && path.size() <= max_socket_path) return std::nullopt;
    return in_quotes(listen) + " must name an absolute path of at most 107 bytes: unix:/run/nowd/http.sock";
  }
  const std::size_t colon = listen.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || !is_port_or_zero(listen.substr(colon + 1)))
    return in_quotes(listen) + " is not an address; write HOST:PORT (127.0.0.1:7420), unix:/PATH or none";
  if (is_loopback(listen.substr(0, colon))) return std::nullopt;
  return in_quotes(listen) +
         " is reachable from other hosts, which is not supported yet; use 127.0.0.1:PORT or unix:/PATH, behind a proxy";
}

}  // namespace nowd
