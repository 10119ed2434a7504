#include "ledger/pg/record/provider_states.hpp"

#include "ledger/pg/record/rows.hpp"
#include "ledger/pg/session/array.hpp"

namespace nowd::pg {
namespace {

constexpr Statement read_provider_states{
    "read_provider_states",
    "select api, base_url, credential, provider, state, since, until, cause, overloads from nowd.provider_state"
    " where state <> 'closed' order by api, base_url, credential"};

constexpr Statement write_provider_states{
    "write_provider_states",
    "insert into nowd.provider_state (api, base_url, credential, provider, state, since, until, cause, overloads)"
    " select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[],"
    " $7::timestamptz[], $8::text[], $9::int[])"
    " on conflict (api, base_url, credential) do update set provider = excluded.provider, state = excluded.state,"
    " since = excluded.since, until = excluded.until, cause = excluded.cause, overloads = excluded.overloads,"
    " recorded_at = clock_timestamp()"};

}  // namespace

std::vector<KeyRow> provider_states(Transaction& transaction) {
  std::vector<KeyRow> out;
  for (const Values& row : transaction.run(read_provider_states, {}).rows)
    out.push_back({*row[0], *row[1], *row[2], *row[3], *row[4], *instant_of(row[5]), instant_of(row[6]),
                   row[7].value_or(""), std::stoi(*row[8])});
  return out;
}

void keep_provider_states(Transaction& transaction, const std::vector<KeyRow>& rows) {
  Columns columns(9);
  for (const KeyRow& row : rows)
    columns.add(row.api, row.base_url, row.credential, row.provider, row.state, row.since, row.until,
                row.cause.empty() ? std::nullopt : std::optional(clipped(row.cause, longest_words)), row.overloads);
  columns.write(transaction, write_provider_states, {});
}

}  // namespace nowd::pg
