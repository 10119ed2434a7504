#include "delivery/webhook/webhook.hpp"

#include <algorithm>

#include "delivery/webhook/http_post.hpp"
#include "delivery/webhook/webhook_body.hpp"
#include "domain/delivery/outbox.hpp"
#include "foundation/text/url.hpp"
#include "foundation/text/words.hpp"
#include "net/http/http_rules.hpp"

namespace nowd {
namespace {

using What = SendOutcome::What;
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

/// Where a URL holds secrets, its path and query may not be shown either: an answer could quote them.
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

/// For a preview: a secret is its own name.
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
