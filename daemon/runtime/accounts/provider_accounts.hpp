// Health and rate limits per provider account, shared by all jobs: circuit breaker, pacing, retry budget.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tuple>

#include "domain/job/config.hpp"
#include "domain/job/secret_text.hpp"
#include "domain/policy/account_state.hpp"
#include "providers/wire/provider.hpp"
#include "runtime/accounts/account_queue.hpp"

namespace nowd {

/// The circumstances of a call.
struct CallMoment {
  Tick now;
  milliseconds left{};  ///< of the run's wall time
  int attempt = 1;
  double dice = 0;           ///< in [0, 1)
  std::string credential{};  ///< mark of the credential that the call used; empty: unknown
  bool under_way = false;    ///< the run has called before
};

class ProviderAccounts {
 public:
  /// A call under way. If it is destroyed without settled(), it does not affect the account's state.
  class Pass {
   public:
    explicit Pass(AccountState& state) : state_(&state) {}
    Pass(const Pass&) = delete;
    ~Pass() {
      if (state_ != nullptr) state_->record_abandoned();
    }
    void settled() { state_ = nullptr; }

   private:
    AccountState* state_;
  };

  /// Identity of an account: api, base URL, source of the credential.
  using AccountId = std::tuple<std::string, std::string, SecretSource::Kind, std::string>;
  struct Change {
    AccountId key;
    std::string provider;  ///< one of those that use it
    AccountStanding standing;
  };

  /// `secrets` reads credentials, to notice a change; without it changes go unnoticed.
  explicit ProviderAccounts(SecretReader secrets = {}) : secrets_(std::move(secrets)) {}

  /// References stay valid: accounts are few, and never removed.
  AccountState& state_of(const ProviderConfig& provider) { return account_of(provider).state; }
  /// The queue of the account's calls; null if it has no limits.
  AccountQueue* queue_of(const ProviderConfig& provider);
  /// No call of this account may be sent now.
  bool shut(const ProviderConfig& provider, Tick now) const;
  /// Asks to send a call. A changed credential ends a pause of the account.
  Admission admit(const ProviderConfig& provider, const CallMoment& moment);
  /// A hash of the credential that admit() read last.
  const std::string& credential_of(const ProviderConfig& provider) { return account_of(provider).credential; }
  /// Updates the account by an outcome, and decides about a retry; nothing: the call did not fail.
  std::optional<RetryDecision> learn(const ProviderConfig& provider, const ModelOutcome& outcome,
                                     const CallMoment& moment);
  /// The decision for a refused call. It was not sent, so it counts neither as an attempt nor as a retry.
  static RetryDecision decide_held_back(const Refused& refused, const CallMoment& moment);
  /// Takes over a new configuration: new limits, and the end of all pauses.
  void configure(const Config& config);
  void resume();

  /// `changed` is called after each change of an account's standing.
  void observe(std::function<void(const Change&)> changed) { changed_ = std::move(changed); }
  /// Restores the standing of before a restart, unless the account has a newer one.
  void restore(const AccountId& key, const std::string& provider, Tick now, const AccountStanding& standing);

 private:
  struct Account {
    AccountState state;
    AccountQueue queue;
    std::string credential;
  };
  static AccountId id_of(const ProviderConfig& provider);
  Account& account_of(const ProviderConfig& provider) { return accounts_[id_of(provider)]; }
  void notice_credential(const ProviderConfig& provider, Account& key);
  void report_standing(const AccountId& id, const std::string& provider);
  std::optional<RetryDecision> judge_outcome(const ProviderConfig& provider, const ModelOutcome& outcome,
                                             const CallMoment& moment);

  SecretReader secrets_;
  std::function<void(const Change&)> changed_;
  std::map<AccountId, Account> accounts_;
  std::map<AccountId, Change> standings_;  // of accounts that were ever other than closed
};

}  // namespace nowd
