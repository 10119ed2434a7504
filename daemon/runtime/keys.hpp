// What this daemon has learnt of each key, shared by all jobs: whom to leave alone, how fast to go, how much to repeat.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <tuple>

#include "domain/config.hpp"
#include "domain/policy/key_state.hpp"
#include "providers/provider.hpp"

namespace nowd {

/// What is known around a call.
struct CallMoment {
  Tick now;
  milliseconds left{};  ///< of the run's wall time
  int attempt = 1;
  double dice = 0;  ///< in [0, 1)
};

class Keys {
 public:
  /// A call that is on its way with a key. Forgotten without a word of what came of it, it proves nothing.
  class Pass {
   public:
    explicit Pass(KeyState& state) : state_(&state) {}
    Pass(const Pass&) = delete;
    ~Pass() {
      if (state_ != nullptr) state_->abandoned();
    }
    void settled() { state_ = nullptr; }

   private:
    KeyState* state_;
  };

  /// References stay valid: keys are few, and never forgotten.
  KeyState& of(const ProviderConfig& provider);
  Admission admit(const ProviderConfig& provider, const CallMoment& moment);
  /// Learns from an outcome, and decides whether the call is made again; nothing = it did not fail on the way.
  std::optional<RetryDecision> learn(const ProviderConfig& provider, const ModelOutcome& outcome,
                                     const CallMoment& moment);
  /// The same of a call that was held back.
  RetryDecision held_back(const ProviderConfig& provider, const Refused& refused, const CallMoment& moment);
  /// The configuration was read anew: keys that were paused may be others now.
  void resume();

 private:
  using KeyId = std::tuple<std::string, std::string, int, std::string>;  // api, base URL, where the credential is
  std::map<KeyId, KeyState> keys_;
};

}  // namespace nowd
