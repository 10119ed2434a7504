// Keeps in the ledger how keys stand: written when that changes, taken up after a restart.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <map>

#include "foundation/time/clock.hpp"
#include "ledger/records.hpp"
#include "runtime/accounts/keys.hpp"

namespace nowd {

/// As the ledger has it, and back; nothing for a row that makes no sense to this nowd.
KeyRow row_of(const Keys::Change& change, const Reading& now);
struct KeptKey {
  Keys::KeyId key;
  KeyStanding standing;
};
std::optional<KeptKey> kept_key(const KeyRow& row, const Reading& now);

class KeyRecord {
 public:
  KeyRecord(boost::asio::any_io_executor executor, KeyLedger& ledger, Keys& keys, const Clock& clock);

  /// Before the first run: what this daemon, or another one, knew. A ledger that cannot be read is only logged.
  boost::asio::awaitable<void> take_up();
  /// Writes changes as they come; until cancelled.
  boost::asio::awaitable<void> run();

 private:
  KeyLedger& ledger_;
  Keys& keys_;
  const Clock& clock_;
  boost::asio::steady_timer changed_;
  std::map<Keys::KeyId, KeyRow> unwritten_;
};

}  // namespace nowd
