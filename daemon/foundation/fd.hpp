// A file descriptor that closes itself.
#pragma once

#include <unistd.h>
#include <csignal>
#include <utility>

namespace nowd {

/// Owns a file descriptor; -1 = none, as a failed open() returns it. errno stays as the failed call left it.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(other.release()) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileDescriptor() { reset(); }

  explicit operator bool() const { return fd_ >= 0; }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  void reset() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_ = -1;
};

/// Ignores SIGPIPE for the whole process, so that a write to a closed pipe or socket is an error (EPIPE) and does not
/// end the daemon. OpenSSL and pipes have no MSG_NOSIGNAL per call.
inline void ignore_broken_pipes() { [[maybe_unused]] static const auto before = std::signal(SIGPIPE, SIG_IGN); }

}  // namespace nowd
