// The witness: it stands outside of all daemons and keeps all that the world saw of them. Tools, models and sinks report
// to it at the moment when something happens there; the first thing that must not be is the failure of the seed.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "domain/delivery/outbox.hpp"
#include "ledger/memory/store.hpp"

namespace nowd::sim {

class Witness {
 public:
  explicit Witness(const memory::Store& store) : store_(store) {}

  /// An effect happened outside. `unaware`: its daemon was frozen between its last look and the effect, which nothing
  /// can prevent (docs/durability.md).
  void see_effect(const std::string& key, RunId run, bool unaware);
  /// A program that is the agent of a run began.
  void see_command(const std::string& key, RunId run, bool unaware);
  /// A model gave this answer to a call of a run.
  void see_answer(RunId run, Stop stop, Usd billed);
  /// A sink took a message. `repeatable`: it recognises a repetition.
  void see_message(const std::string& sink, const Delivery& message, bool repeatable);

  bool has_seen_effect(const std::string& key) const { return effects_.contains(key); }
  bool has_seen_message(const std::string& sink, const std::string& key) const {
    return taken_.contains(sink + ' ' + key);
  }
  std::optional<Stop> last_stop(RunId run) const;
  Usd billed(const JobName& job) const;

  /// The first thing that must not be; later ones may follow from it.
  void fail(const std::string& why);
  const std::optional<std::string>& failure() const { return failure_; }

  int effects() const { return static_cast<int>(effects_.size()); }
  int messages() const { return messages_; }

 private:
  bool is_ended(RunId run) const;

  const memory::Store& store_;
  std::map<std::string, RunId> effects_;  ///< by key
  std::map<RunId, Stop> stops_;
  std::map<JobName, Usd> billed_;
  std::map<std::string, std::string> taken_;  ///< sink and key → text
  int messages_ = 0;
  std::optional<std::string> failure_;
};

}  // namespace nowd::sim
