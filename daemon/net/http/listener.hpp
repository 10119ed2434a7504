// A listening socket on this host only: loopback or a unix socket.
#pragma once

#include <string>

#include "foundation/error.hpp"
#include "foundation/fd.hpp"

namespace nowd {

/// Removes its socket file when it goes, unless another program has put its own there since.
class Listener {
 public:
  /// See HttpServer::listen for the forms of an address and the errors.
  static Result<Listener> open(const std::string& address);

  Listener(Listener&&) = default;
  Listener& operator=(Listener&&) = delete;
  ~Listener();

  FileDescriptor socket;  ///< non-blocking, close-on-exec
  int family = 0;
  std::string address;  ///< with the port that was picked

 private:
  Listener() = default;
  static Result<Listener> open_tcp(const std::string& address);
  static Result<Listener> open_unix(const std::string& address);

  FileDescriptor file_;  ///< the socket file itself (O_PATH), to know it again
};

}  // namespace nowd
