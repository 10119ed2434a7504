#include "tools/calls/http_call.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "foundation/text/utf8.hpp"
#include "foundation/text/words.hpp"
#include "tools/calls/http_template.hpp"
#include "tools/calls/result_text.hpp"
#include "tools/schema/schema_rules.hpp"

namespace nowd {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

std::string* find_header(Headers& headers, const std::string& name) {
  const auto found = std::find_if(headers.begin(), headers.end(),
                                  [&](const auto& header) { return lower(header.first) == lower(name); });
  return found == headers.end() ? nullptr : &found->second;
}

void add_unless_set(Headers& headers, const std::string& name, std::string value) {
  if (find_header(headers, name) == nullptr) headers.emplace_back(name, std::move(value));
}

TemplateValues template_values(const Json& arguments, const CallEnvironment& environment) {
  TemplateValues values{&environment.run, environment.now, environment.inputs, {}};
  if (arguments.is_object())
    for (const auto& [name, value] : arguments.items())
      values.args[name] = scalar_text(value).value_or(dump_json(value));
  return values;
}

bool is_method(std::string_view method) {
  static constexpr std::array<std::string_view, 7> known{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
  return std::find(known.begin(), known.end(), method) != known.end();
}

/// Adds the body, or for methods without a body the query with the arguments.
std::optional<Error> add_body(HttpRequest& request, const HttpAction& action, const Json& arguments,
                              const FilledUrl& url, const TemplateValues& values) {
  Json rest = arguments.is_object() ? arguments : Json();
  for (const std::string& name : url.used)
    if (rest.is_object()) rest.erase(name);
  if (request.method == "GET" || request.method == "HEAD") {
    if (action.body) return invalid("method " + request.method + " takes no body");
    request.url = with_query(request.url, rest, {});
    return std::nullopt;
  }
  if (action.body) {
    const std::string* type = find_header(request.headers, "Content-Type");
    const BodyKind kind = body_kind(type == nullptr ? "" : lower(*type), *action.body);
    auto body = fill_body(*action.body, kind, values, arguments);
    if (!body) return body.error();
    request.body = std::move(*body);
    add_unless_set(request.headers, "Content-Type", std::string(default_content_type(kind)));
    return std::nullopt;
  }
  const bool nothing_to_say =
      !rest.is_object() || (rest.empty() && request.method != "POST" && request.method != "PUT");
  if (nothing_to_say) return std::nullopt;
  request.body = dump_json(rest);
  add_unless_set(request.headers, "Content-Type", "application/json");
  return std::nullopt;
}

void set_limits(HttpRequest& request, const HttpAction& action, const CallRules& rules) {
  request.connect_timeout = std::min(request.connect_timeout, rules.timeout);
  request.first_byte_timeout = request.idle_timeout = request.total_timeout = rules.timeout;
  // Limits the bodies of errors, which bypass the sink. The sink itself stops at max_bytes plus the slack.
  request.max_body = rules.max_bytes + redaction_slack + 1024 * 1024;
  request.allow_private = action.allow_private;
}

CallState state_of(int status) {
  if (status >= 200 && status < 300) return CallState::confirmed;
  if (status >= 300 && status < 500) return CallState::failed;
  return CallState::unknown;
}

std::string status_words(int status) {
  std::string words = "HTTP " + std::to_string(status);
  if (status >= 300 && status < 400) words += ": a redirect, and redirects are not followed";
  if (status >= 500) words += ": the server failed; whether it acted is not known";
  return words;
}

}  // namespace

Result<HttpCall> plan_http(const HttpAction& action, const Json& arguments, const CallEnvironment& environment,
                           const CallRules& rules, const SecretReader& secrets) {
  if (!is_method(action.method)) return invalid("HTTP method '" + action.method + "' is not known");
  const TemplateValues values = template_values(arguments, environment);
  const auto url = fill_url(action.url, arguments, values, action.hosts);
  if (!url) return url.error();
  HttpCall call;
  call.origin = url->origin;
  call.redact = rules.redact;
  call.request.method = action.method;
  call.request.url = url->url;
  for (const auto& [name, text] : action.headers) {
    auto value = header_value(name, text, values, secrets, call.redact);
    if (!value) return Error{value.error().kind, call.redact(value.error().message)};
    call.request.headers.emplace_back(name, std::move(*value));
  }
  if (auto fault = add_body(call.request, action, arguments, *url, values)) return std::move(*fault);
  if (!environment.idempotency_key.empty())
    add_unless_set(call.request.headers, "Idempotency-Key", environment.idempotency_key);
  for (auto& [name, value] : run_headers(environment.run, environment.now, environment.idempotency_key))
    add_unless_set(call.request.headers, name, std::move(value));
  set_limits(call.request, action, rules);
  return call;
}

ToolOutcome http_outcome(const HttpAnswer& answer, const HttpCall& call, const CallRules& rules, const Zone& zone) {
  const HttpResponse& response = answer.response;
  ToolOutcome outcome;
  outcome.state = state_of(response.status);
  outcome.exit_code = response.status;
  outcome.started = response.sent;
  outcome.ended = response.ended;
  outcome.remote = call.origin;
  if (const auto date = response.header("date")) outcome.remote_date = parse_http_date(*date);
  const bool good = outcome.state == CallState::confirmed;
  if (!good) outcome.error = status_words(response.status);
  const std::string heading = good ? "" : outcome.error + (answer.body.empty() ? "" : "\n");
  const std::string said = good ? "" : first_error_text(whole_part(call.redact(answer.body), answer.incomplete));
  if (!said.empty()) outcome.error += (response.status >= 500 ? "; it said: " : ": ") + said;
  const ResultText text = result_text(heading, answer.body, answer.incomplete, rules.max_bytes, call.redact);
  outcome.result = text.text;
  outcome.unredacted = text.unredacted;
  outcome.cut = text.cut;
  if (good) outcome.data = declared_data_time(rules, answer.body, answer.incomplete, &response, zone);
  return outcome;
}

ToolOutcome http_failure(const HttpFailure& failure, const HttpCall& call, const CallRules& rules, const Zone& zone) {
  if (failure.sent && state_of(failure.partial.status) == CallState::failed) {
    // The server refused: the status arrived, and its cut explanation does not matter.
    return http_outcome({failure.partial, failure.partial.body, true}, call, rules, zone);
  }
  ToolOutcome outcome;
  outcome.state = failure.sent ? CallState::unknown : CallState::refused;
  outcome.remote = call.origin;
  outcome.error = call.redact(failure.error.message);
  if (failure.sent) {
    // In doubt: the request may have left, so the server may have acted on it.
    outcome.error += "; whether the server acted is not known";
    outcome.started = failure.partial.sent;
    outcome.ended = failure.partial.ended;
    if (failure.partial.status != 0) outcome.exit_code = failure.partial.status;
    if (const auto date = failure.partial.header("date")) outcome.remote_date = parse_http_date(*date);
  }
  outcome.result = clean_utf8(outcome.error);
  return outcome;
}

std::optional<DataTimes> declared_data_time(const CallRules& rules, std::string_view body, bool incomplete,
                                            const HttpResponse* response, const Zone& zone) {
  constexpr std::string_view header_prefix = "header:";
  const std::string& declared = rules.data_time;
  if (declared.empty()) return std::nullopt;
  if (declared.starts_with(header_prefix)) {
    const std::string name = lower(declared.substr(header_prefix.size()));
    const auto value = response == nullptr ? std::nullopt : response->header(name);
    return value ? data_time_of(*value, zone, rules.window) : DataTimes{};
  }
  if (body.find_first_not_of(" \t\r\n") == std::string_view::npos) return DataTimes{};  // no data
  const auto document = incomplete ? Result<Json>(invalid("cut")) : parse_json(body);
  if (!document) return DataTimes{std::nullopt, std::nullopt, 0, 1};
  return data_times(*document, declared, zone, rules.window);
}

}  // namespace nowd
