#include "domain/delivery/outbox.hpp"

#include <algorithm>
#include <array>

#include "foundation/text/enum_words.hpp"

namespace nowd {
namespace {

constexpr milliseconds first_wait{5'000};
constexpr milliseconds max_wait{300'000};

constexpr std::array<std::string_view, 7> states{"pending", "sending", "delivered", "failed",
                                                 "unknown", "expired", "shown"};
constexpr std::array<std::string_view, 4> purposes{"output", "alert", "recovery", "heartbeat"};

static_assert(covers(states, DeliveryState::shown) && covers(purposes, Purpose::heartbeat));

milliseconds wait_after(int attempts, double spread) {
  milliseconds wait = first_wait;
  for (int k = 1; k < attempts && wait < max_wait; ++k) wait *= 2;
  wait = std::min(wait, max_wait);
  return wait / 2 + milliseconds{static_cast<std::int64_t>(static_cast<double>(wait.count() / 2) * spread)};
}

}  // namespace

std::string_view to_string(DeliveryState state) { return word_of(states, state); }
std::optional<DeliveryState> parse_delivery_state(std::string_view name) {
  return parse_word<DeliveryState>(states, name);
}
std::string_view to_string(Purpose purpose) { return word_of(purposes, purpose); }
std::optional<Purpose> parse_purpose(std::string_view name) { return parse_word<Purpose>(purposes, name); }

std::string with_waiting(std::string_view last_detail, std::string detail) {
  if (!last_detail.starts_with(waiting_for) || detail.starts_with(waiting_for)) return detail;
  return std::string(last_detail.substr(0, last_detail.find(':'))) + ": " + detail;
}

DeliveryStep after_attempt(const SendOutcome& outcome, int attempts, Instant now, Instant expires_at, double spread) {
  using What = SendOutcome::What;
  switch (outcome.what) {
    case What::delivered:
      return {DeliveryState::delivered, {}};
    case What::failed:
      return {DeliveryState::failed, {}};
    case What::unknown:
      return {DeliveryState::unknown, {}};
    case What::again:
      break;
  }
  if (now >= expires_at) return {DeliveryState::expired, {}};
  const Instant next = now + std::max(wait_after(attempts, spread), outcome.retry_after.value_or(milliseconds{0}));
  if (next < expires_at) return {DeliveryState::pending, next};
  // One last attempt shortly before it expires, unless this was it.
  const Instant last = expires_at - first_wait;
  return {DeliveryState::pending, last > now ? last : expires_at};
}

const std::vector<std::string>& message_tokens(MessagePlace place) {
  static const std::vector<std::string> all{"text", "subject", "state", "verdict", "purpose", "key"};
  static const std::vector<std::string> beside_text{"subject", "state", "verdict", "purpose", "key"};
  static const std::vector<std::string> path{"state", "purpose", "key"};
  switch (place) {
    case MessagePlace::all:
      return all;
    case MessagePlace::beside_text:
      return beside_text;
    case MessagePlace::path:
      return path;
  }
  return path;
}

TemplateValues message_values(const Delivery& delivery, Now now) {
  TemplateValues values;
  values.run = delivery.run ? &*delivery.run : nullptr;
  values.now = now;
  values.message = {{"text", delivery.text},       {"subject", delivery.subject},
                    {"state", delivery.run_state}, {"verdict", delivery.verdict},
                    {"key", delivery.key},         {"purpose", std::string(to_string(delivery.purpose))}};
  return values;
}

}  // namespace nowd
