#include "delivery/http_post.hpp"

#include <algorithm>
#include <charconv>

#include "delivery/cut_text.hpp"
#include "delivery/encoded_words.hpp"
#include "net/http_rules.hpp"

namespace nowd {
namespace {

using What = SendOutcome::What;

constexpr std::size_t shown_of_answer = 200;
constexpr std::size_t largest_answer = 64 * 1024;
constexpr milliseconds longest_wait{hours{24}};

What meaning_of(int status) {
  if (status >= 200 && status < 300) return What::delivered;
  if (status >= 500 || status == 408 || status == 425 || status == 429) return What::again;
  return What::failed;
}

std::string words_of(const HttpPost& post, const HttpResponse& response) {
  std::string words = "HTTP " + std::to_string(response.status);
  if (response.status >= 300 && response.status < 400) words += ": a redirect, and redirects are not followed";
  if (response.status < 300) return words;
  const std::string answer = beginning_of(post.redact(response.body), shown_of_answer);
  return answer.empty() ? words : words + ": " + answer;
}

/// "POST https://host/secret/path: no connection": the path may be the secret, and the origin stands beside it.
std::string without_url(const std::string& message) {
  const std::size_t colon = message.find(": ");
  return colon == std::string::npos ? message : message.substr(colon + 2);
}

std::optional<Instant> date_of(const HttpResponse& response) {
  const auto date = response.header("date");
  return date ? parse_http_date(*date) : std::nullopt;
}

}  // namespace

std::optional<milliseconds> retry_after(std::string_view header, std::optional<Instant> date, Instant now) {
  const std::string_view text = trimmed(header);
  std::int64_t count = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), count);
  const bool is_number = failed == std::errc{} && end == text.data() + text.size() && count >= 0;
  if (is_number) return std::min(milliseconds{seconds{std::min<std::int64_t>(count, 1'000'000)}}, longest_wait);
  const auto until = parse_http_date(text);
  if (!until) return std::nullopt;
  const auto wait = std::chrono::ceil<milliseconds>(*until - date.value_or(now));
  return std::clamp(wait, milliseconds{0}, longest_wait);
}

SendOutcome judge(const HttpPost& post, const HttpResponse& response) {
  SendOutcome out;
  out.what = meaning_of(response.status);
  out.detail = words_of(post, response);
  out.started = response.sent;
  out.ended = response.ended;
  out.remote = post.origin;
  out.remote_date = date_of(response);
  if (const auto header = response.header("retry-after"); header && out.what == What::again)
    out.retry_after = retry_after(*header, out.remote_date, response.ended.wall);
  return out;
}

SendOutcome judge(const HttpPost& post, const HttpFailure& failure) {
  if (failure.sent && failure.partial.status >= 200) return judge(post, failure.partial);
  SendOutcome out;
  out.detail = post.redact(without_url(failure.error.message));
  out.remote = post.origin;
  out.ended = failure.partial.ended;
  if (failure.sent) out.started = failure.partial.sent;
  return out;
}

boost::asio::awaitable<SendOutcome> send_post(HttpClient& http, HttpPost post) {
  const auto received = co_await http.fetch(post.request);
  co_return received ? judge(post, *received) : judge(post, received.error());
}

void set_limits(HttpRequest& request, milliseconds timeout) {
  request.connect_timeout = std::min(request.connect_timeout, timeout);
  request.first_byte_timeout = request.idle_timeout = request.total_timeout = timeout;
  request.max_body = largest_answer;
}

}  // namespace nowd
