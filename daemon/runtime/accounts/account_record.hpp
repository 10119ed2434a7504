// Saves the states of provider accounts in the ledger when they change, and restores them after a restart.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <map>

#include "foundation/time/clock.hpp"
#include "ledger/records.hpp"
#include "runtime/accounts/provider_accounts.hpp"

namespace nowd {

/// To a row of the ledger and back; nothing for a row that this nowd cannot read.
AccountRow row_of(const ProviderAccounts::Change& change, const Reading& now);
struct SavedAccount {
  ProviderAccounts::AccountId key;
  AccountStanding standing;
};
std::optional<SavedAccount> saved_account(const AccountRow& row, const Reading& now);

class AccountRecord {
 public:
  AccountRecord(boost::asio::any_io_executor executor, AccountLedger& ledger, ProviderAccounts& keys,
                const Clock& clock);

  /// Restores the states that any daemon saved. Requires: called before the first run. An error is only logged.
  boost::asio::awaitable<void> restore();
  /// Writes each change; runs until cancelled.
  boost::asio::awaitable<void> run();

 private:
  AccountLedger& ledger_;
  ProviderAccounts& accounts_;
  const Clock& clock_;
  boost::asio::steady_timer changed_;
  std::map<ProviderAccounts::AccountId, AccountRow> unwritten_;
};

}  // namespace nowd
