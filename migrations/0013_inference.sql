-- Calls that are made again, what calls cost, and the last word on whether a run may have succeeded.

alter table nowd.inference
  add column cause           text,
  add column reserved_usd    numeric(14, 8),
  add column budget_day      date,
  add column usage_estimated boolean not null default false,
  add constraint inference_purpose_known check (purpose in ('plan', 'probe', 'retry', 'larger', 'resume', 'repair', 'nudge')),
  add constraint inference_repeated_call_says_why check (purpose in ('plan', 'probe') or cause is not null),
  add constraint inference_reservation_has_a_day check ((reserved_usd is null) = (budget_day is null)),
  add constraint inference_cost_is_not_negative check (reserved_usd >= 0 and cost_usd >= 0);
comment on column nowd.inference.purpose         is 'What the call was for: plan; probe (asked apart, without a clock block: what day is it?); made again: retry (the provider failed), larger (the answer was cut), resume (the provider paused), repair (it was malformed), nudge (it was empty).';
comment on column nowd.inference.cause           is 'Why it was made again, or why by another provider.';
comment on column nowd.inference.reserved_usd    is 'What it could cost at most, taken from the budget before it was sent; null = no prices are configured.';
comment on column nowd.inference.budget_day      is 'The UTC day whose budget that was.';
comment on column nowd.inference.usage_estimated is 'Its usage never arrived: the cost is what was reserved.';

alter table nowd.run add column cost_usd numeric(14, 8);
comment on column nowd.run.cost_usd is 'Sum over its model calls, in US dollars; null = no prices are configured.';

create table nowd.budget_account (
  job          text           not null references nowd.job,
  day          date           not null,
  reserved_usd numeric(18, 8) not null default 0,
  spent_usd    numeric(18, 8) not null default 0,
  changed_at   timestamptz    not null default clock_timestamp(),
  primary key (job, day),
  constraint budget_account_is_not_negative check (reserved_usd >= 0 and spent_usd >= 0)
);
comment on table  nowd.budget_account              is 'What a job''s model calls of one UTC day have cost. Reserved before each call, settled after it; a call that was lost keeps its reservation. limits.usd_per_day is held against the sum.';
comment on column nowd.budget_account.job          is 'Whose.';
comment on column nowd.budget_account.day          is 'UTC day, by the database''s clock when the call was reserved.';
comment on column nowd.budget_account.reserved_usd is 'For calls under way, and for those that were lost.';
comment on column nowd.budget_account.spent_usd    is 'Of calls that were answered.';
comment on column nowd.budget_account.changed_at   is 'Database time of the last change.';

-- A CHECK sees one row; this rule needs the run's last call. The state of the run itself is held by
-- run_succeeds_only_when_complete.
create function nowd.only_a_good_end_succeeds() returns trigger
language plpgsql set search_path = pg_catalog, nowd as $$
declare
  last record;
begin
  select i.seq, i.stop, i.stop_action into last from nowd.inference i
  where i.run = new.run and i.purpose <> 'probe' order by i.seq desc limit 1;
  if found and (last.stop = 'complete' or (last.stop = 'stop_sequence' and last.stop_action = 'commit')) then
    return null;
  end if;
  raise exception 'run %: it cannot have succeeded: its last model call ended with %', new.run, coalesce(last.stop, 'no answer')
    using errcode = 'check_violation', constraint = 'run_succeeds_only_after_a_good_end';
end
$$;
comment on function nowd.only_a_good_end_succeeds() is 'A run succeeds only if its last model call was complete, or ended at a stop sequence that its job accepts.';
create trigger run_succeeds_only_after_a_good_end after update of state on nowd.run
  for each row when (new.state = 'succeeded' and old.state <> 'succeeded') execute function nowd.only_a_good_end_succeeds();

create view nowd.spend_by_job as
select r.job, (i.recorded_at at time zone 'UTC')::date as day, count(distinct i.run) as runs, count(*) as model_calls,
       round(count(*)::numeric / count(distinct i.run), 2) as amplification,
       count(*) filter (where i.purpose not in ('plan', 'probe')) as repeated,
       coalesce(sum(i.input_tokens), 0) as input_tokens, coalesce(sum(i.cached_tokens), 0) as cached_tokens,
       coalesce(sum(i.output_tokens), 0) as output_tokens, sum(i.cost_usd) as cost_usd,
       count(*) filter (where i.usage_estimated) as estimated,
       max(i.recorded_at) as last_at
from nowd.inference i join nowd.run r using (run)
group by r.job, (i.recorded_at at time zone 'UTC')::date;
comment on view nowd.spend_by_job is 'What each job''s model calls cost per UTC day. amplification = model calls per run; repeated = of these, calls made again; estimated = calls whose usage never arrived.';

create view nowd.inference_stops as
select r.job, i.provider, (i.recorded_at at time zone 'UTC')::date as day, i.stop, i.stop_raw, i.stop_action as action, count(*) as calls,
       max(i.recorded_at) as last_at, max(i.run) as last_run
from nowd.inference i join nowd.run r using (run)
where i.stop is not null
group by r.job, i.provider, (i.recorded_at at time zone 'UTC')::date, i.stop, i.stop_raw, i.stop_action;
comment on view nowd.inference_stops is 'Why models stopped, in the provider''s word and normalised, and what nowd did about it; per job, provider and UTC day.';
