// Keeps in the ledger how keys stand: written when that changes, taken up after a restart.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <map>

#include "foundation/time/clock.hpp"
#include "ledger/records.hpp"
#include "runtime/accounts/provider_accounts.hpp"

namespace nowd {

/// As the ledger has it, and back; nothing for a row that makes no sense to this nowd.
AccountRow row_of(const ProviderAccounts::Change& change, const Reading& now);
struct KeptKey {
  ProviderAccounts::AccountId key;
  AccountStanding standing;
};
std::optional<KeptKey> kept_key(const AccountRow& row, const Reading& now);

class AccountRecord {
 public:
  AccountRecord(boost::asio::any_io_executor executor, AccountLedger& ledger, ProviderAccounts& keys,
                const Clock& clock);

  /// Before the first run: what this daemon, or another one, knew. A ledger that cannot be read is only logged.
  boost::asio::awaitable<void> take_up();
  /// Writes changes as they come; until cancelled.
  boost::asio::awaitable<void> run();

 private:
  AccountLedger& ledger_;
  ProviderAccounts& accounts_;
  const Clock& clock_;
  boost::asio::steady_timer changed_;
  std::map<ProviderAccounts::AccountId, AccountRow> unwritten_;
};

}  // namespace nowd
