// HTTP calls of tools and inputs: builds the request from configuration and arguments, and the outcome from the answer.
// Pure.
#pragma once

#include "domain/job/secret_text.hpp"
#include "net/http/http_client.hpp"
#include "tools/tool.hpp"

namespace nowd {

struct HttpCall {
  HttpRequest request;
  std::string origin;  ///< the server that an answer's Date belongs to
  Redactor redact;     ///< knows all secrets, also those in the headers
};

/// Limits of a call, from the tool or the input.
struct CallRules {
  milliseconds timeout{};
  std::size_t max_bytes = 0;
  std::string data_time;
  DataWindow window;  ///< the expected window of the data
  Redactor redact{};  ///< knows all secrets read before; results are redacted before they are cut
};

/// `arguments` is an object for a tool, null for an input. Errors: `invalid` or `refused`; send nothing then.
Result<HttpCall> plan_http(const HttpAction& action, const Json& arguments, const CallEnvironment& environment,
                           const CallRules& rules, const SecretReader& secrets);

/// The received answer. Its body may come from a sink and may be incomplete.
struct HttpAnswer {
  HttpResponse response;
  std::string body;
  bool incomplete = false;  ///< the server sent more
};

/// 2xx confirmed; 4xx and 3xx failed; 5xx and anything else unknown.
ToolOutcome http_outcome(const HttpAnswer& answer, const HttpCall& call, const CallRules& rules, const Zone& zone);
/// Not sent: refused, nothing left this host. Sent: failed if a status of refusal arrived, otherwise unknown.
ToolOutcome http_failure(const HttpFailure& failure, const HttpCall& call, const CallRules& rules, const Zone& zone);

/// The declared data time, from a header or from a JSON result. Nothing without a declaration.
std::optional<DataTimes> declared_data_time(const CallRules& rules, std::string_view body, bool incomplete,
                                            const HttpResponse* response, const Zone& zone);

}  // namespace nowd
