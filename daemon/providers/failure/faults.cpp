#include "providers/failure/faults.hpp"

#include "providers/failure/retry_class.hpp"

namespace nowd {
namespace {

std::string rate_limit(const HttpResponse& response) {
  const auto wait = response.header("retry-after");
  return "too many requests or tokens" + (wait ? " (Retry-After: " + one_line(*wait, 40) + ")" : std::string());
}

/// A 404 of the API itself, not of a web server that knows no such path.
bool knows_no_model(const WireError& error) {
  if (error.code == "model_not_found") return true;
  const bool not_found = error.code == "not_found_error" || error.code == "NOT_FOUND";
  return not_found && error.text.find("model") != std::string::npos;
}

std::string no_money(const std::string& here) {
  return "the account behind " + here +
         ".key has no credit left, or is at its limit of spending: add credit or raise the limit where the key was "
         "made, or put another key there; nowd asks again within 15 minutes, or at once after systemctl reload nowd";
}

/// 400 says all sorts of things; only some APIs have a code for which.
std::string remedy_of_400(const ProviderConfig& config, const WireError& error) {
  const std::string here = "providers." + config.name;
  const auto says = [&](std::string_view words) { return error.text.find(words) != std::string::npos; };
  if (error.code == "context_length_exceeded" || says("prompt is too long") || says("token count"))
    return "the prompt does not fit the model's context; shorten the inputs";
  if (says("credit balance")) return "the account behind " + here + ".key has no credit left";
  if (says("API key")) return "check the key (" + here + ".key)";
  // The key is one of openai-chat's; the other APIs have one name for the limit.
  return "it refuses the request; check " + here + ".params" +
         (config.api == "openai-chat" ? " and .max_tokens_field" : "");
}

std::string remedy(const ProviderConfig& config, const HttpResponse& response, const WireError& error) {
  const std::string here = "providers." + config.name;
  if (is_about_money(response.status, error.code, error.text)) return no_money(here);
  if (is_about_content(error.code, error.text))
    return "its filter refuses the prompt; look at what the inputs put there";
  switch (response.status) {
    case 400:
    case 422:
      return remedy_of_400(config, error);
    case 401:
      return "check the key (" + here + ".key)";
    case 403:
      return "the key (" + here + ".key) may not do this";
    case 404:
      return knows_no_model(error) ? "it has no model '" + config.model + "' (any more?); set " + here +
                                         ".model to one that it has: nowctl validate --online"
                                   : "check " + here + ".base_url and .model ('" + config.model + "')";
    case 413:
      return "the request is too large for it; shorten the inputs";
    case 429:
      return rate_limit(response);
    default:
      break;
  }
  if (response.status < 400)
    return "redirects are not followed; check " + here + ".base_url" +
           (response.header("location") ? " (it points to " + one_line(*response.header("location"), 200) + ")" : "");
  return response.status >= 500 ? "it is in trouble, not the request; try later" : "the request was not accepted";
}

}  // namespace

std::string describe_status(const ProviderConfig& config, const Endpoint& endpoint, const HttpResponse& response,
                            const WireError& error) {
  std::string out = std::to_string(response.status) + " from " + endpoint.host + ": " + remedy(config, response, error);
  if (error.code.empty() && error.text.empty()) return out;
  const bool both = !error.code.empty() && !error.text.empty();
  return out + "; it says: " + error.code + (both ? ", " : "") + error.text;
}

std::string describe_failure(const ProviderConfig& config, const Error& error, bool anything_arrived) {
  return (anything_arrived ? "the answer was cut short: " : "") + error.message + " (providers." + config.name + ")";
}

}  // namespace nowd
