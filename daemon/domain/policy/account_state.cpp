#include "domain/policy/account_state.hpp"

#include <algorithm>
#include <utility>

#include "foundation/text/enum_words.hpp"

namespace nowd {
namespace {

constexpr std::array<std::string_view, 4> standing_words{"closed", "open", "half_open", "paused"};
static_assert(covers(standing_words, AccountStanding::State::paused));

constexpr int overloads_that_open = 5;
constexpr milliseconds first_open{30'000};
constexpr milliseconds max_open{300'000};
constexpr milliseconds money_pause = minutes{15};
/// The wait of other calls while one call probes a half-open account.
constexpr milliseconds probe_wait{10'000};
/// A limit is near when less than this share of it is left.
constexpr std::int64_t near_the_end = 10;
/// A longer delay would waste capacity; a limit that is reached has its own wait.
constexpr milliseconds max_spread{30'000};
constexpr int share_of_patience = 4;

milliseconds until(Tick at, Tick now) { return std::max(milliseconds{0}, std::chrono::ceil<milliseconds>(at - now)); }

}  // namespace

std::string_view to_string(AccountStanding::State state) { return word_of(standing_words, state); }
std::optional<AccountStanding::State> parse_account_standing(std::string_view word) {
  return parse_word<AccountStanding::State>(standing_words, word);
}

std::optional<Refused> AccountState::refusal(Tick now) const {
  if (paused_until_ && now < *paused_until_)
    return Refused{RetryClass::money, {}, "the key is paused, for this was the answer: " + paused_why_};
  if (open_until_ && now < *open_until_)
    return Refused{RetryClass::overload, until(*open_until_, now), overload_text()};
  return std::nullopt;
}

std::string AccountState::overload_text() const {
  return "the provider was overloaded or out of reach " + std::to_string(overloads_) +
         " times in a row; it is left alone";
}

std::optional<Refused> AccountState::refused(Tick now) {
  if (auto no = refusal(now)) return no;
  paused_until_.reset();
  if (probing_)
    return Refused{RetryClass::overload, probe_wait, "another run is finding out whether the provider works"};
  return std::nullopt;
}

AccountStanding AccountState::standing() const {
  using enum AccountStanding::State;
  if (paused_until_) return {paused, paused_until_, paused_why_, 0};
  if (!open_until_) return {};
  return {probing_ ? half_open : open, open_until_, overload_text(), overloads_};
}

void AccountState::restore(Tick now, const AccountStanding& standing) {
  if (overloads_ > 0 || open_until_ || paused_until_ || !standing.until) return;
  if (standing.state == AccountStanding::State::paused) {
    if (now >= *standing.until) return;
    paused_until_ = std::min(*standing.until, now + money_pause);
    paused_why_ = standing.cause;
  } else if (standing.state != AccountStanding::State::closed) {
    open_until_ = std::min(*standing.until, now + max_open);
    open_for_ = first_open;
    overloads_ = standing.overloads;
  }
}

milliseconds spread_of(const LimitSeen& seen) {
  if (seen.limit <= 0 || seen.remaining < 0 || seen.resets_in <= milliseconds{0}) return {};
  if (seen.remaining >= seen.limit / near_the_end) return {};
  const std::int64_t runs = seen.of_requests ? seen.remaining : std::min(seen.remaining, near_the_end);
  return std::min(seen.resets_in / (runs + 1), max_spread);
}

Admission AccountState::admit(Tick now, const Asking& asking) {
  if (auto no = refused(now)) return *no;
  if (const milliseconds wait = until(next_at_, now); wait > asking.patience)
    return Refused{RetryClass::wait, wait, "the provider asked for a wait before the next call with this key"};
  probing_ = open_until_.has_value();
  if (!asking.retry) ratio_.record_call(now);
  const milliseconds asked = until(next_at_, now);
  if (asking.under_way || asking.retry || now >= slow_until_) return Go{asked};
  const milliseconds forecast = std::min(until(next_run_at_, now), asking.patience / share_of_patience);
  next_run_at_ = std::min(std::max(next_run_at_, now) + apart_, now + max_spread);
  return Go{std::max(asked, forecast)};
}

void AccountState::record_answer() {
  overloads_ = 0;
  open_until_.reset();
  open_for_ = milliseconds{0};
  probing_ = false;
}

void AccountState::record_overload(Tick now) {
  ++overloads_;
  const bool was_looking = std::exchange(probing_, false);
  if (open_until_ && !was_looking) return;  // sent before it opened
  if (!was_looking && overloads_ < overloads_that_open) return;
  open_for_ = open_until_ ? std::min(open_for_ * 2, max_open) : first_open;
  open_until_ = now + open_for_;
}

void AccountState::delay_calls(Tick now, milliseconds wait) {
  probing_ = false;
  next_at_ = std::max(next_at_, now + wait);
}

void AccountState::spread_runs(Tick now, milliseconds apart, milliseconds lasts) {
  apart_ = apart;
  slow_until_ = now + lasts;
  next_run_at_ = std::max(next_run_at_, now + apart);
  if (apart == milliseconds{0}) next_run_at_ = now;
}

void AccountState::pause_without_money(Tick now, std::string why) {
  probing_ = false;
  paused_until_ = now + money_pause;
  paused_why_ = std::move(why);
}

}  // namespace nowd
