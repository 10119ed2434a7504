#include "net/http/curl_request.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <stdexcept>

#include "net/http/http_client.hpp"
#include "net/http/http_rules.hpp"

namespace nowd {
namespace {

/// Events are small and streams many, and each has its buffer for as long as it is open.
constexpr long kStreamBuffer = 4 * 1024;

bool names(const HttpRequest& request, std::string_view header) {
  return std::ranges::any_of(request.headers, [&](const auto& entry) { return lower_case(entry.first) == header; });
}

bool takes_body(const HttpRequest& request) {
  return !request.body.empty() || request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
}

}  // namespace

CurlRequest::CurlRequest(const HttpRequest& request, bool streamed) : easy_(curl_easy_init()) {
  static_assert(sizeof detail_ >= CURL_ERROR_SIZE);
  if (easy_ == nullptr) throw std::runtime_error("libcurl has no memory for a request");
  curl_easy_setopt(easy_, CURLOPT_ERRORBUFFER, detail_.data());
  curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy_, CURLOPT_QUICK_EXIT, 1L);  // or an exchange given up while it resolves blocks the loop
  curl_easy_setopt(easy_, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy_, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy_, CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
  curl_easy_setopt(easy_, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy_, CURLOPT_TCP_KEEPALIVE, 1L);
  // Ours ends the exchange; curl must know it too, to leave time for a host's second address.
  curl_easy_setopt(easy_, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_timeout.count()));
  if (streamed) curl_easy_setopt(easy_, CURLOPT_BUFFERSIZE, kStreamBuffer);
  // A proxy would resolve the name for us, and nobody would have judged the address.
  if (!request.use_proxy || !request.allow_private) curl_easy_setopt(easy_, CURLOPT_PROXY, "");
  // Events must not wait in a decompressor, so no coding is asked for; one that comes all the same is decoded.
  if (!names(request, "accept-encoding"))
    curl_easy_setopt(easy_, CURLOPT_ACCEPT_ENCODING, streamed ? "identity" : "gzip");
  if (!streamed && !is_safe_method(request.method)) curl_easy_setopt(easy_, CURLOPT_FRESH_CONNECT, 1L);
  set_method(request);
  set_headers(request);
}

CurlRequest::~CurlRequest() {
  curl_easy_cleanup(easy_);
  curl_slist_free_all(static_cast<curl_slist*>(headers_));
}

void CurlRequest::set_method(const HttpRequest& request) {
  if (request.method == "HEAD") {
    curl_easy_setopt(easy_, CURLOPT_NOBODY, 1L);
    return;
  }
  if (takes_body(request)) {
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, request.body.data());
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  }
  curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

void CurlRequest::set_headers(const HttpRequest& request) {
  for (const auto& [name, value] : request.headers) {
    const std::string_view text = trimmed(value);
    // curl's way to write a header without a value is a semicolon: "Name:" would remove it.
    add_header(text.empty() ? name + ";" : name + ": " + std::string(text));
  }
  add_header("Expect:");  // or a large body waits a second for "100 Continue"
  if (!names(request, "content-type")) add_header("Content-Type:");  // or curl claims that it is a form
  if (!names(request, "user-agent")) add_header("User-Agent: nowd");
  curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, static_cast<curl_slist*>(headers_));
}

void CurlRequest::add_header(const std::string& line) {
  curl_slist* longer = curl_slist_append(static_cast<curl_slist*>(headers_), line.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  headers_ = longer;
}

}  // namespace nowd
