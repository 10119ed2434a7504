#include "stream_server.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <map>
#include <stdexcept>
#include <string>

#include "stream_script.hpp"

namespace asio = boost::asio;
using asio::ip::tcp;

namespace nowd::bench {
namespace {

/// As much as a real answer has.
constexpr const char* head =
    "HTTP/1.1 200 OK\r\n"
    "Date: Mon, 01 Jun 2026 07:00:04 GMT\r\n"
    "Content-Type: text/event-stream; charset=utf-8\r\n"
    "Transfer-Encoding: chunked\r\n"
    "Connection: keep-alive\r\n"
    "Cache-Control: no-cache\r\n"
    "x-request-id: req_7d1c0a9f4be24f6c8d2e\r\n"
    "x-ratelimit-limit-requests: 10000\r\n"
    "x-ratelimit-remaining-requests: 9999\r\n"
    "x-ratelimit-reset-requests: 6ms\r\n"
    "Strict-Transport-Security: max-age=31536000; includeSubDomains; preload\r\n"
    "Server: scripted\r\n\r\n";

std::string_view api_at(std::string_view request_line) {
  if (request_line.find("/chat/completions") != request_line.npos) return "openai-chat";
  if (request_line.find("/responses") != request_line.npos) return "openai-responses";
  return request_line.find("/messages") != request_line.npos ? "anthropic" : "gemini";
}

std::size_t body_size(std::string_view head_of_request) {
  const std::size_t at = head_of_request.find("Content-Length: ");
  return at == head_of_request.npos ? 0 : std::stoul(std::string(head_of_request.substr(at + 16, 12)));
}

struct Scripts {
  const StreamScript& of(std::string_view api) {
    const auto [found, added] = made.try_emplace(std::string(api));
    if (added) found->second = script_of(api);
    return found->second;
  }
  std::map<std::string, StreamScript> made;
};

/// Gives the API that was asked.
asio::awaitable<std::string_view> read_request(tcp::socket& socket, std::string& buffer) {
  const std::size_t end =
      co_await asio::async_read_until(socket, asio::dynamic_buffer(buffer), "\r\n\r\n", asio::use_awaitable);
  const std::string_view request = std::string_view(buffer).substr(0, end);
  const std::string_view api = api_at(request.substr(0, request.find('\r')));
  const std::size_t size = end + body_size(request);
  if (buffer.size() < size)
    co_await asio::async_read(socket, asio::dynamic_buffer(buffer), asio::transfer_exactly(size - buffer.size()),
                              asio::use_awaitable);
  buffer.erase(0, size);
  co_return api;
}

asio::awaitable<void> serve(tcp::socket socket, Scripts& scripts, std::chrono::microseconds period) {
  asio::steady_timer timer(socket.get_executor());
  std::string buffer;
  for (;;) {
    const StreamScript& script = scripts.of(co_await read_request(socket, buffer));
    timer.expires_after(std::chrono::microseconds{0});
    std::string first = head + script.pieces.front();
    for (std::size_t i = 0; i <= script.pieces.size(); ++i) {
      timer.expires_at(timer.expiry() + period);
      co_await timer.async_wait(asio::use_awaitable);
      const std::string last =
          i < script.pieces.size()
              ? std::string()
              : last_piece(script, std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds{1});
      const std::string& piece = i == 0 ? first : last.empty() ? script.pieces[i] : last;
      co_await asio::async_write(socket, asio::buffer(piece), asio::use_awaitable);
    }
  }
}

asio::awaitable<void> accept(tcp::acceptor& acceptor, Scripts& scripts, std::chrono::microseconds period) {
  for (;;) {
    tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
    socket.set_option(tcp::no_delay(true));
    asio::co_spawn(acceptor.get_executor(), serve(std::move(socket), scripts, period),
                   [](const std::exception_ptr&) {});  // the client has closed it
  }
}

}  // namespace

Listening listen_on_loopback() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  socklen_t size = sizeof address;
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* plain = reinterpret_cast<sockaddr*>(&address);
  if (::bind(socket, plain, size) != 0 || ::listen(socket, 4096) != 0 || ::getsockname(socket, plain, &size) != 0)
    throw std::runtime_error("the benchmark cannot listen on loopback");
  return {socket, ntohs(address.sin_port)};
}

void serve_streams(int listener, std::chrono::microseconds period) {
  asio::io_context io{1};
  tcp::acceptor acceptor(io, tcp::v4(), listener);
  Scripts scripts;
  asio::co_spawn(io, accept(acceptor, scripts, period), [](const std::exception_ptr&) {});
  io.run();
}

}  // namespace nowd::bench
