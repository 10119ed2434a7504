#include "delivery/webhook/http_post.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "delivery/cut_text.hpp"
#include "delivery/mail/mail_text.hpp"
#include "foundation/json.hpp"
#include "foundation/text/words.hpp"
#include "net/http/http_rules.hpp"
#include "net/http/retry_after.hpp"

namespace nowd {
namespace {

using What = SendOutcome::What;

constexpr std::size_t shown_of_answer = 200;
constexpr std::size_t max_answer = 64 * 1024;

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

/// The header, or else the body: of two that differ the header is what proxies and clients act on.
std::optional<milliseconds> wait_asked_by(const HttpResponse& response, std::optional<Instant> date) {
  if (const auto header = response.header("retry-after"))
    if (const auto wait = retry_after(*header, date, response.ended.wall)) return wait;
  return retry_after_in_body(response.body);
}

/// By the status alone.
SendOutcome judge_status(const HttpPost& post, const HttpResponse& response) {
  SendOutcome out;
  out.what = meaning_of(response.status);
  out.detail = words_of(post, response);
  out.started = response.sent;
  out.ended = response.ended;
  out.remote = post.origin;
  out.remote_date = date_of(response);
  if (out.what == What::again) out.retry_after = wait_asked_by(response, out.remote_date);
  return out;
}

}  // namespace

SendOutcome judge(const HttpPost& post, const HttpResponse& response) {
  SendOutcome out = judge_status(post, response);
  if (out.what != What::delivered) return out;
  const auto objection = objection_in(post.rule, response.body);
  if (!objection) return out;
  out.retry_after = wait_asked_by(response, out.remote_date);
  out.what = out.retry_after ? What::again : objection->what;
  out.detail += ", but it was not taken: " + beginning_of(post.redact(objection->said), shown_of_answer);
  return out;
}

SendOutcome judge(const HttpPost& post, const HttpFailure& failure) {
  if (failure.sent && failure.partial.status >= 200) {
    SendOutcome seen = judge_status(post, failure.partial);
    if (seen.what != What::delivered || !post.rule.success) return seen;
    seen.what = What::unknown;
    seen.detail += ", but the answer, which says whether it was taken, did not come whole";
    return seen;
  }
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
  request.max_body = max_answer;
}

namespace {

constexpr milliseconds max_wait{hours{24}};

const Json* retry_after_of(const Json& body) {
  if (!body.is_object()) return nullptr;
  if (const auto found = body.find("retry_after"); found != body.end()) return &*found;
  const auto parameters = body.find("parameters");
  return parameters != body.end() ? retry_after_of(*parameters) : nullptr;
}

std::optional<milliseconds> seconds_of(double count) {
  if (!(count >= 0)) return std::nullopt;
  const double ms = std::min(std::ceil(count * 1000), static_cast<double>(max_wait.count()));
  return milliseconds{static_cast<std::int64_t>(ms)};
}

}  // namespace

std::optional<milliseconds> retry_after(std::string_view header, std::optional<Instant> date, Instant now) {
  const std::string_view text = trimmed(header);
  const auto wait = retry_after(text, date.value_or(now));
  if (wait) return std::clamp(*wait, milliseconds{0}, max_wait);
  const bool is_huge = !text.empty() && text.find_first_not_of("0123456789") == text.npos;
  return is_huge ? std::optional(max_wait) : std::nullopt;
}

std::optional<milliseconds> retry_after_in_body(std::string_view body) {
  const auto parsed = parse_json(body);
  const Json* wait = parsed ? retry_after_of(*parsed) : nullptr;
  if (wait == nullptr) return std::nullopt;
  if (wait->is_number()) return seconds_of(wait->get<double>());
  return wait->is_string() ? retry_after(wait->get_ref<const std::string&>(), std::nullopt, Instant{}) : std::nullopt;
}

}  // namespace nowd
