#include "providers/failure/retry_class.hpp"

#include <algorithm>
#include <array>

#include "providers/wire/dialect.hpp"
#include "providers/wire/provider.hpp"

namespace nowd {
namespace {

using enum RetryClass;

constexpr std::array codes{
    // https://platform.openai.com/docs/guides/error-codes
    RetryCode{"rate_limit_exceeded", wait},
    RetryCode{"slow_down", wait},
    RetryCode{"server_is_overloaded", overload},
    RetryCode{"server_error", overload},
    RetryCode{"vector_store_timeout", overload},
    RetryCode{"insufficient_quota", money},
    RetryCode{"billing_hard_limit_reached", money},
    RetryCode{"credit_balance_exhausted", money},
    RetryCode{"enforced_spend_limit_reached", money},
    RetryCode{"invalid_api_key", never},
    RetryCode{"model_not_found", never},
    RetryCode{"context_length_exceeded", never},
    RetryCode{"invalid_request_error", never},
    // https://platform.claude.com/docs/en/api/errors
    RetryCode{"rate_limit_error", wait},
    RetryCode{"overloaded_error", overload},
    RetryCode{"api_error", overload},
    RetryCode{"timeout_error", overload},
    RetryCode{"billing_error", money},
    RetryCode{"authentication_error", never},
    RetryCode{"permission_error", never},
    RetryCode{"not_found_error", never},
    RetryCode{"request_too_large", never},
    // https://ai.google.dev/gemini-api/docs/troubleshooting
    RetryCode{"RESOURCE_EXHAUSTED", wait},
    RetryCode{"UNAVAILABLE", overload},
    RetryCode{"INTERNAL", overload},
    RetryCode{"DEADLINE_EXCEEDED", overload},
    RetryCode{"ABORTED", overload},
    RetryCode{"INVALID_ARGUMENT", never},
    RetryCode{"FAILED_PRECONDITION", never},
    RetryCode{"UNAUTHENTICATED", never},
    RetryCode{"PERMISSION_DENIED", never},
    RetryCode{"NOT_FOUND", never},
};

/// Anthropic's answer for an account without money: a 400 with the code of any bad request, and one of these sentences.
/// Only some endpoints use the code billing_error.
constexpr int no_money_status = 400;
constexpr std::string_view no_money_code = "invalid_request_error";
constexpr std::array no_money_sentences{
    std::string_view{"Your credit balance is too low to access the Anthropic API."},
    std::string_view{"You have reached your specified API usage limits."},
    std::string_view{"You have reached your specified workspace API usage limits."},
};

/// The whole message or its first sentence: later sentences may quote the request.
bool begins_with_sentence(std::string_view message, std::string_view sentence) {
  return message.starts_with(sentence) && (message.size() == sentence.size() || message[sentence.size()] == ' ');
}

bool says_no_money(int status, std::string_view code, std::string_view message) {
  return status == no_money_status && code == no_money_code &&
         std::ranges::any_of(no_money_sentences, [&](std::string_view s) { return begins_with_sentence(message, s); });
}

std::optional<RetryClass> class_of_code(std::string_view code) {
  const auto found = std::ranges::find(codes, code, &RetryCode::code);
  return found == codes.end() ? std::nullopt : std::optional(found->retry);
}

RetryClass class_of_status(int status) {
  switch (status) {
    case 429:
      return wait;
    case 402:
      return money;
    case 408:
    case 409:
      return overload;
    default:
      return status == 0 || status >= 500 ? overload : never;
  }
}

/// Codes of class `never` that name the fault itself, not only its kind.
bool names_cause(std::string_view code) {
  return code == "invalid_api_key" || code == "model_not_found" || code == "context_length_exceeded";
}

RetryClass class_by_server(const FailedCall& call) {
  const RetryClass own = class_of_status(call.status);
  if (!call.should_retry) return own;
  if (!*call.should_retry) return never;
  return own == never ? overload : own;
}

}  // namespace

FailedCall failed_call_of(const ModelOutcome& outcome) {
  return {.stop = outcome.reply.stop,
          .status = outcome.error_status != 0 ? outcome.error_status : outcome.http_status,
          .code = outcome.reply.stop_raw,
          .message = outcome.error_message,
          .asked = !outcome.remote.empty(),
          .per_day = outcome.limits.per_day,
          .retry_after = outcome.retry_after,
          .should_retry = outcome.should_retry};
}

std::optional<RetryClass> retry_class(const FailedCall& call, milliseconds max_wait) {
  if (call.stop == Stop::stream_cut) return overload;
  if (call.stop != Stop::provider_error) return {};
  if (!call.asked) return never;
  if (is_about_money(call.status, call.code, call.message)) return money;
  if (call.per_day || (call.retry_after && *call.retry_after > max_wait)) return defer;
  const auto retry = class_of_code(call.code);
  const RetryClass by_status = class_of_status(call.status);
  const bool later = call.status != 0 && (by_status == wait || by_status == overload);
  if (retry && !(retry == never && later && !names_cause(call.code))) return retry;
  return class_by_server(call);
}

ServerNotes server_notes(const ModelOutcome& outcome, milliseconds left) {
  return {.duration = outcome.server_duration,
          .failed = retry_class(failed_call_of(outcome), left),
          .retry_after = outcome.retry_after,
          .limits = limits_json(outcome.limits)};
}

std::span<const RetryCode> retry_codes() { return codes; }

bool is_about_content(std::string_view code, std::string_view message) {
  constexpr std::array<std::string_view, 10> codes_of_filters{
      "content_filter",           "content_policy_violation", "ResponsibleAIPolicyViolation", "moderation_blocked",
      "data_inspection_failed",   "DataInspectionFailed",     "content_moderation",           "safety_violation",
      "sensitive_words_detected", "content_filtered"};
  if (std::ranges::find(codes_of_filters, code) != codes_of_filters.end()) return true;
  constexpr std::array<std::string_view, 4> sentences{
      "Output blocked by content filtering policy", "Content Exists Risk", "Invalid prompt: your prompt was flagged",
      "The response was filtered due to the prompt triggering"};  // Anthropic, DeepSeek, OpenAI, Azure
  return std::ranges::any_of(sentences, [&](std::string_view sentence) { return message.starts_with(sentence); });
}

bool is_about_money(int status, std::string_view code, std::string_view message) {
  return status == 402 || class_of_code(code) == money || code.ends_with("_spend_limit_exceeded") ||
         says_no_money(status, code, message);
}

namespace {

std::string rate_limit(const HttpResponse& response) {
  const auto wait = response.header("retry-after");
  return "too many requests or tokens" + (wait ? " (Retry-After: " + one_line(*wait, 40) + ")" : std::string());
}

/// A 404 of the API itself, not of a web server without such a path.
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

/// A 400 has many causes, and only some APIs have a code for each.
std::string remedy_of_400(const ProviderConfig& config, const WireError& error) {
  const std::string here = "providers." + config.name;
  const auto says = [&](std::string_view words) { return error.text.find(words) != std::string::npos; };
  if (error.code == "context_length_exceeded" || says("prompt is too long") || says("token count"))
    return "the prompt does not fit the model's context; shorten the inputs";
  if (says("credit balance")) return "the account behind " + here + ".key has no credit left";
  if (says("API key")) return "check the key (" + here + ".key)";
  // Only openai-chat has this key; the other APIs have one name for the limit.
  return "it refuses the request; check " + here + ".params" +
         (config.api == openai_chat_api ? " and .max_tokens_field" : "");
}

std::string remedy(const ProviderConfig& config, const HttpResponse& response, const WireError& error) {
  const std::string here = "providers." + config.name;
  if (is_about_money(response.status, error.code, error.text)) return no_money(here);
  if (is_about_content(error.code, error.text))
    return "its filter refuses the prompt; look at the texts that the inputs add to it";
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
