#include "runtime/accounts/provider_accounts.hpp"

#include <algorithm>

#include "foundation/log.hpp"
#include "foundation/random.hpp"
#include "providers/failure/retry_class.hpp"

namespace nowd {
namespace {

RetryDecision decide(AccountState& key, RetryClass retry, std::optional<milliseconds> retry_after,
                     const CallMoment& moment) {
  RetryDecision decision = decide_retry({.retry = retry,
                                         .attempt = moment.attempt,
                                         .retry_after = retry_after,
                                         .left = moment.left,
                                         .within_ratio = key.may_retry(moment.now),
                                         .dice = moment.dice});
  if (std::holds_alternative<RetryLater>(decision)) key.record_retry(moment.now);
  return decision;
}

/// A wait that the server asks for replaces the forecast from its limits.
void learn_limits(AccountState& key, const ModelOutcome& outcome, Tick now) {
  if (outcome.retry_after || outcome.limits.each.empty()) return;
  milliseconds apart{}, lasts{};
  for (const RateLimit& each : outcome.limits.each) {
    if (!each.limit || !each.remaining || !each.resets_in) continue;
    const milliseconds own = spread_of({*each.limit, *each.remaining, *each.resets_in, each.of == "requests"});
    if (own > milliseconds{0}) lasts = std::max(lasts, *each.resets_in);
    apart = std::max(apart, own);
  }
  key.spread_runs(now, apart, lasts);
}

}  // namespace

ProviderAccounts::AccountId ProviderAccounts::id_of(const ProviderConfig& provider) {
  return {provider.api, provider.base_url, provider.key.kind, provider.key.name};
}

AccountQueue* ProviderAccounts::queue_of(const ProviderConfig& provider) {
  AccountQueue& queue = account_of(provider).queue;
  return queue.limits().any() ? &queue : nullptr;
}

bool ProviderAccounts::shut(const ProviderConfig& provider, Tick now) const {
  const auto key = accounts_.find(id_of(provider));
  return key != accounts_.end() && key->second.state.refusal(now).has_value();
}

void ProviderAccounts::notice_credential(const ProviderConfig& provider, Account& key) {
  if (provider.key.kind == SecretSource::Kind::none) return;
  const Result<Secret> secret = secrets_(provider.key);
  if (!secret) return;
  std::string mark = sha256_hex(secret->reveal());
  if (mark == key.credential) return;
  if (!key.credential.empty()) key.state.resume();
  key.credential = std::move(mark);
}

Admission ProviderAccounts::admit(const ProviderConfig& provider, const CallMoment& moment) {
  Account& key = account_of(provider);
  notice_credential(provider, key);
  Admission out = key.state.admit(moment.now, {.retry = moment.attempt > 1,
                                               .under_way = moment.under_way,
                                               .patience = std::max(milliseconds{0}, moment.left - min_call)});
  report_standing(id_of(provider), provider.name);
  return out;
}

std::optional<RetryDecision> ProviderAccounts::learn(const ProviderConfig& provider, const ModelOutcome& outcome,
                                                     const CallMoment& moment) {
  const auto decision = judge_outcome(provider, outcome, moment);
  report_standing(id_of(provider), provider.name);
  return decision;
}

std::optional<RetryDecision> ProviderAccounts::judge_outcome(const ProviderConfig& provider,
                                                             const ModelOutcome& outcome, const CallMoment& moment) {
  AccountState& key = state_of(provider);
  learn_limits(key, outcome, moment.now);
  const auto failed = retry_class(failed_call_of(outcome), moment.left);
  if (!failed) {
    key.record_answer();
    return std::nullopt;
  }
  switch (*failed) {
    case RetryClass::wait:
      key.delay_calls(moment.now, outcome.retry_after.value_or(milliseconds{0}));
      break;
    case RetryClass::overload:
      key.record_overload(moment.now);
      break;
    case RetryClass::money:
      if (moment.credential != credential_of(provider)) break;  // the credential changed since then
      log::warning("a provider account is paused for 15 minutes, or until its credential changes or nowd reloads: " +
                       outcome.reply.detail,
                   {{"provider", provider.name}});
      key.pause_without_money(moment.now, outcome.reply.detail);
      break;
    case RetryClass::defer:
      if (outcome.retry_after) key.delay_calls(moment.now, *outcome.retry_after);
      [[fallthrough]];
    case RetryClass::never:
      key.record_abandoned();
      break;
  }
  return decide(key, *failed, outcome.retry_after, moment);
}

RetryDecision ProviderAccounts::decide_held_back(const Refused& refused, const CallMoment& moment) {
  return decide_retry({.retry = refused.retry,
                       .attempt = 1,
                       .retry_after = refused.retry_after,
                       .left = moment.left,
                       .within_ratio = true,
                       .dice = moment.dice});
}

void ProviderAccounts::configure(const Config& config) {
  std::map<AccountId, AccountLimits> limits;
  for (const auto& [unused, provider] : config.providers)
    if (provider.api != "script") limits[id_of(provider)] = stricter(limits[id_of(provider)], provider.limits);
  for (auto& [id, key] : accounts_) limits.try_emplace(id);
  for (const auto& [id, limit] : limits) accounts_[id].queue.set_limits(limit);
  resume();
}

void ProviderAccounts::resume() {
  for (auto& [id, key] : accounts_) {
    key.state.resume();
    if (const auto known = standings_.find(id); known != standings_.end()) report_standing(id, known->second.provider);
  }
}

void ProviderAccounts::restore(const AccountId& id, const std::string& provider, Tick now,
                               const AccountStanding& standing) {
  if (standings_.contains(id)) return;
  // A variable of the environment changes only with a restart, so this restart may have replaced the credential.
  if (standing.state == AccountStanding::State::paused && std::get<SecretSource::Kind>(id) == SecretSource::Kind::env)
    return;
  accounts_[id].state.restore(now, standing);
  standings_[id] = {id, provider, accounts_[id].state.standing()};
}

void ProviderAccounts::report_standing(const AccountId& id, const std::string& provider) {
  const AccountStanding now = accounts_[id].state.standing();
  const auto known = standings_.find(id);
  if (known == standings_.end() && now.state == AccountStanding::State::closed) return;
  if (known != standings_.end() && known->second.standing.state == now.state &&
      known->second.standing.until == now.until)
    return;
  standings_[id] = {id, provider, now};
  if (changed_) changed_(standings_[id]);
}

}  // namespace nowd
