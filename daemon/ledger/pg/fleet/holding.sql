-- Statements about holds, the ledger mark and clock events. Written for holding.cpp.

-- name: open_hold
-- The oldest open hold that applies to this host.
-- $1 text host.
select h.cause, h.detail
from nowd.hold h
where h.accepted_at is null and (h.host is null or h.host = $1)
order by h.hold
limit 1;

-- name: raise_hold
-- Raises a hold, or updates the open one of the same cause. The result is true for a new one: a person is alerted
-- once.
-- $1 text cause, $2 text host or '', $3 text reason, $4 text detail, $5 uuid node, $6 uuid known ledger, $7 bigint
-- known mark.
insert into nowd.hold as h (cause, host, reason, detail, node, known_ledger, known_mark)
values ($1, nullif($2, ''), $3, $4, $5, $6::uuid, $7::bigint)
on conflict (cause, coalesce(host, ''))
where accepted_at is null do update
set reason = excluded.reason, detail = excluded.detail, known_ledger = excluded.known_ledger,
  known_mark = greatest(h.known_mark, excluded.known_mark)
returning xmax = 0;

-- name: read_mark
-- The ledger, its mark and newest time, and whether a person has accepted this ledger instead of the known one.
-- $1 uuid known ledger.
select l.ledger, m.mark, m.newest_at,
  exists (select from nowd.hold h where h.known_ledger = $1::uuid and h.accepted_at is not null)
from nowd.ledger l, nowd.ledger_mark m;

-- name: newest_time
-- The newest time that the ledger has seen.
select newest_at from nowd.ledger_mark;

-- name: advance_mark
-- Advances the ledger mark, except while any hold is open: the mark from before it must survive.
update nowd.ledger_mark m
set mark = m.mark + 1, newest_at = clock_timestamp()
where not exists (select from nowd.hold h where h.accepted_at is null)
returning (select l.ledger from nowd.ledger l), m.mark;

-- name: record_server
-- Records the server and timeline that this daemon writes to.
-- $1 uuid node, $2 text server.
update nowd.node set server = nullif($2, '') where node = $1 and server is distinct from nullif($2, '');

-- name: hosts_on_other_server
-- Hosts of live daemons whose last server or timeline is another one.
-- $1 uuid node, $2 text server.
select string_agg(n.host, ', ' order by n.host)
from nowd.node n
where n.state = 'alive' and n.node <> $1 and n.server <> $2;

-- name: insert_clock_events
-- Records clock events of this host, in order.
-- $1 text[] kinds, $2 timestamptz[] instants, $3 interval[] sizes, $4 text[] texts before, $5 text[] texts after, $6
-- uuid node, $7 text host, $8 text boot id.
insert into nowd.clock_event (kind, at, size, before, after, node, host, boot_id)
select kind, at, size, before, after, $6, $7, $8
from unnest($1::text[], $2::timestamptz[], $3::interval[], $4::text[], $5::text[]) with ordinality as e(
  kind, at, size, before, after, place
)
order by place;
