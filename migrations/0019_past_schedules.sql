-- What a schedule was in force for, after it changed: so that what it named can be counted again. And messages that are
-- about no run leave the ledger, too.

create table nowd.past_schedule (
  past              bigint      generated always as identity primary key,
  job               text        not null references nowd.job,
  schedule_revision text        not null,
  planned_from      timestamptz not null,
  planned_until     timestamptz not null,
  zone              text        not null,
  recorded_at       timestamptz not null default clock_timestamp(),
  constraint past_schedule_runs_forward check (planned_until > planned_from)
);
create index past_schedule_of_job on nowd.past_schedule (job, planned_until);
comment on table  nowd.past_schedule                   is 'One row per stretch of time for which a schedule was in force that is so no more; of the schedule in force, nowd.job_cursor says it.';
comment on column nowd.past_schedule.past              is 'Its number.';
comment on column nowd.past_schedule.job               is 'Whose.';
comment on column nowd.past_schedule.schedule_revision is 'The schedule.';
comment on column nowd.past_schedule.planned_from      is 'Since when it was in force.';
comment on column nowd.past_schedule.planned_until     is 'Every occurrence in (planned_from, planned_until] has a row, or stands in a range. What the schedule names later was never its.';
comment on column nowd.past_schedule.zone              is 'The zone of the schedule.';
comment on column nowd.past_schedule.recorded_at       is 'Database time.';

-- What it had planned beyond the change was withdrawn, or starts anew with the next schedule.
create function nowd.keep_past_schedule() returns trigger
language plpgsql security definer set search_path = pg_catalog, nowd as $$
begin
  if least(old.materialised_through, new.planned_from) > old.planned_from then
    insert into nowd.past_schedule (job, schedule_revision, planned_from, planned_until, zone)
    values (old.job, old.schedule_revision, old.planned_from, least(old.materialised_through, new.planned_from), old.zone);
  end if;
  return null;
end
$$;
comment on function nowd.keep_past_schedule() is 'Keeps for how long a schedule was in force when another one takes its place.';
create trigger job_cursor_moved after update on nowd.job_cursor for each row
  when (old.planned_from is distinct from new.planned_from or old.schedule_revision is distinct from new.schedule_revision)
  execute function nowd.keep_past_schedule();

-- What fell due on time and waits for its lane is asked for apart from hours of catch-ups.
create index occurrence_buffered on nowd.occurrence (due_at) where state = 'planned' and kind = 'scheduled' and buffered;

create index delivery_about_no_run on nowd.delivery (job, settled_at) where run is null and settled_at is not null;

create function nowd.messages_kept_until(job text) returns timestamptz
language sql stable set search_path = pg_catalog, nowd as $$
select case
  when messages_kept_until.job is not null then
    (select clock_timestamp() - r.runs from nowd.retention r where r.job = messages_kept_until.job)
  -- About several jobs or none: as long as any job in the files keeps its runs; for ever, if one does.
  when exists (select from nowd.job j left join nowd.retention r using (job) where j.state <> 'retired' and r.runs is null) then null
  else (select clock_timestamp() - max(r.runs) from nowd.retention r join nowd.job j using (job) where j.state <> 'retired')
end
$$;
comment on function nowd.messages_kept_until(text) is 'Messages about a job but no run of it go if they were settled before this; null = they stay. Job null: those about several jobs or none.';

-- Runs that are deleted take their messages with them (nowd.prune). What is left are messages that no run belongs to.
create function nowd.prune_messages(job text, batch integer default 50, dry_run boolean default false, wait boolean default true,
                                    out messages bigint, out more boolean)
language plpgsql security definer set search_path = pg_catalog, nowd as $$
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
  if wait then
    perform pg_advisory_xact_lock(hashtext('nowd.prune'), hashtext(coalesce(prune_messages.job, '')));
  elsif not pg_try_advisory_xact_lock(hashtext('nowd.prune'), hashtext(coalesce(prune_messages.job, ''))) then
    return;  -- another daemon is at it
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
comment on function nowd.prune_messages(text, integer, boolean, boolean) is 'Deletes one batch of messages that no run belongs to (alerts, recoveries) and that are older than the runs'' retention of their job; job null: those about several jobs or none, older than the longest retention. Or only counts them all (dry_run). more = call it again. What has not been settled stays.';
