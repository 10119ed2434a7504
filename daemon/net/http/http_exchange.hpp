// One exchange: records curl's reports, enforces deadlines on the boot clock, and has the outcome.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <optional>
#include <string>
#include <string_view>

#include "net/http/curl_loop.hpp"
#include "net/http/http_client.hpp"

namespace nowd {

/// connecting --request goes out--> waiting --first byte of the body--> receiving
class HttpExchange final : public CurlTransfer {
 public:
  /// Without a sink, the response contains the body.
  HttpExchange(std::shared_ptr<CurlLoop> loop, boost::asio::any_io_executor executor, const Clock& clock,
               HttpRequest request, HttpClient::BodySink sink);
  ~HttpExchange() override;

  /// Performs the exchange. If cancelled, throws operation_aborted; the destructor closes the connection.
  boost::asio::awaitable<HttpOutcome> run();

 private:
  enum class Stage { connecting, waiting, receiving };
  struct Deadline {
    Tick at;
    std::string_view missing;  ///< the event that did not happen in time
    milliseconds limit;
    ErrorKind kind;
  };

  void turn_ended() override;
  void finished(int curl_code) override;

  void start();
  void connect_callbacks();
  Deadline next_deadline() const;
  void end_if_late();
  static Error too_late(const Deadline& deadline);
  void end(std::optional<Error> error);
  void wake() { changed_.cancel(); }
  HttpFailure failure(Error error) const;
  std::string name() const;
  Error explain(int curl_code) const;

  // Called by curl's callbacks. False ends the transfer.
  int on_open_socket(const void* curl_sockaddr);
  bool on_sending(const char* ip);
  bool on_header(std::string_view line);
  bool on_body(std::string_view piece);
  void on_status_line(std::string_view line);
  bool deny(Error error);

  std::shared_ptr<CurlLoop> loop_;
  const Clock& clock_;
  HttpRequest request_;
  HttpClient::BodySink sink_;
  std::string url_;  ///< without credentials and query, for messages
  std::optional<CurlRequest> curl_;
  boost::asio::steady_timer changed_;  ///< the next check of the deadlines; its cancellation forces a check

  Stage stage_ = Stage::connecting;
  Tick started_;
  Tick sent_;
  Tick last_piece_;
  bool headers_complete_ = false;
  std::size_t header_bytes_ = 0;
  std::size_t body_bytes_ = 0;
  std::string pending_;         ///< for the sink, after curl has returned
  std::string refused_;         ///< the forbidden address
  std::optional<Error> fault_;  ///< the reason of a callback that ended the transfer
  HttpResponse response_;
  std::exception_ptr thrown_;  ///< by the sink
  std::optional<HttpOutcome> outcome_;
};

}  // namespace nowd
