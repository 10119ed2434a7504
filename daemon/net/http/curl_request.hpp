// A request as libcurl wants it told: the easy handle and what has to live as long as it.
#pragma once

#include <array>
#include <memory>
#include <string>

namespace nowd {

struct HttpRequest;

/// HTTP/1.1, no redirects, http and https only, TLS verified; timeouts and limits are the exchange's.
class CurlRequest {
 public:
  /// Requires: `request` passed fault_of() (http_rules.hpp) and outlives this: its body is not copied.
  /// `streamed` asks for a body that is not compressed (events must not wait in a decompressor), decodes one that is
  /// all the same, and may go over a connection that was used before, which fetch() does only for safe methods: see
  /// HttpExchange::on_sending.
  CurlRequest(const HttpRequest& request, bool streamed);
  ~CurlRequest();
  CurlRequest(const CurlRequest&) = delete;
  CurlRequest& operator=(const CurlRequest&) = delete;

  void* easy() const { return easy_; }
  /// curl's own words on what went wrong; empty if it has none.
  const char* detail() const { return detail_.data(); }

 private:
  void set_method(const HttpRequest& request);
  void set_headers(const HttpRequest& request);
  void add_header(const std::string& line);

  void* easy_;
  void* headers_ = nullptr;         ///< a curl_slist
  std::array<char, 256> detail_{};  ///< CURL_ERROR_SIZE
};

}  // namespace nowd
