-- Statements of a session: the node, its beat, and the catalogue. Written for session.cpp and json_rows.cpp.

-- name: insert_node
-- Registers this daemon and its beat. Until it has read its files, it inherits the loaded files of the daemon before
-- it: no other daemon retires those jobs meanwhile.
-- $1 uuid node, $2 text host, $3 integer pid, $4 text boot id, $5 text version, $6 timestamptz started at, $7 uuid
-- node before this one, $8 jsonb {job: revision} or null.
with before as (select loaded from nowd.node where node = $7),
n as (
  insert into nowd.node (node, host, pid, boot_id, version, started_at, loaded)
  values ($1, $2, $3, $4, $5, $6, coalesce($8::jsonb, (select loaded from before), '{}'))
  on conflict do nothing
),
o as (update nowd.node set loaded = '{}' where node = $7)
insert into nowd.node_beat (node) values ($1) on conflict do nothing;

-- name: beat
-- Compare-and-set on the beat counter. No row changes if another daemon has declared this one dead.
-- $1 uuid node, $2 bigint beat.
update nowd.node_beat b
set beat = beat + 1, beat_at = clock_timestamp(), transaction = pg_current_xact_id()
where b.node = $1
  and b.beat = $2
  and exists (select from nowd.node n where n.node = b.node and n.state = 'alive')
returning clock_timestamp(), b.transaction;

-- name: read_beat
-- Reads the beat after a lost commit. Waits for a commit that is still under way in the lost session.
-- $1 uuid node.
select b.beat, b.transaction from nowd.node_beat b where b.node = $1 for update;

-- name: own_beat
-- State of this node and its own beats. A daemon that declared it dead has added one.
-- $1 uuid node.
select n.state, b.beat - (n.state = 'dead' and n.reason = 'beat')::integer
from nowd.node_beat b
  join nowd.node n using (node)
where b.node = $1;

-- name: server_and_timeline
-- The server and its timeline. A promotion begins a new timeline at once, before any checkpoint.
select system_identifier::text || '/' || case when pg_is_in_recovery() then ''
  else left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) end
from pg_control_system();

-- name: end_node
-- Marks a live node as ended.
-- $1 uuid node, $2 text state, $3 text reason.
update nowd.node
set state = $2, reason = $3, ended_at = clock_timestamp()
where node = $1 and state = 'alive'
returning node;

-- name: read_columns
-- Tables and views of the schema, the types of their columns, and the rights of this role to read them.
select c.relname, a.attname, a.atttypid::regtype::text, quote_ident(a.attname),
  has_column_privilege(c.oid, a.attnum, 'select')
from pg_attribute a
  join pg_class c on c.oid = a.attrelid
  join pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'nowd'
  and c.relkind in ('r', 'p', 'v')
  and not c.relispartition
  and a.attnum > 0
  and not a.attisdropped
order by c.oid, a.attnum;
