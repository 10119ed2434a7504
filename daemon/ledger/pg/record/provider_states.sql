-- Statements about provider accounts and remote clocks, which a daemon restores after a restart. Written for
-- provider_states.cpp.

-- name: read_provider_states
-- Accounts that are not closed: open, half open or paused.
select api, base_url, credential, provider, state, since, until, cause, overloads
from nowd.provider_state
where state <> 'closed'
order by api, base_url, credential;

-- name: write_provider_states
-- Replaces the states of these accounts.
-- Parameters: in the order of the inserted columns.
insert into nowd.provider_state (api, base_url, credential, provider, state, since, until, cause, overloads)
select *
from unnest(
  $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[], $8::text[],
  $9::int[]
)
on conflict (api, base_url, credential) do update
set provider = excluded.provider, state = excluded.state, since = excluded.since, until = excluded.until,
  cause = excluded.cause, overloads = excluded.overloads, recorded_at = clock_timestamp();

-- name: read_remote_clocks
-- Bounds of remote clocks, measured against the boot clock of this boot within the last hour; durations in
-- microseconds.
-- $1 text boot id.
select remote, (extract(epoch from low) * 1000000)::bigint, low_at,
  (extract(epoch from high) * 1000000)::bigint, high_at, samples, first_at, last_at, behind_samples,
  behind_since, (extract(epoch from behind_high) * 1000000)::bigint
from nowd.remote_clock
where boot_id = $1 and last_at > clock_timestamp() - interval '1 hour'
order by last_at desc
limit 1000;

-- name: write_remote_clocks
-- Replaces the bounds of these clocks.
-- Parameters: in the order of the inserted columns, but the boot id is the last.
insert into nowd.remote_clock (
  boot_id, remote, low, low_at, high, high_at, samples, first_at, last_at, behind_samples, behind_since,
  behind_high
)
select $12, *
from unnest(
  $1::text[], $2::interval[], $3::timestamptz[], $4::interval[], $5::timestamptz[], $6::int[],
  $7::timestamptz[], $8::timestamptz[], $9::int[], $10::timestamptz[], $11::interval[]
)
on conflict (boot_id, remote) do update
set low = excluded.low, low_at = excluded.low_at, high = excluded.high, high_at = excluded.high_at,
  samples = excluded.samples, first_at = excluded.first_at, last_at = excluded.last_at,
  behind_samples = excluded.behind_samples, behind_since = excluded.behind_since,
  behind_high = excluded.behind_high;
