// One HTTP call of a tool or an input: the request from configuration and arguments, the outcome from what came back.
// Pure.
#pragma once

#include "domain/job/secret_text.hpp"
#include "net/http/http_client.hpp"
#include "tools/tool.hpp"

namespace nowd {

struct HttpCall {
  HttpRequest request;
  std::string origin;  ///< whose clock an answer's Date is
  Redactor redact;     ///< knows the secrets that went into the headers, and all others
};

/// What both kinds of callers say of a call.
struct CallRules {
  milliseconds timeout{};
  std::size_t max_bytes = 0;
  std::string data_time;
  DataWindow window;  ///< what the data is to be from
  Redactor redact{};  ///< knows all secrets that were read so far: a result is cleaned of them before it is cut
};

/// `arguments` is an object for a tool, null for an input. Errors: `invalid` or `refused`; then nothing may be sent.
Result<HttpCall> plan_http(const HttpAction& action, const Json& arguments, const CallEnvironment& environment,
                           const CallRules& rules, const SecretReader& secrets);

/// What was received: the body may have come through a sink, or not to its end.
struct HttpAnswer {
  HttpResponse response;
  std::string body;
  bool incomplete = false;  ///< more was sent than was read
};

/// 2xx confirmed; 4xx and 3xx failed; 5xx and anything else unknown.
ToolOutcome http_outcome(const HttpAnswer& answer, const HttpCall& call, const CallRules& rules, const Zone& zone);
/// Not sent: refused, nothing left this host. Sent: what the status says if it came and is a refusal, else unknown.
ToolOutcome http_failure(const HttpFailure& failure, const HttpCall& call, const CallRules& rules, const Zone& zone);

/// Data time as declared: from a header, or from a JSON result. Nothing if it is not declared.
std::optional<DataTimes> declared_data_time(const CallRules& rules, std::string_view body, bool incomplete,
                                            const HttpResponse* response, const Zone& zone);

}  // namespace nowd
