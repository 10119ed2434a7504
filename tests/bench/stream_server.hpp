// A model server that holds thousands of streams open, for the benchmark; it says the same to everyone, in the API of
// the path that is asked. What misbehaves is for ModelServer (tests/support).
#pragma once

#include <chrono>

namespace nowd::bench {

/// A socket that listens on loopback, and its port: opened before the processes part, so that both know it.
struct Listening {
  int socket;
  unsigned short port;
};
Listening listen_on_loopback();

/// Serves until the process is killed. Each answer has its first byte after `period`, and then a piece every `period`.
void serve_streams(int listener, std::chrono::microseconds period);

}  // namespace nowd::bench
