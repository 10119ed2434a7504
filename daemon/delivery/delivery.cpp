// One attempt for each kind of sink: plan it (pure), do it, derive the outcome (pure).

#include "delivery/delivery.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "delivery/exec.hpp"
#include "delivery/file.hpp"
#include "delivery/mail/email.hpp"
#include "delivery/mail/mail_text.hpp"
#include "delivery/webhook/webhook.hpp"
#include "net/process/descendants.hpp"

namespace asio = boost::asio;

namespace nowd {
namespace {

using What = SendOutcome::What;

asio::awaitable<SendOutcome> write_there(std::string path, unsigned mode, Delivery delivery, const Clock& clock) {
  co_return write_file(path, mode, delivery, clock);
}

asio::awaitable<SendOutcome> run_sink(asio::any_io_executor executor, const Clock& clock, SecretReader secrets,
                                      Command command) {
  const auto result = co_await run_command(executor, clock, marked(std::move(command)));
  // Nothing ran: a missing command can be installed, and a full process table empties itself.
  const bool in_doubt = !result && result.error().kind == ErrorKind::in_doubt;
  if (!result) co_return not_sent(in_doubt ? What::unknown : What::again, result.error().message);
  co_return judge(*result, secrets.known());
}

asio::awaitable<Result<std::string>> probe_webhook(HttpClient& http, HttpPost post) {
  const auto received = co_await http.fetch(post.request);
  const SendOutcome seen = received ? judge(post, *received) : judge(post, received.error());
  if (!received && !seen.started) co_return unavailable(post.origin + ": " + seen.detail);
  if (!received) co_return unavailable(post.origin + " took the connection, but gave no answer: " + seen.detail);
  const nanoseconds took = received->ended.boot - received->sent.boot;
  const std::string words = "HTTP " + std::to_string(received->status) + " in " + human(took) + " from " + post.origin;
  if (received->status >= 500) co_return unavailable(words);
  co_return words;
}

}  // namespace

Senders::Senders(asio::any_io_executor executor, HttpClient& http, const Clock& clock, SecretReader secrets)
    : executor_(executor), http_(http), clock_(clock), secrets_(std::move(secrets)), mail_(executor, clock) {}

Now Senders::now() const { return {clock_.now(), clock_.tick()}; }

asio::awaitable<SendOutcome> Senders::send_to(WebhookSink target, milliseconds timeout, Delivery delivery) {
  auto post = plan_webhook(target, timeout, delivery, now(), secrets_);
  co_return post ? co_await send_post(http_, std::move(*post)) : post.error();
}

asio::awaitable<SendOutcome> Senders::send_to(EmailSink target, milliseconds timeout, Delivery delivery) {
  return send_email(mail_, std::move(target), timeout, std::move(delivery), now(), secrets_);
}

asio::awaitable<SendOutcome> Senders::send_to(FileSink target, milliseconds, Delivery delivery) {
  auto path = file_path(target, delivery, now());
  if (!path) co_return not_sent(What::failed, path.error().message);
  auto work = write_there(std::move(*path), target.mode, std::move(delivery), clock_);
  co_return co_await asio::co_spawn(files_, std::move(work), asio::use_awaitable);
}

asio::awaitable<SendOutcome> Senders::send_to(ExecSink target, milliseconds timeout, Delivery delivery) {
  auto command = plan_command(target, timeout, delivery, now());
  if (!command) co_return not_sent(What::failed, command.error().message);
  co_return co_await run_sink(executor_, clock_, secrets_, std::move(*command));
}

asio::awaitable<SendOutcome> Senders::send(Sink sink, Delivery delivery) {
  return std::visit([&](auto& target) { return send_to(std::move(target), sink.timeout, std::move(delivery)); },
                    sink.target);
}

asio::awaitable<SendOutcome> Senders::ping(std::string url, Delivery delivery) {
  auto post = plan_ping(url, delivery, secrets_);
  co_return post ? co_await send_post(http_, std::move(*post)) : post.error();
}

asio::awaitable<Result<std::string>> Senders::probe_target(WebhookSink target, milliseconds timeout) {
  auto post = plan_webhook_probe(target, timeout, secrets_);
  if (!post) co_return post.error();
  co_return co_await probe_webhook(http_, std::move(*post));
}

asio::awaitable<Result<std::string>> Senders::probe_target(EmailSink target, milliseconds timeout) {
  return probe_email(mail_, std::move(target), timeout, secrets_);
}

asio::awaitable<Result<std::string>> Senders::probe_target(FileSink target, milliseconds) {
  co_return probe_file(target);
}

asio::awaitable<Result<std::string>> Senders::probe_target(ExecSink target, milliseconds) {
  auto found = find_command(target);
  if (!found) co_return found.error();
  co_return *found + " is executable";
}

asio::awaitable<Result<std::string>> Senders::probe(Sink sink) {
  return std::visit([&](auto& target) { return probe_target(std::move(target), sink.timeout); }, sink.target);
}

// Previews for people.

namespace {

Result<std::string> shown(const WebhookSink& sink, const Delivery& delivery, Now now) {
  return webhook_preview(sink, delivery, now);
}

/// The headers unchanged; the text in readable form.
Result<std::string> shown(const EmailSink& sink, const Delivery& delivery, Now now) {
  const auto text = mail_text(sink, delivery, now);
  if (!text) return text.error();
  std::string out = "SMTP " + sink.server + "\n";
  for (const char c : text->substr(0, text->find("\r\n\r\n")))
    if (c != '\r') out += c;
  return out + "\n\n" + delivery.text + "\n";
}

Result<std::string> shown(const FileSink& sink, const Delivery& delivery, Now now) {
  const auto path = file_path(sink, delivery, now);
  if (!path) return path.error();
  return *path + "\n\n" + delivery.text + "\n";
}

Result<std::string> shown(const ExecSink& sink, const Delivery& delivery, Now now) {
  return command_preview(sink, delivery, now);
}

}  // namespace

Result<std::string> preview(const Sink& sink, const Delivery& delivery, Now now) {
  auto text = std::visit([&](const auto& target) { return shown(target, delivery, now); }, sink.target);
  if (!text) return Error{text.error().kind, "sink " + sink.name + ": " + text.error().message};
  return text;
}

}  // namespace nowd
