#include "runtime/accounts/account_record.hpp"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include "foundation/log.hpp"

namespace nowd {
namespace {

using Kind = SecretSource::Kind;

constexpr seconds before_another_try{10};
constexpr std::array<std::pair<std::string_view, Kind>, 4> sources{
    {{"none", Kind::none}, {"credential", Kind::credential}, {"file", Kind::file}, {"env", Kind::env}}};

std::string source_text(Kind kind, const std::string& name) {
  for (const auto& [word, each] : sources)
    if (each == kind) return name.empty() ? std::string(word) : std::string(word) + " " + name;
  return "none";
}

std::optional<std::pair<Kind, std::string>> source_of(std::string_view text) {
  const std::string_view first = text.substr(0, text.find(' '));
  for (const auto& [word, kind] : sources)
    if (word == first) return std::pair(kind, std::string(text.substr(std::min(first.size() + 1, text.size()))));
  return std::nullopt;
}

}  // namespace

AccountRow row_of(const ProviderAccounts::Change& change, const Reading& now) {
  const auto& [api, base_url, kind, name] = change.key;
  const AccountStanding& standing = change.standing;
  AccountRow row{api,      base_url, source_text(kind, name), change.provider,   standing.state,
                 now.wall, {},       standing.cause,          standing.overloads};
  if (standing.until) row.until = now.wall + std::chrono::round<microseconds>(*standing.until - now.boot);
  if (row.until && row.cause.empty()) row.cause = "the provider gave no reason";
  return row;
}

std::optional<SavedAccount> saved_account(const AccountRow& row, const Reading& now) {
  const auto source = source_of(row.credential);
  if (!source || !row.until) return std::nullopt;
  const Tick until = now.boot + (*row.until - now.wall);
  return SavedAccount{{row.api, row.base_url, source->first, source->second},
                      {row.state, until, row.cause, row.overloads}};
}

AccountRecord::AccountRecord(boost::asio::any_io_executor executor, AccountLedger& ledger, ProviderAccounts& keys,
                             const Clock& clock)
    : ledger_(ledger), accounts_(keys), clock_(clock), changed_(std::move(executor)) {
  accounts_.observe([this](const ProviderAccounts::Change& change) {
    unwritten_[change.key] = row_of(change, clock_.read());
    changed_.cancel();
  });
}

boost::asio::awaitable<void> AccountRecord::restore() {
  const Result<std::vector<AccountRow>> rows = co_await ledger_.account_rows();
  if (!rows) co_return log::error("could not read provider account states: " + rows.error().message);
  const Reading now = clock_.read();
  for (const AccountRow& row : *rows)
    if (const auto kept = saved_account(row, now)) accounts_.restore(kept->key, row.provider, now.boot, kept->standing);
}

boost::asio::awaitable<void> AccountRecord::run() {
  for (bool failed = false;;) {
    if (unwritten_.empty() || failed) {
      if (failed)
        changed_.expires_after(before_another_try);
      else
        changed_.expires_at(boost::asio::steady_timer::time_point::max());
      co_await changed_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
      const auto state = co_await boost::asio::this_coro::cancellation_state;
      if (state.cancelled() != boost::asio::cancellation_type::none)
        throw boost::system::system_error(boost::asio::error::operation_aborted);
    }
    if (unwritten_.empty()) continue;
    auto writing = std::exchange(unwritten_, {});
    std::vector<AccountRow> rows;
    for (const auto& [unused, row] : writing) rows.push_back(row);
    const Result<void> kept = co_await ledger_.save_accounts(std::move(rows));
    failed = !kept;
    if (kept) continue;
    log::error("could not save provider account states: " + kept.error().message);
    unwritten_.merge(writing);  // changes since then are newer
  }
}

}  // namespace nowd
