#include "ledger/pg/record/provider_states.hpp"

#include "foundation/text/utf8.hpp"
#include "ledger/pg/record/batch.hpp"
#include "ledger/pg/record/provider_states.sql.hpp"
#include "ledger/pg/session/array.hpp"

namespace nowd::pg {

std::vector<AccountRow> provider_states(Transaction& transaction) {
  std::vector<AccountRow> out;
  for (const Values& row : transaction.run(sql::read_provider_states, {}).rows)
    if (const auto state = parse_account_standing(*row[4]))
      out.push_back({*row[0], *row[1], *row[2], *row[3], *state, *instant_of(row[5]), instant_of(row[6]),
                     row[7].value_or(""), std::stoi(*row[8])});
  return out;
}

void save_provider_states(Transaction& transaction, const std::vector<AccountRow>& rows) {
  Columns columns;
  for (const AccountRow& row : rows)
    columns.add(row.api, row.base_url, row.credential, row.provider, to_string(row.state), row.since, row.until,
                row.cause.empty() ? std::nullopt : std::optional(clipped(row.cause, max_words)), row.overloads);
  columns.write(transaction, sql::write_provider_states, {});
}

namespace {

std::optional<microseconds> span(const Value& value) {
  if (!value) return std::nullopt;
  return microseconds{std::stoll(*value)};
}

}  // namespace

std::vector<RemoteClockRow> remote_clocks(Transaction& transaction, const std::string& boot_id) {
  std::vector<RemoteClockRow> out;
  for (const Values& row : transaction.run(sql::read_remote_clocks, {boot_id}).rows)
    out.push_back({*row[0], span(row[1]), instant_of(row[2]), span(row[3]), instant_of(row[4]), std::stoi(*row[5]),
                   instant_of(row[6]), instant_of(row[7]), std::stoi(*row[8]), instant_of(row[9]), span(row[10])});
  return out;
}

void save_remote_clocks(Transaction& transaction, const std::string& boot_id, const std::vector<RemoteClockRow>& rows) {
  Columns columns;
  for (const RemoteClockRow& row : rows)
    columns.add(clipped(row.remote, max_name), row.low, row.low_at, row.high, row.high_at, row.samples, row.first,
                row.last, row.behind_samples, row.behind_since, row.behind_high);
  columns.write(transaction, sql::write_remote_clocks, {boot_id});
}

}  // namespace nowd::pg
