#include "net/http/http_server.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <list>
#include <optional>
#include <string>

#include "foundation/error.hpp"
#include "foundation/fd.hpp"
#include "foundation/log.hpp"

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

namespace nowd {
namespace {

/// A listening socket on this host only: loopback or a unix socket. The destructor
/// removes its socket file, unless another program has replaced it.
class Listener {
 public:
  /// Forms of addresses and errors: HttpServer::listen.
  static Result<Listener> open(const std::string& address);

  Listener(Listener&&) = default;
  Listener& operator=(Listener&&) = delete;
  ~Listener();

  FileDescriptor socket;  ///< non-blocking, close-on-exec
  int family = 0;
  std::string address;  ///< with the picked port

 private:
  Listener() = default;
  static Result<Listener> open_tcp(const std::string& address);
  static Result<Listener> open_unix(const std::string& address);

  FileDescriptor file_;  ///< the socket file itself (O_PATH), to recognize it
};

constexpr std::string_view unix = "unix:";
constexpr mode_t socket_mode = 0660;

Error cannot(const std::string& address, int error) {
  const std::string remedy = error == EADDRINUSE                   ? "stop the other program or set `listen`"
                             : error == EACCES || error == EPERM   ? "check the rights of its directory"
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

/// Removes the socket file of a killed daemon, recognized by ECONNREFUSED. Any other file stays.
bool remove_stale(const std::string& path, const sockaddr_un& address) {
  struct stat info{};
  if (::lstat(path.c_str(), &info) != 0 || !S_ISSOCK(info.st_mode)) return false;
  const FileDescriptor probe = make_socket(AF_UNIX);
  if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return false;
  return errno == ECONNREFUSED && ::unlink(path.c_str()) == 0;
}

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
  // bind() takes the file's mode from the socket, so the file never has a wider mode.
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

using Protocol = asio::generic::stream_protocol;  // TCP and unix sockets alike
using Stream = beast::basic_stream<Protocol>;
using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

constexpr auto tuple = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds accept_pause{100};
constexpr const char* content_policy =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A connection with an incomplete request.
struct Waiting {
  std::chrono::steady_clock::time_point since;
  Stream& stream;
};

/// The shared state of all connections. It lives as long as the last connection.
struct Service {
  HttpServer::Handler handler;
  ServerLimits limits;
  bool check_host;
  std::list<const Waiting*> waiting{};  ///< the longest wait first
};

/// Keeps an entry in the list during the wait for a request.
class WaitingEntry {
 public:
  WaitingEntry(Service& service, Stream& stream) : service_(service), entry_{std::chrono::steady_clock::now(), stream} {
    service_.waiting.push_back(&entry_);
  }
  ~WaitingEntry() { service_.waiting.remove(&entry_); }
  WaitingEntry(const WaitingEntry&) = delete;
  WaitingEntry& operator=(const WaitingEntry&) = delete;

 private:
  Service& service_;
  const Waiting entry_;
};

/// Closes the connection with the longest wait, so that silent clients cannot block others. False if no wait is long.
bool make_room(Service& service) {
  if (service.waiting.empty()) return false;
  const Waiting& oldest = *service.waiting.front();
  if (std::chrono::steady_clock::now() - oldest.since < service.limits.idle) return false;
  service.waiting.pop_front();
  oldest.stream.close();
  return true;
}

bool is_loopback_name(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  if (colon != host.npos && host.find(']', colon) == host.npos) host = host.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (beast::iequals(host, "localhost")) return true;
  boost::system::error_code error;
  const auto ip = asio::ip::make_address(host, error);
  return !error && ip.is_loopback();
}

ServedResponse plain(http::status status, std::string_view why) {
  const auto code = static_cast<int>(status);
  return {.status = code, .body = std::to_string(code) + " " + std::string(why) + "\n"};
}

/// The answer to a request that Beast could not read; nothing if the client has closed the connection.
std::optional<ServedResponse> refusal(const boost::system::error_code& error) {
  if (error == http::error::header_limit)
    return plain(http::status::request_header_fields_too_large, "the headers are too large");
  if (error == http::error::body_limit) return plain(http::status::payload_too_large, "the body is too large");
  if (error.category() != make_error_code(http::error::end_of_stream).category()) return {};
  if (error == http::error::end_of_stream || error == http::error::partial_message) return {};
  return plain(http::status::bad_request, "this is not HTTP/1.1");
}

asio::awaitable<ServedResponse> call(const Service& service, ServedRequest request) {
  const std::string path = request.path;
  try {
    co_return co_await service.handler(std::move(request));
  } catch (const boost::system::system_error& e) {
    if (e.code() == asio::error::operation_aborted) throw;  // shutdown
    log::error("the handler of " + path + " threw: " + e.what());
  } catch (const std::exception& e) {
    log::error("the handler of " + path + " threw: " + e.what());
  } catch (...) {
    log::error("the handler of " + path + " threw an exception of an unknown type");
  }
  co_return plain(http::status::internal_server_error, "internal error; the log says more");
}

/// A web page can make a browser request any path, so TCP requests need a Host of loopback. The answers of open paths
/// are not secret, and health checks may use HTTP/1.0.
bool may_ask(const Service& service, const Request& request, std::string_view path) {
  const auto host = request[http::field::host];
  const auto& open = service.limits.open_to_all;
  return !service.check_host || is_loopback_name({host.data(), host.size()}) ||
         std::find(open.begin(), open.end(), path) != open.end();
}

asio::awaitable<ServedResponse> respond(const Service& service, const Request& request) {
  const std::string_view target(request.target().data(), request.target().size());
  const std::size_t mark = target.find('?');
  if (!may_ask(service, request, target.substr(0, mark)))
    co_return plain(http::status::misdirected_request, "this server is known as localhost only");
  if (request.method() != http::verb::get && request.method() != http::verb::head)
    co_return plain(http::status::method_not_allowed, "only GET and HEAD");
  if (!target.starts_with('/')) co_return plain(http::status::bad_request, "the target must start with /");
  ServedRequest served{.method = std::string(request.method_string()),
                       .path = std::string(target.substr(0, mark)),
                       .query = std::string(mark == target.npos ? "" : target.substr(mark + 1))};
  co_return co_await call(service, std::move(served));
}

Response message(ServedResponse served, bool is_head, bool keep_alive) {
  Response response(static_cast<http::status>(served.status), 11);
  response.set(http::field::content_type, served.content_type);
  response.set(http::field::cache_control, "no-store");
  response.set("X-Content-Type-Options", "nosniff");
  response.set("X-Frame-Options", "DENY");
  response.set("Content-Security-Policy", content_policy);
  response.set("Cross-Origin-Resource-Policy", "same-origin");
  response.set("Referrer-Policy", "no-referrer");
  if (response.result() == http::status::method_not_allowed) response.set(http::field::allow, "GET, HEAD");
  response.keep_alive(keep_alive);
  response.content_length(served.body.size());
  if (!is_head) response.body() = std::move(served.body);
  return response;
}

asio::awaitable<boost::system::error_code> read_request(Stream& stream, beast::flat_buffer& buffer,
                                                        http::request_parser<http::string_body>& parser,
                                                        Service& service) {
  parser.header_limit(service.limits.headers);
  parser.body_limit(service.limits.body);
  stream.expires_after(service.limits.request);
  const WaitingEntry waiting(service, stream);
  const auto [error, got] = co_await http::async_read(stream, buffer, parser, tuple);
  co_return error;
}

asio::awaitable<void> serve(Stream stream, std::shared_ptr<Service> service) {
  beast::flat_buffer buffer;
  for (bool keep_alive = true; keep_alive;) {
    http::request_parser<http::string_body> parser;
    const auto error = co_await read_request(stream, buffer, parser, *service);
    std::optional<ServedResponse> served;
    if (error)
      served = refusal(error);
    else
      served = co_await respond(*service, parser.get());
    if (!served) co_return;
    keep_alive = !error && parser.get().keep_alive();
    Response response = message(std::move(*served), parser.get().method() == http::verb::head, keep_alive);
    stream.expires_after(service->limits.answer);
    const auto [lost, written] = co_await http::async_write(stream, response, tuple);
    if (lost) co_return;
  }
}

class Server final : public HttpServer {
 public:
  Server(asio::any_io_executor executor, Listener listener, Handler handler, ServerLimits limits)
      : executor_(std::move(executor)), listener_(std::move(listener)), acceptor_(executor_) {
    acceptor_.assign(Protocol(listener_.family, 0), listener_.socket.release());
    const bool is_tcp = listener_.family != AF_UNIX;
    service_ = std::make_shared<Service>(Service{std::move(handler), limits, is_tcp});
  }

  asio::awaitable<void> run() override {
    TaskGroup connections(executor_);
    const bool throws = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);  // always joins the connections
    while ((co_await asio::this_coro::cancellation_state).cancelled() == asio::cancellation_type::none) {
      auto [error, socket] = co_await acceptor_.async_accept(tuple);
      if (error) {
        co_await pause(error);
      } else if (connections.size() < service_->limits.connections || make_room(*service_)) {
        connections.spawn("http connection", serve(Stream(std::move(socket)), service_));
      }
    }
    connections.cancel();
    co_await connections.join();
    co_await asio::this_coro::throw_if_cancelled(throws);
  }

  std::string address() const override { return listener_.address; }

 private:
  /// Without free descriptors accept() fails immediately, so wait for connections to close.
  asio::awaitable<void> pause(boost::system::error_code error) {
    if (error == asio::error::operation_aborted) co_return;
    log::warning("http server: cannot accept a connection: " + error.message());
    asio::steady_timer timer(executor_, accept_pause);
    co_await timer.async_wait(tuple);
  }

  asio::any_io_executor executor_;
  Listener listener_;
  asio::basic_socket_acceptor<Protocol> acceptor_;
  std::shared_ptr<Service> service_;
};

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::listen(asio::any_io_executor executor, const std::string& address,
                                                       Handler handler, ServerLimits limits) {
  auto listener = Listener::open(address);
  if (!listener) return listener.error();
  return std::make_unique<Server>(std::move(executor), std::move(*listener), std::move(handler), limits);
}

}  // namespace nowd
