-- Sessions of daemons: a lost COMMIT has one witness, a server that lost commits is noticed, and what daemons take turns
-- at is locked by rows that only the owner can lock.

alter table nowd.node_beat add column transaction xid8;
comment on table  nowd.node_beat             is 'Heartbeats, apart from node because each transaction of a daemon is one: compare-and-set on the beat proves that the daemon is still alive to the others, and shows after a reconnection whether the server has lost commits.';
comment on column nowd.node_beat.transaction is 'The daemon''s last transaction. Only the daemon itself writes it: after a lost COMMIT it says whether that happened. Null before the first.';

alter table nowd.node add column server text;
comment on column nowd.node.server is 'The database server that it last connected to: system identifier/timeline. A standby that was promoted is on another timeline. Null = the server does not say.';

-- Advisory locks can be held by whoever may connect; rows only by those who may update them.
create table nowd.turn (
  name text not null primary key
);
comment on table  nowd.turn      is 'One row per work that one session at a time may do: its lock is the row''s.';
comment on column nowd.turn.name is 'partitions, or prune and the job.';

create function nowd.take_turn(name text, wait boolean) returns boolean
language plpgsql set search_path = pg_catalog, nowd, pg_temp as $$
begin
  insert into nowd.turn (name) values (take_turn.name) on conflict do nothing;
  if wait then
    perform from nowd.turn t where t.name = take_turn.name for update;
  else
    perform from nowd.turn t where t.name = take_turn.name for update skip locked;
  end if;
  return found;
end
$$;
comment on function nowd.take_turn(text, boolean) is 'Locks the work of this name until the end of the transaction; false = another session is at it (only without wait).';

-- One month of a partitioned table, with the rows of it that are in the default partition. Attached, not created in
-- place: nobody who reads or writes other months waits. Raises lock_not_available where somebody uses the default.
create function nowd.make_month(parent text, month timestamptz, most_rows integer default null) returns boolean
language plpgsql set search_path = pg_catalog, nowd, pg_temp set timezone = 'UTC' as $$
declare
  child  constant text := parent || to_char(month at time zone 'UTC', '_YYYY_MM');
  until  constant timestamptz := (month at time zone 'UTC' + interval '1 month') at time zone 'UTC';
  spare  constant text := parent || '_default';
  found_rows bigint;
begin
  if to_regclass('nowd.' || child) is not null then
    return true;
  end if;
  execute format('select count(*) from (select from nowd.%I where recorded_at >= %L and recorded_at < %L limit %s) r',
                 spare, month, until, coalesce((most_rows + 1)::text, 'all')) into found_rows;
  if found_rows > most_rows then
    return false;
  end if;
  execute format('create table nowd.%I (like nowd.%I including all)', child, parent);
  execute format('comment on table nowd.%I is %L', child, 'Month of nowd.' || parent || '.');
  if found_rows > 0 then
    execute format('with m as (delete from nowd.%I where recorded_at >= %L and recorded_at < %L returning *) insert into nowd.%I select * from m',
                   spare, month, until, child);
  end if;
  execute format('alter table nowd.%I attach partition nowd.%I for values from (%L) to (%L)', parent, child, month, until);
  return true;
end
$$;
comment on function nowd.make_month(text, timestamptz, integer) is 'Makes one monthly partition and moves its rows out of the default one; false = there are more than most_rows of them, and nothing was done.';

drop function nowd.ensure_partitions(timestamptz);
create function nowd.ensure_partitions(around timestamptz default clock_timestamp()) returns integer
language plpgsql security definer set search_path = pg_catalog, nowd, pg_temp set timezone = 'UTC' set lock_timeout = '200ms' as $$
declare
  this_month constant timestamptz := date_trunc('month', around at time zone 'UTC') at time zone 'UTC';
  parent text;
  month timestamptz;
  months timestamptz[];
  missing integer := 0;
begin
  if not nowd.take_turn('partitions', false) then
    return 0;
  end if;
  foreach parent in array array['clock_reading', 'body'] loop
    execute format('select array_agg(distinct date_trunc(''month'', r.recorded_at at time zone ''UTC'') at time zone ''UTC'') from (select recorded_at from nowd.%I limit 20000) r',
                   parent || '_default') into months;
    for month in
      select m from generate_series(0, 2) k, lateral (select (this_month at time zone 'UTC' + make_interval(months => k)) at time zone 'UTC') n(m)
      union select unnest(months) order by 1
    loop
      begin
        if not nowd.make_month(parent, month, 20000) then
          missing := missing + 1;
        end if;
      exception when lock_not_available then
        missing := missing + 1;
      end;
    end loop;
  end loop;
  return missing;
end
$$;
comment on function nowd.ensure_partitions(timestamptz) is 'Makes the monthly partitions of clock_reading and body for this month and the next two, and for months that have rows in the default partition, which it moves there. Returns how many it could not make now, because somebody uses the tables or too many rows would have to move (nowctl migrate moved all there were).';

-- What went to the default partition of daemons that ran for months.
do $$
declare
  parent text;
  month timestamptz;
begin
  set local timezone = 'UTC';
  foreach parent in array array['clock_reading', 'body'] loop
    for month in execute format('select distinct date_trunc(''month'', recorded_at) from nowd.%I order by 1', parent || '_default') loop
      perform nowd.make_month(parent, month);
    end loop;
  end loop;
end
$$;

create or replace function nowd.prune(job text, batch integer default 50, dry_run boolean default false, wait boolean default true,
                           out runs bigint, out bodies bigint, out bytes bigint, out more boolean)
language plpgsql security definer set search_path = pg_catalog, nowd, pg_temp as $$
declare
  texts_before timestamptz;
  runs_before timestamptz;
  mark nowd.texts_deleted;
  page bigint[];
  gone bigint[];
  deleted record;
  place bigint := 0;
  full_page boolean;
begin
  runs := 0; bodies := 0; bytes := 0; more := false;
  if not exists (select from nowd.job j where j.job = prune.job) then
    raise exception 'job %: no such job in this ledger', prune.job
      using hint = 'select job from nowd.job lists them', errcode = 'no_data_found';
  elsif batch not between 1 and 10000 then
    raise exception 'batch %: it is between 1 and 10000', batch using errcode = 'invalid_parameter_value';
  end if;
  select clock_timestamp() - r.bodies, clock_timestamp() - r.runs
    into texts_before, runs_before from nowd.retention r where r.job = prune.job;
  if texts_before is null and runs_before is null then
    return;
  end if;
  select d.* into mark from nowd.texts_deleted d where d.job = prune.job;
  mark.through_run := coalesce(mark.through_run, 0);
  mark.but_not := coalesce(mark.but_not, '{}');
  if dry_run then
    page := array(select r.run from nowd.run r where r.job = prune.job and r.claimed_at < runs_before);
    gone := nowd.settled_runs(prune.job, page, runs_before);
    runs := cardinality(gone);
    page := mark.but_not || array(select r.run from nowd.run r where r.job = prune.job and r.run > mark.through_run and r.claimed_at < texts_before);
    page := gone || nowd.settled_runs(prune.job, page, texts_before);
    select count(*), coalesce(sum(pg_column_size(b.content)), 0) into bodies, bytes from nowd.body b where b.run = any(page);
    return;
  end if;
  if not nowd.take_turn('prune ' || prune.job, wait) then
    return;  -- another session is at it
  end if;

  if texts_before is not null then
    -- Up to the last one that is old: numbers follow the clock, but for when a clock was set back.
    with p as materialized (select r.run, r.claimed_at from nowd.run r where r.job = prune.job and r.run > mark.through_run order by r.run limit batch)
    select coalesce(array_agg(p.run order by p.run), '{}'), (select count(*) from p) = batch into page, full_page
    from p where p.run <= (select max(o.run) from p o where o.claimed_at < texts_before);
    gone := nowd.settled_runs(prune.job, page || mark.but_not, texts_before);
    select d.* into deleted from nowd.delete_texts(gone) d;
    bodies := deleted.bodies;
    bytes := deleted.bytes;
    more := full_page and cardinality(page) > 0;
    if cardinality(page) > 0 or cardinality(gone) > 0 then
      insert into nowd.texts_deleted as d (job, through_run, but_not)
      values (prune.job, coalesce(page[cardinality(page)], mark.through_run),
              array(select r.run from nowd.run r where r.run = any(page || mark.but_not) and not r.run = any(gone) order by r.run))
      on conflict on constraint texts_deleted_pkey do update set through_run = excluded.through_run, but_not = excluded.but_not;
    end if;
  end if;

  while runs_before is not null loop
    with p as materialized (select r.run, r.claimed_at from nowd.run r where r.job = prune.job and r.run > place order by r.run limit batch)
    select coalesce(array_agg(p.run order by p.run), '{}'), (select count(*) from p) = batch into page, full_page
    from p where p.run <= (select max(o.run) from p o where o.claimed_at < runs_before);
    exit when cardinality(page) = 0;
    gone := nowd.settled_runs(prune.job, page, runs_before);
    if cardinality(gone) > 0 then
      select d.* into deleted from nowd.delete_texts(gone) d;
      perform nowd.delete_runs(gone);
      runs := cardinality(gone);
      bodies := bodies + deleted.bodies;
      bytes := bytes + deleted.bytes;
      more := more or full_page;
      exit;
    end if;
    place := page[cardinality(page)];
  end loop;
end
$$;

create or replace function nowd.prune_messages(job text, batch integer default 50, dry_run boolean default false, wait boolean default true,
                                    out messages bigint, out more boolean)
language plpgsql security definer set search_path = pg_catalog, nowd, pg_temp as $$
declare
  settled_before constant timestamptz := nowd.messages_kept_until(prune_messages.job);
  gone bigint[];
begin
  messages := 0; more := false;
  if batch not between 1 and 10000 then
    raise exception 'batch %: it is between 1 and 10000', batch using errcode = 'invalid_parameter_value';
  elsif settled_before is null then
    return;
  elsif dry_run then
    select count(*) into messages from nowd.delivery d
    where d.run is null and d.job is not distinct from prune_messages.job and d.settled_at < settled_before;
    return;
  end if;
  if not nowd.take_turn('prune ' || coalesce(prune_messages.job, ''), wait) then
    return;  -- another session is at it
  end if;
  gone := array(select d.delivery from nowd.delivery d
                where d.run is null and d.job is not distinct from prune_messages.job and d.settled_at < settled_before
                order by d.settled_at limit batch);
  delete from nowd.delivery_attempt a where a.delivery = any(gone);
  delete from nowd.delivery d where d.delivery = any(gone);
  messages := cardinality(gone);
  more := messages = batch;
end
$$;

alter function nowd.drop_empty_months() set search_path = pg_catalog, nowd, pg_temp;

-- An operator may act on a job in a transaction that stays open. Rows that refer to the job can be inserted meanwhile:
-- its occurrences are planned, and so are those of all other jobs.
create or replace function nowd.acted_on(job text) returns nowd.job
language plpgsql set search_path = pg_catalog, nowd, pg_temp as $$
declare
  found_job nowd.job;
begin
  select j.* into found_job from nowd.job j where j.job = acted_on.job for no key update;
  if not found then
    raise exception 'job %: no such job in this ledger', acted_on.job
      using hint = 'select job from nowd.job lists them; a new file is read on SIGHUP or restart', errcode = 'no_data_found';
  elsif found_job.state = 'retired' then
    raise exception 'job %: retired, it left the job files', acted_on.job
      using hint = 'put its file back and reload nowd', errcode = 'object_not_in_prerequisite_state';
  end if;
  return found_job;
end
$$;
