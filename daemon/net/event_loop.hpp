// An io_context whose coroutines can be destroyed before the objects that they use.
#pragma once

#include <boost/asio/io_context.hpp>

namespace nowd {

/// Requires: what holds timers and sockets of it is destroyed after drop_coroutines() and before this.
class EventLoop : public boost::asio::io_context {
 public:
  EventLoop() : io_context(1) {}
  /// Destroys all coroutines that are suspended, and the handlers that are queued. Nothing runs afterwards.
  void drop_coroutines() { shutdown(); }
};

}  // namespace nowd
