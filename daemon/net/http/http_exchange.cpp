#include "net/http/http_exchange.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

#include "net/http/http_rules.hpp"

namespace asio = boost::asio;

namespace nowd {
namespace {

/// steady_timer stands still while the host sleeps, and a virtual clock moves without it: look at least this often.
constexpr milliseconds kLook{1'000};

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
    changed_.expires_after(std::clamp(left, nanoseconds{0}, nanoseconds{kLook}));
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
  return {deadline.kind, std::string(deadline.what) + " within " + std::to_string(deadline.limit.count()) +
                             " ms; check the server and the network, or allow more time"};
}

/// The exchange is over: as it is (no error), or for a reason.
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

}  // namespace nowd
