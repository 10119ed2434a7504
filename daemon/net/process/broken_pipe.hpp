// Writing to a pipe or socket whose other end is gone must be an error (EPIPE), not the end of the daemon.
#pragma once

#include <csignal>

namespace nowd {

/// Ignores SIGPIPE for the whole process, once. OpenSSL and pipes have no MSG_NOSIGNAL to ask for it per call.
inline void ignore_broken_pipes() { [[maybe_unused]] static const auto before = std::signal(SIGPIPE, SIG_IGN); }

}  // namespace nowd
