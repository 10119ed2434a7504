#include "delivery/webhook/webhook.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "delivery/cut_text.hpp"
#include "delivery/delivery.hpp"
#include "delivery/mail/mail_text.hpp"
#include "delivery/webhook/webhook_body.hpp"
#include "domain/delivery/outbox.hpp"
#include "foundation/json.hpp"
#include "foundation/text/url.hpp"
#include "foundation/text/words.hpp"
#include "net/http/http_rules.hpp"
#include "net/http/retry_after.hpp"

namespace nowd {
namespace {

using What = SendOutcome::What;

constexpr std::size_t max_shown_answer = 200;
constexpr std::size_t max_answer = 64 * 1024;

What meaning_of(int status) {
  if (status >= 200 && status < 300) return What::delivered;
  if (status >= 500 || status == 408 || status == 425 || status == 429) return What::again;
  return What::failed;
}

std::string describe_answer(const HttpPost& post, const HttpResponse& response) {
  std::string words = "HTTP " + std::to_string(response.status);
  if (response.status >= 300 && response.status < 400) words += ": a redirect, and redirects are not followed";
  if (response.status < 300) return words;
  const std::string answer = beginning_of(post.redact(response.body), max_shown_answer);
  return answer.empty() ? words : words + ": " + answer;
}

/// "no connection" for "POST https://host/secret/path: no connection": the path may be secret, and the outcome has the
/// origin.
std::string without_url(const std::string& message) {
  const std::size_t colon = message.find(": ");
  return colon == std::string::npos ? message : message.substr(colon + 2);
}

std::optional<Instant> date_of(const HttpResponse& response) {
  const auto date = response.header("date");
  return date ? parse_http_date(*date) : std::nullopt;
}

/// The wait in the header, or else in the body: proxies and clients also follow the header.
std::optional<milliseconds> wait_asked_by(const HttpResponse& response, std::optional<Instant> date) {
  if (const auto header = response.header("retry-after"))
    if (const auto wait = retry_after(*header, date, response.ended.wall)) return wait;
  return retry_after_in_body(response.body);
}

/// The outcome by the status alone.
SendOutcome judge_status(const HttpPost& post, const HttpResponse& response) {
  SendOutcome out;
  out.what = meaning_of(response.status);
  out.detail = describe_answer(post, response);
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
  out.detail += ", but it was not taken: " + beginning_of(post.redact(objection->text), max_shown_answer);
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

namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

constexpr milliseconds ping_timeout{10'000};

void add_unless_set(Headers& headers, const std::string& name, std::string value) {
  const bool set = std::any_of(headers.begin(), headers.end(),
                               [&](const auto& header) { return lower(header.first) == lower(name); });
  if (!set) headers.emplace_back(name, std::move(value));
}

Result<Headers> own_headers(const WebhookSink& sink, const TemplateValues& values, const SecretReader& secrets,
                            Redactor& redact) {
  Headers out;
  for (const auto& [name, text] : sink.headers) {
    auto value = header_value(name, text, values, secrets, redact);
    if (!value) return Error{value.error().kind, redact(value.error().message)};
    out.emplace_back(name, std::move(*value));
  }
  return out;
}

void add_headers(Headers& headers, const WebhookSink& sink, const WebhookContent& content, const Delivery& delivery,
                 Now now) {
  for (const auto& [name, value] : content.headers) add_unless_set(headers, name, value);
  add_unless_set(headers, "Idempotency-Key", delivery.key);
  if (sink.form != WebhookSink::Form::json || !delivery.run) return;
  for (auto& [name, value] : run_headers(*delivery.run, now, delivery.key))
    add_unless_set(headers, name, std::move(value));
}

/// If the URL contains secrets, its path and query are secret too, because an answer could quote them.
std::optional<Error> set_url(HttpPost& post, const std::string& configured, const SecretReader& secrets) {
  auto url = fill_secrets(configured, TemplateValues{}, secrets, post.redact);
  if (!url) return Error{url.error().kind, "url: " + post.redact(url.error().message)};
  const auto origin = origin_of(*url);
  if (!origin) return origin.error();
  post.origin = *origin;
  if (*url != configured) post.redact.add(Secret(std::string(split_url(*url).resource)));
  post.request.url = std::move(*url);
  return std::nullopt;
}

/// For a preview: the secret's reference in place of the secret.
Result<Secret> name_of(const SecretSource& source) {
  const std::string_view kind = source.kind == SecretSource::Kind::env ? "env" : "credential";
  return Secret("${" + std::string(kind) + ":" + source.name + "}");
}

}  // namespace

PlannedPost plan_webhook(const WebhookSink& sink, milliseconds timeout, const Delivery& delivery, Now now,
                         const SecretReader& secrets) {
  HttpPost post;
  post.request.method = "POST";
  post.rule = answer_rule(sink);
  if (const auto fault = set_url(post, sink.url, secrets)) return not_sent(What::again, fault->message);
  auto content = webhook_content(sink, delivery, now);
  if (!content) return not_sent(What::failed, "body: " + content.error().message);
  auto headers = own_headers(sink, message_values(delivery, now), secrets, post.redact);
  if (!headers)
    return not_sent(headers.error().kind == ErrorKind::refused ? What::failed : What::again, headers.error().message);
  add_headers(*headers, sink, *content, delivery, now);
  post.request.headers = std::move(*headers);
  post.request.body = std::move(content->body);
  set_limits(post.request, timeout);
  return post;
}

PlannedPost plan_ping(const std::string& url, const Delivery& delivery, const SecretReader& secrets) {
  HttpPost post;
  post.request.method = "POST";
  post.rule.server = AnswerRule::Server::heartbeat;
  if (const auto fault = set_url(post, url, secrets)) return not_sent(What::again, fault->message);
  if (!delivery.key.empty()) post.request.headers.emplace_back("Idempotency-Key", delivery.key);
  set_limits(post.request, ping_timeout);
  return post;
}

Result<HttpPost> plan_webhook_probe(const WebhookSink& sink, milliseconds timeout, const SecretReader& secrets) {
  HttpPost post;
  post.request.method = "HEAD";
  if (const auto fault = set_url(post, sink.url, secrets)) return *fault;
  const Delivery nothing;
  auto headers = own_headers(sink, message_values(nothing, Now{}), secrets, post.redact);
  if (!headers) return headers.error();
  post.request.headers = std::move(*headers);
  set_limits(post.request, timeout);
  return post;
}

Result<std::string> webhook_preview(const WebhookSink& sink, const Delivery& delivery, Now now) {
  auto content = webhook_content(sink, delivery, now);
  if (!content) return content.error();
  Redactor unused;
  auto headers = own_headers(sink, message_values(delivery, now), name_of, unused);
  if (!headers) return headers.error();
  add_headers(*headers, sink, *content, delivery, now);
  std::string out = "POST " + sink.url + "\n";
  for (const auto& [name, value] : *headers) out += name + ": " + value + "\n";
  return out + "\n" + content->body + "\n";
}

}  // namespace nowd
