-- Big ledgers stay small and fast: compression, retention by age, and statements that answer over many millions of runs.

-- lz4 where the server was built with it; else Postgres goes on with its own.
do $$
declare
  part regclass;
begin
  for part in select 'nowd.body'::regclass union all select i.inhrelid::regclass from pg_inherits i where i.inhparent = 'nowd.body'::regclass loop
    execute format('alter table %s alter column content set compression lz4', part);
  end loop;
exception when feature_not_supported then
  raise notice 'this server has no lz4: texts are compressed by pglz';
end
$$;
comment on column nowd.body.content is 'The text. NUL and invalid UTF-8 are replaced by U+FFFD. A request refers to responses and results that are stored already: response_of, result_of (with before and after it); a response whose text is the output says text_of.';

-- Retention.
create view nowd.retention as
select j.job, make_interval(secs => (v.spec -> 'retention' ->> 'bodies_ms')::double precision / 1000) as bodies,
       make_interval(secs => (v.spec -> 'retention' ->> 'runs_ms')::double precision / 1000) as runs
from nowd.job j join nowd.job_revision v using (job, revision)
where v.spec ? 'retention';
comment on view nowd.retention is 'How long each job''s texts (bodies) and runs are kept, by the revision in force; null = for ever. Jobs that keep everything are absent.';

create table nowd.texts_deleted (
  job         text     not null primary key references nowd.job,
  through_run bigint   not null default 0,
  but_not     bigint[] not null default '{}'
);
comment on table  nowd.texts_deleted             is 'How far the texts of each job are deleted (nowd.prune), so that no look goes over the same runs again.';
comment on column nowd.texts_deleted.job         is 'Whose.';
comment on column nowd.texts_deleted.through_run is 'No run up to this one has texts,';
comment on column nowd.texts_deleted.but_not     is 'except these, which had to be kept: they are looked at again.';

create function nowd.settled_runs(job text, candidates bigint[], ended_before timestamptz) returns bigint[]
language sql stable set search_path = pg_catalog, nowd as $$
select coalesce(array_agg(r.run order by r.run), '{}')
from nowd.run r
where r.run = any(candidates) and r.job = settled_runs.job and r.ended_at < ended_before
  and not exists (select from nowd.tool_call t where t.run = r.run and t.effect <> 'read' and t.state in ('intent', 'unknown'))
  and not exists (select from nowd.delivery d where d.run = r.run and d.state in ('pending', 'sending'))
  and not exists (select from nowd.alert a where a.last_run = r.run and (a.state = 'open' or a.notify_at is not null))
  and not exists (select from nowd.request q where (q.after_run = r.run or q.request = r.request) and q.state in ('planned', 'claimed'))
  -- The next window begins where the last success ended, and a prompt may show the newest output.
  and r.run is distinct from (select s.run from nowd.run s where s.job = settled_runs.job and s.state = 'succeeded' and s.kind <> 'backfill'
                              and not s.dry_run order by s.window_end desc limit 1)
  and r.run is distinct from (select s.run from nowd.run s where s.job = settled_runs.job and s.state = 'succeeded'
                              and not s.dry_run order by s.run desc limit 1)
$$;
comment on function nowd.settled_runs(text, bigint[], timestamptz) is 'Those of some runs of a job that may be deleted: ended before a moment, no effect in doubt, nothing to deliver, no open alert about it, nobody waits for it, and not the job''s last success.';

create function nowd.delete_runs(gone bigint[]) returns void
language plpgsql set search_path = pg_catalog, nowd as $$
declare
  asked bigint[];
begin
  delete from nowd.delivery_attempt a using nowd.delivery d where a.delivery = d.delivery and d.run = any(gone);
  delete from nowd.delivery d where d.run = any(gone);
  delete from nowd.tool_call t where t.run = any(gone);
  delete from nowd.inference i where i.run = any(gone);
  delete from nowd.clock_reading c where c.run = any(gone);
  update nowd.request q set after_run = null where q.after_run = any(gone);
  update nowd.alert a set last_run = null where a.last_run = any(gone);
  update nowd.alert a set recovered_run = null where a.recovered_run = any(gone);
  with r as (delete from nowd.run r where r.run = any(gone) returning r.request)
  select array_agg(distinct r.request) into asked from r where r.request is not null;
  delete from nowd.request q where q.request = any(asked) and q.state in ('done', 'refused')
    and not exists (select from nowd.run r where r.request = q.request);
end
$$;
comment on function nowd.delete_runs(bigint[]) is 'Deletes runs with all that belongs to them, but for texts. Their occurrences stay: a moment that ran never runs again.';

create function nowd.delete_texts(gone bigint[], out bodies bigint, out bytes bigint)
language sql set search_path = pg_catalog, nowd as $$
with b as (delete from nowd.body b where b.run = any(gone) returning pg_column_size(b.content) as size)
select count(*), coalesce(sum(size), 0) from b
$$;
comment on function nowd.delete_texts(bigint[]) is 'Deletes the texts of runs; tells how many, and their size as stored.';

-- The cut-offs are the job file's and the database's clock: whoever calls this can delete nothing else.
create function nowd.prune(job text, batch integer default 50, dry_run boolean default false, wait boolean default true,
                           out runs bigint, out bodies bigint, out bytes bigint, out more boolean)
language plpgsql security definer set search_path = pg_catalog, nowd as $$
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
  if wait then
    perform pg_advisory_xact_lock(hashtext('nowd.prune'), hashtext(prune.job));
  elsif not pg_try_advisory_xact_lock(hashtext('nowd.prune'), hashtext(prune.job)) then
    return;  -- another daemon is at it
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
comment on function nowd.prune(text, integer, boolean, boolean) is 'Applies a job''s retention to one batch of its runs: deletes what is older, or only counts it all (dry_run). more = call it again. The only way by which anything leaves the ledger.';

-- Months that have nothing left; a partition that is in use is left for the next time.
create function nowd.drop_empty_months() returns integer
language plpgsql security definer set search_path = pg_catalog, nowd set lock_timeout = '200ms' set timezone = 'UTC' as $$
declare
  part record;
  used boolean;
  dropped integer := 0;
begin
  for part in
    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent in ('nowd.body'::regclass, 'nowd.clock_reading'::regclass) and c.relname ~ '_\d{4}_\d\d$'
      and right(c.relname, 7) < to_char(clock_timestamp() - interval '1 month', 'YYYY_MM')
    order by 1
  loop
    begin
      execute format('select exists (select from nowd.%I)', part.relname) into used;
      if not used then
        execute format('drop table nowd.%I', part.relname);
        dropped := dropped + 1;
      end if;
    exception when lock_not_available then
      null;
    end;
  end loop;
  return dropped;
end
$$;
comment on function nowd.drop_empty_months() is 'Drops monthly partitions of clock_reading and body that lie more than a month back and are empty; tells how many.';

create index alert_last_run on nowd.alert (last_run);
create index alert_recovered_run on nowd.alert (recovered_run) where recovered_run is not null;

-- Runs by what people ask for. None of these grows with the runs that went well.
create index run_odd_clocks on nowd.run (run) where verdict <> 'aligned';
create index run_by_state on nowd.run (state, run) where state <> 'succeeded';
create index run_of_job_by_state on nowd.run (job, state, run) where state <> 'succeeded';
create index run_scheduled on nowd.run using brin (scheduled_at) with (pages_per_range = 32);
create index delivery_of_job on nowd.delivery (job, delivery);
create index delivery_to_sink on nowd.delivery (sink, delivery);
create index delivery_by_state on nowd.delivery (state, delivery) where state <> 'delivered';

-- What became of a job's occurrences is counted in an index, and the run of one is looked up by its newest attempt.
create unique index run_one_per_occurrence_attempt on nowd.run (job, scheduled_at, attempt, coalesce(request, 0));
drop index nowd.run_one_per_attempt;
create index occurrence_by_fate on nowd.occurrence (job, state, reason);
