#include "net/http/http_exchange.hpp"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <sys/socket.h>
#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <cstring>
#include <utility>

#include "foundation/text/words.hpp"
#include "net/http/http_rules.hpp"

namespace asio = boost::asio;

namespace nowd {
namespace {

/// The maximum wait between two checks of the deadlines: steady_timer stops while the host sleeps, and a virtual clock
/// moves without it.
constexpr milliseconds max_check_interval{1'000};

}  // namespace

HttpExchange::HttpExchange(std::shared_ptr<CurlLoop> loop, asio::any_io_executor executor, const Clock& clock,
                           HttpRequest request, HttpClient::BodySink sink)
    : loop_(std::move(loop)),
      clock_(clock),
      request_(std::move(request)),
      sink_(std::move(sink)),
      changed_(std::move(executor)) {}

HttpExchange::~HttpExchange() {
  if (curl_) loop_->remove(curl_->easy());
}

asio::awaitable<HttpOutcome> HttpExchange::run() {
  start();
  while (!outcome_) {
    const nanoseconds left = next_deadline().at - clock_.tick();
    changed_.expires_after(std::clamp(left, nanoseconds{0}, nanoseconds{max_check_interval}));
    co_await changed_.async_wait(asio::as_tuple(asio::use_awaitable));
    if (outcome_) break;
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none)
      throw boost::system::system_error(asio::error::operation_aborted);
    end_if_late();
  }
  if (thrown_) std::rethrow_exception(thrown_);
  co_return std::move(*outcome_);
}

void HttpExchange::start() {
  started_ = clock_.tick();
  if (auto fault = fault_of(request_)) return end(std::move(fault));
  url_ = *printable_url(request_.url);
  if (loop_->closed()) return end(unavailable("the HTTP client is closed"));
  curl_.emplace(request_, sink_ != nullptr);
  connect_callbacks();
  loop_->add(curl_->easy(), *this);
}

HttpExchange::Deadline HttpExchange::next_deadline() const {
  const Deadline total{started_ + request_.total_timeout, "did not end", request_.total_timeout,
                       ErrorKind::budget_spent};
  Deadline stage = total;
  switch (stage_) {
    case Stage::connecting:
      stage = {started_ + request_.connect_timeout, "no connection", request_.connect_timeout, ErrorKind::unavailable};
      break;
    case Stage::waiting:
      stage = {sent_ + request_.first_byte_timeout, "no first byte of the answer", request_.first_byte_timeout,
               ErrorKind::unavailable};
      break;
    case Stage::receiving:
      stage = {last_piece_ + request_.idle_timeout, "the answer stalled: nothing more", request_.idle_timeout,
               ErrorKind::unavailable};
      break;
  }
  return stage.at < total.at ? stage : total;
}

void HttpExchange::end_if_late() {
  const Deadline deadline = next_deadline();
  if (clock_.tick() >= deadline.at) end(too_late(deadline));
}

Error HttpExchange::too_late(const Deadline& deadline) {
  return {deadline.kind, std::string(deadline.missing) + " within " + std::to_string(deadline.limit.count()) +
                             " ms; check the server and the network, or allow more time"};
}

/// Ends the exchange with the response (no error) or with an error.
void HttpExchange::end(std::optional<Error> error) {
  if (outcome_) return;
  if (curl_) loop_->remove(curl_->easy());
  response_.ended = clock_.read();
  if (error) {
    outcome_ = failure(std::move(*error));
  } else {
    outcome_ = std::move(response_);
  }
  wake();
}

void HttpExchange::turn_ended() {
  if (pending_.empty() || outcome_) return;
  const std::string piece = std::exchange(pending_, {});
  bool more = false;
  try {
    more = sink_(piece);
  } catch (...) {
    thrown_ = std::current_exception();
  }
  if (!more) end(std::nullopt);
}

HttpFailure HttpExchange::failure(Error error) const {
  error.message = name() + ": " + error.message;
  return {std::move(error), stage_ != Stage::connecting, response_};
}

std::string HttpExchange::name() const { return url_.empty() ? "HTTP request" : request_.method + " " + url_; }

// curl's callbacks, and the messages for its error codes.

namespace {

asio::ip::address address_of(const curl_sockaddr& socket) {
  if (socket.family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &socket.addr, sizeof v4);
    return asio::ip::address_v4(ntohl(v4.sin_addr.s_addr));
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, &socket.addr, std::min<std::size_t>(sizeof v6, socket.addrlen));
  asio::ip::address_v6::bytes_type bytes{};
  std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
  return asio::ip::address_v6(bytes, v6.sin6_scope_id);
}

std::string bytes(std::size_t count) { return std::to_string(count) + " bytes"; }

}  // namespace

void HttpExchange::connect_callbacks() {
  void* easy = curl_->easy();
  const auto open = +[](void* self, curlsocktype, curl_sockaddr* address) -> curl_socket_t {
    return static_cast<HttpExchange*>(self)->on_open_socket(address);
  };
  const auto sending = +[](void* self, char* ip, char*, int, int) {
    return static_cast<HttpExchange*>(self)->on_sending(ip) ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
  };
  const auto header = +[](char* data, std::size_t, std::size_t size, void* self) -> std::size_t {
    return static_cast<HttpExchange*>(self)->on_header({data, size}) ? size : 0;
  };
  const auto body = +[](char* data, std::size_t, std::size_t size, void* self) -> std::size_t {
    return static_cast<HttpExchange*>(self)->on_body({data, size}) ? size : 0;
  };
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, sending);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, this);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
}

bool HttpExchange::deny(Error error) {
  fault_ = std::move(error);
  return false;
}

/// Checks the address of the actual connection, so that a second, different answer of DNS (rebinding) has no effect.
int HttpExchange::on_open_socket(const void* curl_sockaddr_) {
  const auto& address = *static_cast<const curl_sockaddr*>(curl_sockaddr_);
  if (!request_.allow_private) {
    const bool is_ip = address.family == AF_INET || address.family == AF_INET6;
    if (!is_ip || !is_public(address_of(address))) {
      refused_ = is_ip ? address_of(address).to_string() : "a local socket";
      return CURL_SOCKET_BAD;
    }
  }
  return ::socket(address.family, address.socktype | SOCK_CLOEXEC, address.protocol);
}

/// Called with a new or an old connection, before the first byte of the request.
bool HttpExchange::on_sending(const char* ip) {
  // An old connection may belong to a request that allowed private addresses.
  boost::system::error_code error;
  if (!request_.allow_private && !is_public(asio::ip::make_address(ip, error))) {
    refused_ = ip;
    return false;
  }
  // In doubt: curl sends again if an old connection closes without an answer, but the server may have acted. The caller
  // decides on a repetition, except for safe methods.
  if (stage_ != Stage::connecting && !is_safe_method(request_.method))
    return deny(unavailable("the connection closed before an answer; the request is not sent twice"));
  stage_ = Stage::waiting;
  response_.remote_ip = ip;
  response_.sent = clock_.read();
  sent_ = response_.sent.boot;
  wake();
  return true;
}

bool HttpExchange::on_header(std::string_view line) {
  header_bytes_ += line.size();
  if (header_bytes_ > request_.max_headers)
    return deny(invalid("the answer's headers are larger than " + bytes(request_.max_headers)));
  if (headers_complete_) return true;  // ignores trailers
  const std::string_view text = trimmed(line);
  if (line.starts_with("HTTP/")) {
    on_status_line(text);
  } else if (text.empty()) {
    headers_complete_ = response_.status >= 200;
    if (headers_complete_) response_.headers_at = clock_.read();
  } else if (line.front() == ' ' || line.front() == '\t') {  // obsolete folding (RFC 9112, 5.2)
    if (!response_.headers.empty()) response_.headers.back().second.append(" ").append(text);
  } else if (const std::size_t colon = text.find(':'); colon != text.npos) {
    response_.headers.emplace_back(lower(trimmed(text.substr(0, colon))), trimmed(text.substr(colon + 1)));
  }
  return true;
}

/// Starts a response. An earlier one was interim (1xx) and is dropped.
void HttpExchange::on_status_line(std::string_view line) {
  response_.headers.clear();
  long status = 0;
  curl_easy_getinfo(curl_->easy(), CURLINFO_RESPONSE_CODE, &status);
  const std::size_t blank = line.find(' ');
  const std::string_view code = blank == line.npos ? std::string_view{} : line.substr(blank + 1, 3);
  if (code.size() == 3 && code.find_first_not_of("0123456789") == code.npos) status = std::stol(std::string(code));
  response_.status = static_cast<int>(status);
}

bool HttpExchange::on_body(std::string_view piece) {
  body_bytes_ += piece.size();
  if (body_bytes_ > request_.max_body)
    return deny(invalid("the answer is larger than " + bytes(request_.max_body) + " (decompressed)"));
  last_piece_ = clock_.tick();
  if (!response_.first_byte_at) {
    response_.first_byte_at = clock_.read();
    stage_ = Stage::receiving;
    wake();
  }
  if (!sink_ || response_.status >= 400) {
    response_.body += piece;
  } else {
    pending_ += piece;
    loop_->touch(*this);
  }
  return true;
}

void HttpExchange::finished(int curl_code) {
  if (curl_code == CURLE_ABORTED_BY_CALLBACK && !fault_ && refused_.empty())
    return end(unavailable("the HTTP client was closed"));
  turn_ended();
  // curl reports a connection that closed within the headers as an answer without a body.
  if (curl_code == CURLE_OK && !headers_complete_) curl_code = CURLE_RECV_ERROR;
  if (curl_code == CURLE_OK && !fault_) return end(std::nullopt);
  end(fault_ ? std::move(*fault_) : explain(curl_code));
}

Error HttpExchange::explain(int curl_code) const {
  const bool sent = stage_ != Stage::connecting;
  if (!sent && !refused_.empty())
    return refused(
        "the host is at " + refused_ +
        ", which is private; only public addresses may be reached from here; http: {allow_private: true} allows it");
  std::string why = curl_->detail();
  if (why.empty()) why = curl_easy_strerror(static_cast<CURLcode>(curl_code));
  switch (curl_code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return unavailable(why + "; check the name and DNS");
    case CURLE_OPERATION_TIMEDOUT:
      return too_late(next_deadline());
    case CURLE_COULDNT_CONNECT:
      return unavailable(why + "; check the address, the port and the network");
    case CURLE_PEER_FAILED_VERIFICATION:
      return refused(why + "; check the certificate's names and dates, this host's clock and its CA certificates");
    case CURLE_SSL_CONNECT_ERROR:
      return unavailable("TLS failed: " + why + "; check that the port speaks TLS");
    case CURLE_BAD_CONTENT_ENCODING:
      return invalid("the answer's Content-Encoding '" +
                     response_.header("content-encoding").value_or("").substr(0, 40) + "' cannot be undone: " + why +
                     "; let the server, or the proxy before it, send it as it is");
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return invalid("the answer is not proper HTTP: " + why + "; check the URL");
    default:
      break;
  }
  return unavailable(sent ? "the connection was lost after " + bytes(body_bytes_) + " of the answer: " + why : why);
}

}  // namespace nowd
