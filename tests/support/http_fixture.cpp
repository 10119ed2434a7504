#include "support/http_fixture.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <list>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace nowd::test {
namespace {

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

bool send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

/// Reads until `enough`; false if the connection ends first.
bool receive_until(int socket, std::string& buffer, const std::function<bool()>& enough) {
  char piece[16384];
  while (!enough()) {
    const ssize_t got = ::recv(socket, piece, sizeof piece, 0);
    if (got <= 0) return false;
    buffer.append(piece, static_cast<std::size_t>(got));
  }
  return true;
}

SeenRequest parse_head(const std::string& head) {
  SeenRequest request;
  std::size_t at = head.find("\r\n");
  const std::string first = head.substr(0, at);
  const std::size_t blank = first.find(' ');
  request.method = first.substr(0, blank);
  request.target = first.substr(blank + 1, first.rfind(' ') - blank - 1);
  while (at + 2 < head.size()) {
    const std::size_t end = head.find("\r\n", at + 2);
    const std::string line = head.substr(at + 2, end - at - 2);
    const std::size_t colon = line.find(':');
    if (colon == line.npos) break;
    const std::size_t value = line.find_first_not_of(' ', colon + 1);
    request.headers.emplace_back(lower(line.substr(0, colon)), value == line.npos ? "" : line.substr(value));
    at = end;
  }
  return request;
}

/// The next request of a connection; `buffer` keeps what came after it. Nothing when the connection ends.
std::optional<SeenRequest> read_request(int socket, std::string& buffer) {
  std::size_t end = 0;
  if (!receive_until(socket, buffer, [&] { return (end = buffer.find("\r\n\r\n")) != buffer.npos; })) return {};
  SeenRequest request = parse_head(buffer.substr(0, end + 2));
  buffer.erase(0, end + 4);
  const std::string length = request.header("content-length");
  const std::size_t size = length.empty() ? 0 : std::stoul(length);
  if (!receive_until(socket, buffer, [&] { return buffer.size() >= size; })) return {};
  request.body = buffer.substr(0, size);
  buffer.erase(0, size);
  return request;
}

void disconnect(int socket) {
  const sockaddr nobody{};  // AF_UNSPEC: sends an RST, and the descriptor stays ours
  ::connect(socket, &nobody, sizeof nobody);
}

int listen_on_loopback() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(socket, 1024) != 0)
    throw std::runtime_error("the HTTP fixture cannot listen on loopback");
  return socket;
}

}  // namespace

std::string SeenRequest::header(std::string_view name) const {
  const auto found = std::ranges::find(headers, name, [](const auto& entry) { return std::string_view(entry.first); });
  return found == headers.end() ? "" : found->second;
}

std::string SeenRequest::path() const { return target.substr(0, target.find('?')); }

struct Latch::State {
  std::mutex mutex;
  std::condition_variable_any changed;
  bool open = false;
};

Latch::Latch() : state_(std::make_shared<State>()) {}

void Latch::open() {
  const std::lock_guard lock(state_->mutex);
  state_->open = true;
  state_->changed.notify_all();
}

void Latch::wait(const std::stop_token& stop) const {
  std::unique_lock lock(state_->mutex);
  state_->changed.wait(lock, stop, [&] { return state_->open; });
}

Reply& Reply::step(Step step) {
  steps_.push_back(std::move(step));
  return *this;
}
Reply& Reply::piece(std::string bytes) { return step({.kind = Step::Kind::piece, .bytes = std::move(bytes)}); }
Reply& Reply::raw(std::string bytes) { return step({.kind = Step::Kind::raw, .bytes = std::move(bytes)}); }
Reply& Reply::flush_headers() { return step({.kind = Step::Kind::headers}); }
Reply& Reply::wait(Latch gate) { return step({.kind = Step::Kind::gate, .gate = std::move(gate)}); }
Reply& Reply::wait(std::chrono::milliseconds delay) { return step({.kind = Step::Kind::delay, .delay = delay}); }
Reply& Reply::until_closed() { return step({.kind = Step::Kind::until_closed}); }
Reply& Reply::call(std::function<void()> action) {
  return step({.kind = Step::Kind::call, .action = std::move(action)});
}
Reply& Reply::cut() { return step({.kind = Step::Kind::cut}); }
Reply& Reply::reset() { return step({.kind = Step::Kind::reset}); }

/// Says one reply on one connection.
class Reply::Speaker {
 public:
  Speaker(std::stop_token stop, int socket, const Reply& reply, bool is_head)
      : stop_(std::move(stop)),
        socket_(socket),
        reply_(reply),
        bodiless_(is_head || reply.status_ == 204 || reply.status_ == 304),
        head_(head_of(reply)) {}

  /// False if the connection is to be closed.
  bool say() {
    for (const Step& step : reply_.steps_)
      if (stop_.stop_requested() || !say(step)) return false;
    const bool chunked = reply_.framing_ == Framing::chunked && !bodiless_;
    if (!raw_ && !send(chunked ? "0\r\n\r\n" : "")) return false;
    return reply_.framing_ != Framing::close;
  }

 private:
  static std::string head_of(const Reply& reply) {
    std::size_t sum = 0;
    for (const Step& step : reply.steps_)
      if (step.kind == Step::Kind::piece) sum += step.bytes.size();
    std::string head = "HTTP/1.1 " + std::to_string(reply.status_) + " Scripted\r\n";
    for (const auto& [name, value] : reply.headers_) head += name + ": " + value + "\r\n";
    if (reply.framing_ == Framing::chunked) head += "Transfer-Encoding: chunked\r\n";
    if (reply.framing_ == Framing::close) head += "Connection: close\r\n";
    if (reply.framing_ == Framing::length && reply.status_ != 204)
      head += "Content-Length: " + std::to_string(reply.length_.value_or(sum)) + "\r\n";
    return head + "\r\n";
  }

  bool say(const Step& step) {
    switch (step.kind) {
      case Step::Kind::piece:
        return send(bodiless_ ? "" : framed(step.bytes));
      case Step::Kind::raw:
        raw_ = raw_ || !head_.empty();
        head_.clear();
        return send(step.bytes);
      case Step::Kind::headers:
        return send("");
      case Step::Kind::gate:
        step.gate->wait(stop_);
        return true;
      case Step::Kind::delay:
        pause(step.delay);
        return true;
      case Step::Kind::until_closed:
        drain();
        return true;
      case Step::Kind::call:
        step.action();
        return true;
      case Step::Kind::reset:
        disconnect(socket_);
        [[fallthrough]];
      case Step::Kind::cut:
        return false;
    }
    return false;
  }

  std::string framed(const std::string& bytes) const {
    if (reply_.framing_ != Framing::chunked) return bytes;
    char size[20];
    std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
    return size + bytes + "\r\n";
  }

  bool send(const std::string& bytes) { return send_all(socket_, std::exchange(head_, {}) + bytes); }

  void pause(std::chrono::milliseconds delay) const {
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any timer;
    timer.wait_for(lock, stop_, delay, [] { return false; });
  }

  void drain() const {
    char byte = 0;
    while (::recv(socket_, &byte, 1, 0) > 0) {
    }
  }

  std::stop_token stop_;
  int socket_;
  const Reply& reply_;
  bool bodiless_;
  std::string head_;  ///< until it has gone out
  bool raw_ = false;  ///< the script wrote the head itself, and so the end
};

struct HttpFixture::State {
  struct Connection {
    int socket;
    std::jthread thread;
  };
  int listener = listen_on_loopback();
  std::uint16_t port = 0;
  mutable std::mutex mutex;
  mutable std::condition_variable came;
  std::map<std::string, std::deque<Reply>> replies;
  Handler handler;
  std::vector<SeenRequest> seen;
  std::list<Connection> connections;
  std::jthread acceptor;
  bool stopping = false;
};

HttpFixture::HttpFixture() : state_(std::make_unique<State>()) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(state_->listener, reinterpret_cast<sockaddr*>(&address), &size);
  state_->port = ntohs(address.sin_port);
  state_->acceptor = std::jthread([this] {
    for (;;) {
      const int socket = ::accept4(state_->listener, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) return;
      const int on = 1;
      ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      const std::lock_guard lock(state_->mutex);
      const std::size_t number = state_->connections.size();
      auto& connection = state_->connections.emplace_back(socket);
      if (state_->stopping) return;
      connection.thread = std::jthread([this, socket, number](std::stop_token stop) { serve(stop, socket, number); });
    }
  });
}

HttpFixture::~HttpFixture() {
  ::shutdown(state_->listener, SHUT_RDWR);  // wakes accept()
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->acceptor.join();
  for (auto& connection : state_->connections) {
    connection.thread.request_stop();
    ::shutdown(connection.socket, SHUT_RDWR);
  }
  for (auto& connection : state_->connections) {
    if (connection.thread.joinable()) connection.thread.join();
    ::close(connection.socket);
  }
  ::close(state_->listener);
}

std::uint16_t HttpFixture::port() const { return state_->port; }

std::string HttpFixture::url(std::string_view path) const {
  return "http://127.0.0.1:" + std::to_string(port()) + std::string(path);
}

void HttpFixture::reply(std::string path, Reply reply) {
  const std::lock_guard lock(state_->mutex);
  state_->replies[std::move(path)].push_back(std::move(reply));
}

void HttpFixture::handle(Handler handler) {
  const std::lock_guard lock(state_->mutex);
  state_->handler = std::move(handler);
}

std::vector<SeenRequest> HttpFixture::requests() const {
  const std::lock_guard lock(state_->mutex);
  return state_->seen;
}

std::size_t HttpFixture::connections() const {
  const std::lock_guard lock(state_->mutex);
  return state_->connections.size();
}

std::vector<SeenRequest> HttpFixture::wait_for_requests(std::size_t count) const {
  std::unique_lock lock(state_->mutex);
  state_->came.wait(lock, [&] { return state_->seen.size() >= count; });
  return state_->seen;
}

void HttpFixture::serve(std::stop_token stop, int socket, std::size_t number) {
  std::string buffer;
  while (!stop.stop_requested()) {
    auto request = read_request(socket, buffer);
    if (!request) break;
    request->connection = number;
    if (!answer(stop, socket, *request)) break;
  }
  ::shutdown(socket, SHUT_RDWR);  // closed when the fixture ends, so that its number is not given to another
}

/// False if the connection is to be closed.
bool HttpFixture::answer(const std::stop_token& stop, int socket, const SeenRequest& request) {
  Reply reply(404);
  {
    const std::lock_guard lock(state_->mutex);
    state_->seen.push_back(request);
    state_->came.notify_all();
    const auto scripted = state_->replies.find(request.path());
    if (scripted != state_->replies.end()) {
      reply = scripted->second.front();
      if (scripted->second.size() > 1) scripted->second.pop_front();
    } else if (state_->handler) {
      reply = state_->handler(request);
    }
  }
  return Reply::Speaker(stop, socket, reply, request.method == "HEAD").say();
}

}  // namespace nowd::test
