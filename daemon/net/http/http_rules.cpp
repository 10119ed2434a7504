#include "net/http/http_rules.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <memory>

#include "foundation/text/url.hpp"
#include "foundation/text/words.hpp"
#include "net/http/http_client.hpp"

namespace nowd {
namespace {

using Url = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

/// Written by nowd from the body; a second opinion would desynchronise client and server.
constexpr std::array<std::string_view, 3> framing{"content-length", "transfer-encoding", "expect"};

bool is_token(std::string_view text) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || marks.find(c) != marks.npos;
  });
}

bool is_field_value(std::string_view text) { return text.find_first_of(std::string_view("\r\n\0", 3)) == text.npos; }

std::string part(const Url& url, CURLUPart which) {
  char* text = nullptr;
  if (curl_url_get(url.get(), which, &text, 0) != CURLUE_OK) return {};
  std::string copy(text);
  curl_free(text);
  return copy;
}

std::optional<Error> fault_of_header(const std::string& name, const std::string& value) {
  // The value may be a credential: only the name is shown.
  if (!is_token(name)) return invalid("a header's name is empty or holds a character that HTTP does not allow");
  if (!is_field_value(value))
    return invalid("header " + name + ": its value holds a line break or NUL; remove it (is it untrusted input?)");
  if (std::ranges::find(framing, lower(name)) != framing.end())
    return invalid("header " + name + " is written by nowd; remove it from the configuration");
  return {};
}

}  // namespace

Result<std::string> printable_url(const std::string& url) {
  // What does not parse is not shown: nobody knows where its credentials end.
  if (url.find('\0') != url.npos) return invalid("the URL holds a NUL character");
  const Url parsed(curl_url(), &curl_url_cleanup);
  const CURLUcode code = curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), CURLU_NON_SUPPORT_SCHEME);
  if (code != CURLUE_OK)
    return invalid(std::string("the URL is not usable (") + curl_url_strerror(code) + "); write http(s)://host/path");
  const std::string scheme = part(parsed, CURLUPART_SCHEME);
  const std::string host = part(parsed, CURLUPART_HOST);
  if (scheme != "http" && scheme != "https")
    return invalid("URL scheme '" + scheme + "' is not supported; use http or https");
  const std::string port = part(parsed, CURLUPART_PORT);
  return scheme + "://" + host + (port.empty() ? "" : ":" + port) + part(parsed, CURLUPART_PATH);
}

Result<std::string> origin_of(const std::string& url) {
  const auto printable = printable_url(url);
  if (!printable) return printable.error();
  const std::string server = lower(split_url(*printable).server);
  const UrlParts parts = split_url(server);
  return parts.port ? server : server + ":" + std::string(default_port(parts.scheme));
}

std::optional<Error> fault_of(const HttpRequest& request) {
  if (!is_token(request.method)) return invalid("an HTTP method must be a word such as GET or POST");
  if (const auto url = printable_url(request.url); !url) return url.error();
  for (const auto& [name, value] : request.headers)
    if (auto fault = fault_of_header(name, value)) return fault;
  return {};
}

bool is_safe_method(std::string_view method) { return method == "GET" || method == "HEAD"; }

}  // namespace nowd
