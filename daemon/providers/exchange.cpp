#include "providers/exchange.hpp"

#include <algorithm>

#include "providers/failure/retry_class.hpp"
#include "providers/reply/reply_reader.hpp"

namespace nowd {
namespace {

// A stream needs some 300 bytes for each few bytes of text; ReplyBuilder limits the text itself.
constexpr std::size_t max_body_size = 64 * 1024 * 1024;

Redactor redactor_of(Redactor redactor, const Secret& key) {
  redactor.add(key);
  return redactor;
}

/// Redacts the texts for people and for the ledger. The answer itself stays unchanged for tools and sinks.
void redact_outcome(ModelOutcome& outcome, const Redactor& redactor) {
  if (redactor.empty()) return;
  ModelReply& reply = outcome.reply;
  for (std::string* text :
       {&reply.stop_raw, &reply.detail, &reply.model_served, &reply.request_id, &outcome.request_body,
        &outcome.response_body, &outcome.error_message, &outcome.limits.quota})
    *text = redactor(*text);
}

/// The Date of a cached answer is the time of its creation, not a reading of the server's clock (docs/clocks.md).
std::optional<Instant> date_of(const HttpResponse& response) {
  const auto date = response.header("date");
  if (!date || response.header("age").value_or("0") != "0") return {};
  return parse_http_date(*date);
}

void keep_times(ModelOutcome& outcome, const HttpResponse& response, bool sent) {
  if (!sent) return;
  outcome.times.sent = response.sent;
  outcome.times.headers = response.headers_at;
  outcome.times.ended = response.ended;
  outcome.times.remote_date = date_of(response);
}

bool is_success(int status) { return status >= 200 && status < 300; }

/// A wait in an error message counts for these failures only: the message of any other may quote the request.
bool passes_with_time(const ModelOutcome& outcome) {
  const auto retry = retry_class(failed_call_of(outcome), milliseconds::max());
  return retry == RetryClass::wait || retry == RetryClass::overload;
}

/// An error inside a 200 has limits and waits like one with an error status.
void keep_limits(ModelOutcome& outcome, const HttpResponse& response, const ReplyReader& reader) {
  const bool inside = is_success(response.status) && outcome.reply.stop == Stop::provider_error;
  const std::string error = response.status >= 400 ? response.body : inside ? reader.error_body() : std::string();
  const Reading received = response.headers_at.value_or(response.ended);
  LimitNotes notes = limit_notes(response.headers, error, received.wall);
  if (inside) outcome.error_status = notes.error_status;
  outcome.limits = std::move(notes.limits);
  outcome.retry_after = notes.retry_after;
  outcome.should_retry = notes.should_retry;
  outcome.server_duration = notes.server_duration;
  if (!outcome.retry_after && passes_with_time(outcome)) outcome.retry_after = notes.wait_in_body;
}

/// One exchange, complete or as far as it got.
struct Exchange {
  HttpResponse response;
  std::optional<Error> error;
  bool sent = true;
};

Exchange exchange_of(HttpOutcome outcome) {
  if (outcome) return {.response = std::move(*outcome), .error = {}, .sent = true};
  HttpFailure failure = std::move(outcome).error();
  return {.response = std::move(failure.partial), .error = std::move(failure.error), .sent = failure.sent};
}

/// The reply of an exchange without an answer in its body.
ModelReply provider_error(std::string raw, std::string detail) {
  ModelReply reply;
  reply.stop = Stop::provider_error;
  reply.stop_raw = std::move(raw);
  reply.detail = std::move(detail);
  return reply;
}

/// The server speaks no HTTP or has an untrusted certificate: a retry would fail in the same way.
bool is_lasting_failure(const Exchange& exchange) {
  const bool lasting =
      exchange.error && (exchange.error->kind == ErrorKind::invalid || exchange.error->kind == ErrorKind::refused);
  return lasting && exchange.response.status == 0;
}

/// A body with a length or in chunks has a visible end; any other may be cut where the connection closed.
BodyEnd end_of(const Exchange& exchange) {
  if (exchange.error) return BodyEnd::cut;
  const HttpResponse& response = exchange.response;
  return response.header("content-length") || response.header("transfer-encoding") ? BodyEnd::framed : BodyEnd::closed;
}

/// The answer of a 2xx. The exchange may have broken off at any byte.
ModelReply answer_of(const ProviderConfig& config, const Exchange& exchange, ReplyReader& reader) {
  const auto type = exchange.response.header("content-type");
  ModelReply reply = reader.finish(end_of(exchange), type.value_or("none"));
  if (!exchange.error || reader.ended() || reply.stop == Stop::provider_error) return reply;
  // Larger than nowd's limit: the same request would end in the same way.
  if (exchange.error->kind == ErrorKind::invalid) reply.stop = Stop::malformed;
  reply.detail = describe_failure(config, *exchange.error, true);
  return reply;
}

ModelReply reply_of(const ProviderConfig& config, const Endpoint& endpoint, const Exchange& exchange,
                    ReplyReader& reader) {
  const HttpResponse& response = exchange.response;
  constexpr int no_content = 204;
  if (response.status == no_content && !exchange.error)
    return provider_error("", "204 from " + endpoint.host + ": an answer without content; check providers." +
                                  config.name + ".base_url and .model");
  if (is_success(response.status) && (!exchange.error || reader.anything_arrived()))
    return answer_of(config, exchange, reader);
  if (response.status == 0 || is_success(response.status))
    return provider_error("", exchange.error ? describe_failure(config, *exchange.error, false) : "no response");
  const WireError error = error_of_body(response.body);
  ModelReply reply = provider_error(error.code, describe_status(config, endpoint, response, error));
  if (response.status >= 400 && is_about_content(error.code, error.text)) reply.stop = Stop::prompt_blocked;
  return reply;
}

/// A cancelled call has no outcome. The destructor reports the tokens counted so far.
class UsageReport {
 public:
  UsageReport(ReplyReader& reader, const CallContext& context) : reader_(reader), report_(context.report_usage) {}
  UsageReport(const UsageReport&) = delete;
  ~UsageReport() {
    if (!report_) return;
    try {
      const ModelReply reply = reader_.finish(BodyEnd::cut, "");
      if (const auto& usage = reply.usage ? reply.usage : reply.usage_so_far) report_(*usage);
    } catch (const std::exception&) {  // no memory: the run keeps its reservation
    }
  }
  void dismiss() { report_ = nullptr; }

 private:
  ReplyReader& reader_;
  std::function<void(const Usage&)> report_;
};

}  // namespace

ModelOutcome failed_call(Stop stop, std::string detail) {
  ModelOutcome outcome;
  outcome.reply.stop = stop;
  outcome.reply.detail = std::move(detail);
  return outcome;
}

ModelOutcome out_of_time() {
  return failed_call(Stop::budget_exceeded, "the run's wall time is spent (limits.wall); the model was not called");
}

HttpProvider::HttpProvider(ProviderConfig config, Endpoint endpoint, std::unique_ptr<Dialect> dialect, HttpClient& http,
                           const Clock& clock, SecretReader secrets)
    : config_(std::move(config)),
      endpoint_(std::move(endpoint)),
      dialect_(std::move(dialect)),
      http_(http),
      clock_(clock),
      secrets_(std::move(secrets)) {
  // Read now, so that redaction knows the key before an input can print it. call() reports errors.
  static_cast<void>(read_key());
}

Result<Secret> HttpProvider::read_key() const {
  if (config_.key.kind == SecretSource::Kind::none) return Secret();
  Result<Secret> key = secrets_(config_.key);
  if (!key) return Error{key.error().kind, key.error().message + " (providers." + config_.name + ".key)"};
  std::string value = key->reveal();
  while (value.ends_with('\n') || value.ends_with('\r')) value.pop_back();  // the line break at the end of a file
  if (value.empty()) return invalid("the key is empty (providers." + config_.name + ".key)");
  const bool printable = std::all_of(value.begin(), value.end(), [](char c) { return c > ' ' && c < 0x7F; });
  // A line break in a header would begin another header.
  if (!printable) return invalid("the key holds spaces or line breaks (providers." + config_.name + ".key)");
  return Secret(std::move(value));
}

HttpRequest HttpProvider::prepare(const ModelRequest& request, const Secret& key, milliseconds deadline) const {
  HttpRequest out;
  out.method = "POST";
  out.url = dialect_->url(request);
  out.headers = dialect_->headers(key);
  out.headers.emplace_back("Content-Type", "application/json");
  out.headers.emplace_back("Accept", "text/event-stream, application/json");
  out.body = dialect_->encode(request);
  out.total_timeout = std::min(config_.timeout.total, deadline);
  out.connect_timeout = std::min(config_.timeout.connect, out.total_timeout);
  out.first_byte_timeout = std::min(config_.timeout.first_token, out.total_timeout);
  out.idle_timeout = std::min(config_.timeout.idle, out.total_timeout);
  out.max_body = max_body_size;
  out.use_proxy = !endpoint_.is_local();
  return out;
}

boost::asio::awaitable<ModelOutcome> HttpProvider::call(ModelRequest request, CallContext context) {
  if (context.deadline <= milliseconds{0}) co_return out_of_time();
  if (request.model.empty()) request.model = config_.model;
  const Result<Secret> key = read_key();
  if (!key) co_return failed_call(Stop::provider_error, key.error().message);

  ModelOutcome outcome;
  outcome.remote = endpoint_.origin();
  HttpRequest wire = prepare(request, *key, context.deadline);
  outcome.request_body = wire.body;
  ReplyReader reader(dialect_->decoder(request));
  UsageReport usage_report(reader, context);
  request = {};  // an answer may take minutes; `wire` has the only copy that is needed
  HttpClient::BodySink sink = [&](std::string_view piece) {
    if (reader.feed(piece)) outcome.times.first_token = clock_.read();
    return !reader.full();
  };
  const Tick deadline = clock_.tick() + context.deadline;
  const Redactor redactor = redactor_of(secrets_.known(), *key);
  Exchange exchange = exchange_of(co_await http_.stream(std::move(wire), std::move(sink)));
  usage_report.dismiss();
  if (exchange.error && clock_.tick() >= deadline)
    exchange.error->message += "; the run's wall time (limits.wall) is spent";

  exchange.response.body = redactor(exchange.response.body);  // before any cut, which could end inside the key

  keep_times(outcome, exchange.response, exchange.sent);
  outcome.http_status = exchange.response.status;
  outcome.reply = reply_of(config_, endpoint_, exchange, reader);
  if (outcome.http_status == 204 || outcome.http_status >= 300) outcome.reply.no_answer = true;
  if (auto id = exchange.response.header(dialect_->request_id_header())) outcome.reply.request_id = one_line(*id, 200);
  const bool collected = outcome.http_status >= 400;
  if (collected) outcome.error_message = error_of_body(exchange.response.body).text;
  outcome.response_body = collected ? clean_text(exchange.response.body, ReplyReader::max_kept) : reader.transcript();
  keep_limits(outcome, exchange.response, reader);
  if (is_lasting_failure(exchange)) outcome.should_retry = false;
  redact_outcome(outcome, redactor);
  co_return outcome;
}

}  // namespace nowd
