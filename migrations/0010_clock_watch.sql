-- What happened to the clocks of hosts; what holds dispatch until a person accepts it; and the mark that tells a restored
-- ledger.

create table nowd.clock_event (
  event       bigint      generated always as identity primary key,
  kind        text        not null,
  at          timestamptz not null,
  size        interval,
  before      text        not null,
  after       text        not null,
  node        uuid        not null references nowd.node,
  host        text        not null,
  boot_id     text        not null,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint clock_event_kind_known        check (kind in ('step', 'suspend', 'sync_lost', 'sync_back', 'tzdata', 'remote_skew')),
  constraint clock_event_size_exactly_when check ((kind in ('step', 'suspend', 'remote_skew')) = (size is not null))
);
create index clock_event_recent on nowd.clock_event (recorded_at);
comment on table  nowd.clock_event             is 'One row for each thing that happened to a host''s clock, as a daemon there saw it. Two daemons on one host write one each.';
comment on column nowd.clock_event.event       is 'Its number.';
comment on column nowd.clock_event.kind        is 'step (the wall clock was set), suspend (the host slept), sync_lost, sync_back (synchronisation), tzdata (another release of the zone data), remote_skew (the database''s clock is more than 2 s off this host''s).';
comment on column nowd.clock_event.at          is 'Host time at which it was noticed.';
comment on column nowd.clock_event.size        is 'step: positive = forward; suspend: how long; remote_skew: how far the database is ahead.';
comment on column nowd.clock_event.before      is 'step: what the clock should have said; suspend: what it said last; remote_skew: the host''s time; else what held before.';
comment on column nowd.clock_event.after       is 'What it said, or what held, afterwards; remote_skew: the database''s time.';
comment on column nowd.clock_event.node        is 'The daemon that saw it.';
comment on column nowd.clock_event.host        is 'On which host.';
comment on column nowd.clock_event.boot_id     is 'In which boot of that host.';
comment on column nowd.clock_event.recorded_at is 'Database time.';

create table nowd.hold (
  hold         bigint      generated always as identity primary key,
  cause        text        not null,
  host         text,
  reason       text        not null,
  detail       text        not null,
  node         uuid        not null references nowd.node,
  held_at      timestamptz not null default clock_timestamp(),
  known_ledger uuid,
  known_mark   bigint,
  accepted_at  timestamptz,
  accepted_by  text,
  accepted_why text,
  constraint hold_cause_known  check (cause in ('clock', 'ledger')),
  constraint hold_reason_known check (reason in ('step', 'behind', 'restored', 'another_ledger')),
  constraint hold_accepted_says_by_whom check ((accepted_at is null) = (accepted_by is null)),
  constraint hold_ledger_says_what_was_known check ((cause = 'ledger') = (known_ledger is not null) and (cause = 'ledger') = (known_mark is not null))
);
create unique index hold_one_open_per_cause on nowd.hold (cause, coalesce(host, '')) where accepted_at is null;
create index hold_of_known_ledger on nowd.hold (known_ledger) where accepted_at is not null;
comment on table  nowd.hold              is 'One row each time that dispatch was held: nothing is claimed or planned until a person accepts it (nowctl clock accept, nowctl ledger accept).';
comment on column nowd.hold.hold         is 'Its number.';
comment on column nowd.hold.cause        is 'clock, or ledger.';
comment on column nowd.hold.host         is 'The host whose daemons are held; null = all of them.';
comment on column nowd.hold.reason       is 'step (a clock was set by more than 24 hours), behind (a clock is behind the newest time in the ledger), restored (the ledger is older than what a daemon knows of it), another_ledger (the daemon knows another one under this name).';
comment on column nowd.hold.detail       is 'The same for people.';
comment on column nowd.hold.node         is 'The daemon that noticed it.';
comment on column nowd.hold.held_at      is 'Database time, as it was then.';
comment on column nowd.hold.known_ledger is 'ledger: the identity that the daemon''s state directory knows.';
comment on column nowd.hold.known_mark   is 'ledger: the highest mark that a daemon has seen of it.';
comment on column nowd.hold.accepted_at  is 'Database time at which a person accepted it; null = it holds.';
comment on column nowd.hold.accepted_by  is 'Who accepted it.';
comment on column nowd.hold.accepted_why is 'And why, in that person''s words.';

create table nowd.ledger_mark (
  mark      bigint      not null default 0,
  newest_at timestamptz not null default clock_timestamp(),
  only_one  boolean     not null default true,
  constraint ledger_mark_only_one_value check (only_one),
  constraint ledger_mark_only_one_row   unique (only_one)
) with (fillfactor = 50);
insert into nowd.ledger_mark default values;
comment on table  nowd.ledger_mark           is 'One row: how far this ledger has come. Daemons keep the mark in their state directory: a ledger with a smaller one was restored from a backup.';
comment on column nowd.ledger_mark.mark      is 'Counter: grows at most every 2 s while runs are claimed, else every minute.';
comment on column nowd.ledger_mark.newest_at is 'Database time of the last mark: a clock that says less than this at the start of a daemon is wrong, or was.';
comment on column nowd.ledger_mark.only_one  is 'Always true: makes a second row impossible.';

create view nowd.holds as
select h.hold, h.cause, h.reason, coalesce(h.host, 'all') as held, h.detail, h.held_at, h.accepted_at, h.accepted_by, h.accepted_why,
       case when h.accepted_at is null then 'nowctl ' || h.cause || ' accept' end as to_go_on
from nowd.hold h;
comment on view nowd.holds is 'What held dispatch, readable. What holds it now: select * from nowd.holds where accepted_at is null.';

-- Ends what holds dispatch for one cause. The times and the mark of now are the ledger's from here on.
create function nowd.accept_hold(cause text, reason text) returns bigint
language plpgsql security definer set search_path = pg_catalog, nowd as $$
declare
  accepted bigint;
begin
  update nowd.hold h set accepted_at = clock_timestamp(), accepted_by = session_user, accepted_why = nullif(btrim(accept_hold.reason), '')
  where h.cause = accept_hold.cause and h.accepted_at is null;
  get diagnostics accepted = row_count;
  if accepted = 0 then
    raise exception '%: nothing is held, so there is nothing to accept', accept_hold.cause
      using hint = 'select * from nowd.holds shows what was', errcode = 'object_not_in_prerequisite_state';
  end if;
  update nowd.ledger_mark m set newest_at = clock_timestamp(),
    mark = greatest(m.mark, (select max(h.known_mark) from nowd.hold h where h.cause = accept_hold.cause));
  update nowd.alert a set state = 'recovered', recovered_at = clock_timestamp(),
    notify_at = case when a.told_at is not null then clock_timestamp() end
  where a.state = 'open' and a.kind = 'held' and a.name = accept_hold.cause;
  perform pg_notify('nowd', 'accept');
  return accepted;
end
$$;
comment on function nowd.accept_hold(text, text) is 'What accept_clock and accept_ledger do.';

create function nowd.accept_clock(reason text default null) returns bigint
language sql security definer set search_path = pg_catalog, nowd as $$ select nowd.accept_hold('clock', accept_clock.reason) $$;
comment on function nowd.accept_clock(text) is 'The clocks are right as they are: dispatch goes on, and what was missed meanwhile is judged as usual. Returns how many holds that ended.';

create function nowd.accept_ledger(reason text default null) returns bigint
language sql security definer set search_path = pg_catalog, nowd as $$ select nowd.accept_hold('ledger', accept_ledger.reason) $$;
comment on function nowd.accept_ledger(text) is 'This ledger is the right one, though daemons knew a newer one or another: dispatch goes on from what stands in it. What ran since its backup may run again. Returns how many holds that ended.';

comment on column nowd.clock_reading.source is 'Who says so: chrony, kernel-estimate, unsynchronised, database, http-date, schedule, data, script.';
comment on column nowd.alert.kind           is 'run (a job''s runs end badly), provider (one outage for all its jobs), delivery (a sink does not take messages), held (name: job files, one is broken and its job runs on its last accepted revision, if at all; clock or ledger, dispatch waits for a person; clock of HOST, it is too far off the database''s).';
comment on column nowd.alert.name           is 'The job, the provider, the sink, or what holds.';
