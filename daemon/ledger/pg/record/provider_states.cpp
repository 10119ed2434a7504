#include "ledger/pg/record/provider_states.hpp"

#include "foundation/text/utf8.hpp"
#include "ledger/pg/record/batch.hpp"
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

std::vector<AccountRow> provider_states(Transaction& transaction) {
  std::vector<AccountRow> out;
  for (const Values& row : transaction.run(read_provider_states, {}).rows)
    out.push_back({*row[0], *row[1], *row[2], *row[3], *row[4], *instant_of(row[5]), instant_of(row[6]),
                   row[7].value_or(""), std::stoi(*row[8])});
  return out;
}

void keep_provider_states(Transaction& transaction, const std::vector<AccountRow>& rows) {
  Columns columns(9);
  for (const AccountRow& row : rows)
    columns.add(row.api, row.base_url, row.credential, row.provider, row.state, row.since, row.until,
                row.cause.empty() ? std::nullopt : std::optional(clipped(row.cause, max_words)), row.overloads);
  columns.write(transaction, write_provider_states, {});
}

namespace {

constexpr Statement read_remote_clocks{
    "read_remote_clocks",
    "select remote, (extract(epoch from low) * 1000000)::bigint, low_at, (extract(epoch from high) * 1000000)::bigint,"
    " high_at, samples, first_at, last_at, behind_samples, behind_since,"
    " (extract(epoch from behind_high) * 1000000)::bigint from nowd.remote_clock where boot_id = $1"
    " and last_at > clock_timestamp() - interval '1 hour' order by last_at desc limit 1000"};

constexpr Statement write_remote_clocks{
    "write_remote_clocks",
    "insert into nowd.remote_clock (boot_id, remote, low, low_at, high, high_at, samples, first_at, last_at,"
    " behind_samples, behind_since, behind_high)"
    " select $12, * from unnest($1::text[], $2::interval[], $3::timestamptz[], $4::interval[], $5::timestamptz[],"
    " $6::int[], $7::timestamptz[], $8::timestamptz[], $9::int[], $10::timestamptz[], $11::interval[])"
    " on conflict (boot_id, remote) do update set low = excluded.low, low_at = excluded.low_at, high = excluded.high,"
    " high_at = excluded.high_at, samples = excluded.samples, first_at = excluded.first_at,"
    " last_at = excluded.last_at, behind_samples = excluded.behind_samples, behind_since = excluded.behind_since,"
    " behind_high = excluded.behind_high"};

std::optional<microseconds> span(const Value& value) {
  if (!value) return std::nullopt;
  return microseconds{std::stoll(*value)};
}

}  // namespace

std::vector<RemoteClockRow> remote_clocks(Transaction& transaction, const std::string& boot_id) {
  std::vector<RemoteClockRow> out;
  for (const Values& row : transaction.run(read_remote_clocks, {boot_id}).rows)
    out.push_back({*row[0], span(row[1]), instant_of(row[2]), span(row[3]), instant_of(row[4]), std::stoi(*row[5]),
                   instant_of(row[6]), instant_of(row[7]), std::stoi(*row[8]), instant_of(row[9]), span(row[10])});
  return out;
}

void keep_remote_clocks(Transaction& transaction, const std::string& boot_id, const std::vector<RemoteClockRow>& rows) {
  Columns columns(11);
  for (const RemoteClockRow& row : rows)
    columns.add(clipped(row.remote, max_name), row.low, row.low_at, row.high, row.high_at, row.samples, row.first,
                row.last, row.behind_samples, row.behind_since, row.behind_high);
  columns.write(transaction, write_remote_clocks, {boot_id});
}

}  // namespace nowd::pg
