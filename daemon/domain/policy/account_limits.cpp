#include "domain/policy/account_limits.hpp"

#include <algorithm>

#include "domain/policy/budget.hpp"

namespace nowd {
namespace {

using Limit = std::optional<std::int64_t>;

Limit smaller(const Limit& one, const Limit& other) {
  if (!one || !other) return one ? one : other;
  return std::min(*one, *other);
}

std::string too_large(const std::string& provider, const char* limit, std::int64_t value, const std::string& call,
                      const char* remedy) {
  return "providers." + provider + ".limits." + limit + ": " + std::to_string(value) + " is less than " + call +
         "; raise it, or " + remedy;
}

}  // namespace

AccountLimits stricter(const AccountLimits& one, const AccountLimits& other) {
  return {smaller(one.requests_per_minute, other.requests_per_minute),
          smaller(one.input_tokens_per_minute, other.input_tokens_per_minute),
          smaller(one.output_tokens_per_minute, other.output_tokens_per_minute)};
}

std::optional<std::string> never_fits(const AccountLimits& limits, const Planned& call, const std::string& provider) {
  if (const Limit& most = limits.input_tokens_per_minute; most && call.input > *most)
    return too_large(provider, "input_tokens_per_minute", *most,
                     "this one call reads (about " + std::to_string(call.input) + " tokens)", "shorten the inputs");
  if (const Limit& most = limits.output_tokens_per_minute; most && call.output && *call.output > *most)
    return too_large(provider, "output_tokens_per_minute", *most,
                     "this one call may write (max_output_tokens: " + std::to_string(*call.output) + ")",
                     "lower max_output_tokens");
  return std::nullopt;
}

}  // namespace nowd
