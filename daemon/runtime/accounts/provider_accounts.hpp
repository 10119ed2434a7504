// What this daemon has learnt of each key, shared by all jobs: whom to leave alone, how fast to go, how much to repeat.
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

/// What is known around a call.
struct CallMoment {
  Tick now;
  milliseconds left{};  ///< of the run's wall time
  int attempt = 1;
  double dice = 0;           ///< in [0, 1)
  std::string credential{};  ///< the mark of the one that it was sent with; empty: not known
  bool under_way = false;    ///< the run has called before
};

class ProviderAccounts {
 public:
  /// A call that is on its way with a key. Forgotten without a word of what came of it, it proves nothing.
  class Pass {
   public:
    explicit Pass(AccountState& state) : state_(&state) {}
    Pass(const Pass&) = delete;
    ~Pass() {
      if (state_ != nullptr) state_->abandoned();
    }
    void settled() { state_ = nullptr; }

   private:
    AccountState* state_;
  };

  /// api, base URL, where the credential is: what tells keys apart.
  using AccountId = std::tuple<std::string, std::string, SecretSource::Kind, std::string>;
  struct Change {
    AccountId key;
    std::string provider;  ///< one of those that use it
    AccountStanding standing;
  };

  /// `secrets` tells whether a credential has changed; without it nobody knows.
  explicit ProviderAccounts(SecretReader secrets = {}) : secrets_(std::move(secrets)) {}

  /// References stay valid: keys are few, and never forgotten.
  AccountState& of(const ProviderConfig& provider) { return key_of(provider).state; }
  /// The line in which calls with this key wait for their turn; nothing if it has no limits.
  AccountQueue* line_of(const ProviderConfig& provider);
  /// Whether nobody may call with this key now.
  bool shut(const ProviderConfig& provider, Tick now) const;
  /// A key whose credential is another one than before is not paused any more.
  Admission admit(const ProviderConfig& provider, const CallMoment& moment);
  /// A mark of the credential that admit() saw last: equal for equal ones, and of no use to anybody else.
  const std::string& credential_of(const ProviderConfig& provider) { return key_of(provider).credential; }
  /// Learns from an outcome, and decides whether the call is made again; nothing = it did not fail on the way.
  std::optional<RetryDecision> learn(const ProviderConfig& provider, const ModelOutcome& outcome,
                                     const CallMoment& moment);
  /// The same of a call that was held back. Nothing was sent: it is no attempt, and no retry among the key's calls.
  static RetryDecision held_back(const Refused& refused, const CallMoment& moment);
  /// The configuration was read anew: limits may be others, and keys that were paused too.
  void configure(const Config& config);
  void resume();

  /// Is told whenever a key's standing is another one than before.
  void observe(std::function<void(const Change&)> changed) { changed_ = std::move(changed); }
  /// What was known before a restart; what has been learnt since then stays.
  void take_up(const AccountId& key, const std::string& provider, Tick now, const AccountStanding& standing);
  const std::map<AccountId, Change>& standings() const { return standings_; }

 private:
  struct Key {
    AccountState state;
    AccountQueue line;
    std::string credential;
  };
  static AccountId id_of(const ProviderConfig& provider);
  Key& key_of(const ProviderConfig& provider) { return accounts_[id_of(provider)]; }
  void notice_credential(const ProviderConfig& provider, Key& key);
  void tell(const AccountId& id, const std::string& provider);
  std::optional<RetryDecision> learnt(const ProviderConfig& provider, const ModelOutcome& outcome,
                                      const CallMoment& moment);

  SecretReader secrets_;
  std::function<void(const Change&)> changed_;
  std::map<AccountId, Key> accounts_;
  std::map<AccountId, Change> standings_;  // of those that were ever anything but closed
};

}  // namespace nowd
