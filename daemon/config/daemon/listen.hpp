// listen: where the page, /metrics and the health checks are served.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace nowd {

/// "127.0.0.1:7420", "[::1]:7420", "localhost:7420" (port 0: any free one), "unix:/path" or "none"; a message naming
/// the fault if it is none of these. Other addresses are refused: they need TLS and a token, which are not built.
std::optional<std::string> listen_fault(std::string_view listen);

}  // namespace nowd
