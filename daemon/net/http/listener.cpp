#include "net/http/listener.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>

namespace asio = boost::asio;

namespace nowd {
namespace {

constexpr std::string_view unix = "unix:";
constexpr mode_t socket_mode = 0660;

Error cannot(const std::string& address, int error) {
  const std::string remedy = error == EADDRINUSE                   ? "stop the other program or set `listen`"
                             : error == EACCES || error == EPERM   ? "check who may write there"
                             : error == ENOENT || error == ENOTDIR ? "create its directory"
                                                                   : "set `listen` to another address";
  std::string cause = std::strerror(error);
  cause[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(cause[0])));
  return unavailable("listen " + address + ": " + cause + "; " + remedy);
}

std::optional<asio::ip::tcp::endpoint> parse(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  if (colon == address.npos) return {};
  std::string host = address.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  boost::system::error_code error;
  const auto ip = asio::ip::make_address(host, error);
  std::uint16_t port = 0;
  const char* end = address.data() + address.size();
  const auto [stop, fault] = std::from_chars(address.data() + colon + 1, end, port);
  if (error || ip.is_v6() != bracketed || fault != std::errc{} || stop != end) return {};
  return asio::ip::tcp::endpoint(ip, port);
}

FileDescriptor make_socket(int family) {
  return FileDescriptor(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

sockaddr_un unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

template <class Address>
bool bind_to(const FileDescriptor& socket, const Address& address) {
  return ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

/// A socket file that nobody listens on was left by a daemon that was killed. Anything else stays where it is.
bool remove_stale(const std::string& path, const sockaddr_un& address) {
  struct stat info{};
  if (::lstat(path.c_str(), &info) != 0 || !S_ISSOCK(info.st_mode)) return false;
  const FileDescriptor probe = make_socket(AF_UNIX);
  if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return false;
  return errno == ECONNREFUSED && ::unlink(path.c_str()) == 0;
}

}  // namespace

Result<Listener> Listener::open(const std::string& address) {
  return address.starts_with(unix) ? open_unix(address) : open_tcp(address);
}

Result<Listener> Listener::open_tcp(const std::string& address) {
  const auto endpoint = parse(address);
  if (!endpoint)
    return invalid("listen " + address + ": not an address; write 127.0.0.1:7420, [::1]:7420 or unix:/path");
  if (!endpoint->address().is_loopback())
    return refused("listen " + address + ": not a loopback address, and there is no TLS or login here; listen on " +
                   "127.0.0.1 or a unix socket, and put a reverse proxy in front of it");
  Listener listener;
  listener.family = endpoint->protocol().family();
  listener.socket = make_socket(listener.family);
  const int fd = listener.socket.get(), on = 1;
  asio::ip::tcp::endpoint bound = *endpoint;
  if (fd < 0 || ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(fd, endpoint->data(), static_cast<socklen_t>(endpoint->size())) != 0 || ::listen(fd, SOMAXCONN) != 0)
    return cannot(address, errno);
  auto size = static_cast<socklen_t>(bound.capacity());
  if (::getsockname(fd, bound.data(), &size) != 0) return cannot(address, errno);
  listener.address = bound.address().is_v6() ? "[" + bound.address().to_string() + "]" : bound.address().to_string();
  listener.address += ":" + std::to_string(bound.port());
  return listener;
}

Result<Listener> Listener::open_unix(const std::string& address) {
  const std::string path = address.substr(unix.size());
  if (!path.starts_with('/') || path.size() >= sizeof(sockaddr_un::sun_path) || path.find('\0') != path.npos)
    return invalid("listen " + address + ": the path must be absolute and shorter than " +
                   std::to_string(sizeof(sockaddr_un::sun_path)) + " bytes");
  Listener listener;
  listener.family = AF_UNIX;
  listener.address = address;
  listener.socket = make_socket(AF_UNIX);
  const sockaddr_un name = unix_address(path);
  // bind() takes the file's mode from the socket, so at no moment it is open to more than these.
  if (listener.socket.get() < 0 || ::fchmod(listener.socket.get(), socket_mode) != 0) return cannot(address, errno);
  if (!bind_to(listener.socket, name)) {
    const int error = errno;
    if (error != EADDRINUSE || !remove_stale(path, name)) return cannot(address, error);
    if (!bind_to(listener.socket, name)) return cannot(address, errno);
  }
  listener.file_ = FileDescriptor(::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (::chmod(path.c_str(), socket_mode) != 0 || ::listen(listener.socket.get(), SOMAXCONN) != 0)
    return cannot(address, errno);
  return listener;
}

Listener::~Listener() {
  struct stat ours{}, there{};
  if (file_.get() < 0 || ::fstat(file_.get(), &ours) != 0) return;
  const std::string path = address.substr(unix.size());
  if (::lstat(path.c_str(), &there) == 0 && ours.st_ino == there.st_ino && ours.st_dev == there.st_dev)
    ::unlink(path.c_str());
}

}  // namespace nowd
