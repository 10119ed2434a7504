-- Delivery through an outbox, alerts, and what else may start a run.

create table nowd.delivery (
  delivery    bigint      generated always as identity primary key,
  run         bigint      references nowd.run,
  job         text,
  purpose     text        not null,
  sink        text        not null,
  key         text        not null,
  subject     text        not null,
  text        text,
  state       text        not null default 'pending',
  reason      text,
  attempts    integer     not null default 0,
  next_at     timestamptz,
  expires_at  timestamptz not null,
  node        uuid        references nowd.node,
  repeatable  boolean     not null default true,
  created_at  timestamptz not null,
  settled_at  timestamptz,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint delivery_purpose_known check (purpose in ('output', 'alert', 'recovery', 'heartbeat')),
  constraint delivery_state_known   check (state in ('pending', 'sending', 'delivered', 'failed', 'unknown', 'expired', 'shown')),
  constraint delivery_due_exactly_when_pending    check ((state = 'pending') = (next_at is not null)),
  constraint delivery_sender_exactly_when_sending check ((state = 'sending') = (node is not null)),
  constraint delivery_settled_exactly_when        check ((state in ('pending', 'sending')) = (settled_at is null)),
  constraint delivery_output_has_a_run            check (run is not null or purpose in ('alert', 'recovery'))
) with (fillfactor = 70);
create unique index delivery_key_once on nowd.delivery (key);
create index delivery_due on nowd.delivery (next_at) where state = 'pending';
create index delivery_sending on nowd.delivery (node) where state = 'sending';
create index delivery_of_run on nowd.delivery (run);
comment on table  nowd.delivery             is 'The outbox: one row per message to one sink. An output''s row is made in the transaction that makes its run succeeded, and never before.';
comment on column nowd.delivery.delivery    is 'Its number.';
comment on column nowd.delivery.run         is 'The run whose output it carries, or that it is about.';
comment on column nowd.delivery.job         is 'The job, where it is about one.';
comment on column nowd.delivery.purpose     is 'output; alert (something is wrong), recovery (it works again), heartbeat (a ping after a success).';
comment on column nowd.delivery.sink        is 'Name of the sink in nowd.yaml; heartbeat for the URL of a job''s heartbeat.';
comment on column nowd.delivery.key         is 'Idempotency key, the same at every attempt: a rerun of an occurrence makes the same one.';
comment on column nowd.delivery.subject     is 'One line.';
comment on column nowd.delivery.text        is 'The text; null where it is the run''s output (nowd.body). Of a dry run: what would have been sent.';
comment on column nowd.delivery.state       is 'pending, sending; delivered; failed (the sink will never take it); unknown (it may have taken it, and cannot tell a repetition); expired (its validity passed); shown (a dry run: never sent).';
comment on column nowd.delivery.reason      is 'What the last attempt came to, or why it ended.';
comment on column nowd.delivery.attempts    is 'How many attempts were begun.';
comment on column nowd.delivery.next_at     is 'When the next attempt is due.';
comment on column nowd.delivery.expires_at  is 'From then on it is not sent any more: yesterday''s news is not posted as today''s.';
comment on column nowd.delivery.node        is 'The daemon that is sending it.';
comment on column nowd.delivery.repeatable  is 'Whether an attempt with an unknown end may be repeated: the sink can tell, by its key. Set when it is taken.';
comment on column nowd.delivery.created_at  is 'Host time at which it was decided.';
comment on column nowd.delivery.settled_at  is 'Host time at which its fate was decided.';
comment on column nowd.delivery.recorded_at is 'Database time.';

create table nowd.delivery_attempt (
  delivery    bigint      not null references nowd.delivery,
  attempt     integer     not null,
  node        uuid        not null references nowd.node,
  intent_at   timestamptz not null,
  started_at  timestamptz,
  ended_at    timestamptz,
  duration    interval,
  outcome     text,
  detail      text,
  remote      text,
  remote_date timestamptz,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (delivery, attempt),
  constraint delivery_attempt_outcome_known check (outcome in ('delivered', 'again', 'failed', 'unknown', 'lost'))
);
comment on table  nowd.delivery_attempt             is 'One row per attempt to deliver, committed before the attempt begins.';
comment on column nowd.delivery_attempt.delivery    is 'Of which message.';
comment on column nowd.delivery_attempt.attempt     is '1 for the first.';
comment on column nowd.delivery_attempt.node        is 'Which daemon.';
comment on column nowd.delivery_attempt.intent_at   is 'The tool clock, intent: host time at which it was decided.';
comment on column nowd.delivery_attempt.started_at  is 'The tool clock: host time at which it began to leave; null = nothing left.';
comment on column nowd.delivery_attempt.ended_at    is 'Host time of its end.';
comment on column nowd.delivery_attempt.duration    is 'From start to end on the boot clock.';
comment on column nowd.delivery_attempt.outcome     is 'delivered; again (not now); failed (never); unknown; lost (the daemon ended first); null = under way.';
comment on column nowd.delivery_attempt.detail      is 'What the sink said.';
comment on column nowd.delivery_attempt.remote      is 'Scheme, host and port.';
comment on column nowd.delivery_attempt.remote_date is 'The sink''s own clock: HTTP Date.';
comment on column nowd.delivery_attempt.recorded_at is 'Database time.';

-- Nothing leaves before the run committed.
create function nowd.refuse_draft() returns trigger language plpgsql as $$
begin
  if not exists (select from nowd.run r where r.run = new.run and r.state = 'succeeded') then
    raise exception 'nowd.delivery: run % has not succeeded, so its output cannot be delivered', new.run
      using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end
$$;
comment on function nowd.refuse_draft() is 'Refuses deliveries of outputs whose run has not succeeded.';
create trigger delivery_never_of_a_draft before insert on nowd.delivery for each row
  when (new.purpose in ('output', 'heartbeat')) execute function nowd.refuse_draft();

create table nowd.alert (
  alert             bigint      generated always as identity primary key,
  cause             text        not null,
  kind              text        not null,
  name              text        not null,
  reason            text        not null,
  detail            text        not null default '',
  state             text        not null default 'open',
  jobs              text[]      not null default '{}',
  count             bigint      not null default 1,
  first_at          timestamptz not null,
  last_at           timestamptz not null,
  last_run          bigint      references nowd.run,
  notify_at         timestamptz,
  told_at           timestamptz,
  told_count        bigint      not null default 0,
  recovered_at      timestamptz,
  recovered_run     bigint      references nowd.run,
  recovery_told_at  timestamptz,
  recorded_at       timestamptz not null default clock_timestamp(),
  constraint alert_kind_known  check (kind in ('run', 'provider', 'delivery', 'held')),
  constraint alert_state_known check (state in ('open', 'recovered')),
  constraint alert_recovered_exactly_when check ((state = 'recovered') = (recovered_at is not null)),
  constraint alert_tells_a_recovery_only_after_the_alert check (recovery_told_at is null or told_at is not null)
);
create unique index alert_one_open_per_cause on nowd.alert (cause) where state = 'open';
create index alert_of_cause on nowd.alert (cause, told_at);
create index alert_to_tell on nowd.alert (notify_at) where notify_at is not null;
comment on table  nowd.alert                  is 'One row per trouble with one cause, from its first sign to its recovery: somebody is told once, again after a cooldown, and when it is over.';
comment on column nowd.alert.alert            is 'Its number.';
comment on column nowd.alert.cause            is 'What makes two troubles the same: kind, name and reason in one word.';
comment on column nowd.alert.kind             is 'run (a job''s runs end badly), provider (one outage for all its jobs), delivery (a sink does not take messages), held (a job''s file is broken: it runs on its last accepted revision, if at all).';
comment on column nowd.alert.name             is 'The job, the provider or the sink.';
comment on column nowd.alert.reason           is 'Why, in one word.';
comment on column nowd.alert.detail           is 'The same for people, of the latest.';
comment on column nowd.alert.state            is 'open or recovered.';
comment on column nowd.alert.jobs             is 'The jobs that it hit.';
comment on column nowd.alert.count            is 'How often it was seen.';
comment on column nowd.alert.first_at         is 'Host time of the first.';
comment on column nowd.alert.last_at          is 'Host time of the latest.';
comment on column nowd.alert.last_run         is 'The latest run it hit.';
comment on column nowd.alert.notify_at        is 'When somebody is to be told next; null = there is nothing new to tell.';
comment on column nowd.alert.told_at          is 'When somebody was last told of it.';
comment on column nowd.alert.told_count       is 'How many had been seen then.';
comment on column nowd.alert.recovered_at     is 'When it was over.';
comment on column nowd.alert.recovered_run    is 'The run that showed it.';
comment on column nowd.alert.recovery_told_at is 'When somebody was told that it is over.';
comment on column nowd.alert.recorded_at      is 'Database time.';

-- Runs that follow another, carry an input, or only show what they would do.
alter table nowd.request
  add column after_run    bigint references nowd.run,
  add column window_start timestamptz,
  add column input        jsonb,
  add column dry_run      boolean not null default false,
  add constraint request_window_runs_forward check (window_start is null or window_start <= scheduled_at);
create unique index request_once_after_a_run on nowd.request (after_run, job) where after_run is not null;
comment on column nowd.request.after_run    is 'The run of another job whose success asked for this one (after:).';
comment on column nowd.request.window_start is 'After a run: its window; null = from the end of the last success.';
comment on column nowd.request.input        is 'What the prompt gets as {{input}}.';
comment on column nowd.request.dry_run      is 'Reads are real; effects and deliveries are shown, not made.';

alter table nowd.run add column dry_run boolean not null default false;
comment on column nowd.run.dry_run is 'A dry run: effects and deliveries were shown, not made. It counts as no success of its job.';
alter table nowd.run drop constraint run_kind_known, drop constraint run_manual_exactly_when_requested;
alter table nowd.run
  add constraint run_kind_known check (kind in ('scheduled', 'catch_up', 'backfill', 'manual', 'after')),
  add constraint run_request_exactly_when_asked_for check ((kind in ('manual', 'after')) = (request is not null));
comment on column nowd.run.kind is 'scheduled, catch_up, backfill, manual, or after (another job''s success asked for it).';
drop index nowd.run_succeeded_window;
create index run_succeeded_window on nowd.run (job, window_end) where state = 'succeeded' and kind <> 'backfill' and not dry_run;

alter table nowd.tool_call
  drop constraint tool_call_source_known,
  drop constraint tool_call_state_known,
  drop constraint tool_call_effect_has_a_key,
  drop constraint tool_call_intent_exactly_when;
alter table nowd.tool_call
  add constraint tool_call_source_known check (source in ('input', 'model', 'when')),
  add constraint tool_call_state_known  check (state in ('refused', 'shown', 'intent', 'confirmed', 'failed', 'unknown')),
  add constraint tool_call_effect_has_a_key check (effect = 'read' or state = 'refused' or idempotency_key is not null),
  add constraint tool_call_intent_exactly_when check ((state in ('refused', 'shown')) = (intent_at is null));
drop index nowd.tool_call_effect_once;
create unique index tool_call_effect_once on nowd.tool_call (idempotency_key) where effect <> 'read' and state not in ('refused', 'shown');
comment on column nowd.tool_call.source is 'input (fetched by nowd before the model ran), when (asked whether there is anything to do), or model.';
comment on column nowd.tool_call.state  is 'refused; shown (a dry run: not made); intent; then confirmed, failed, or unknown (it may have happened).';

-- Asks for a run now. Effects beyond read are allowed unless a moment is given: then only when asked for.
drop function nowd.run(text, timestamptz, boolean);
create function nowd.run(job text, as_of timestamptz default null, effects boolean default null, input jsonb default null,
                         dry_run boolean default false) returns bigint
language plpgsql security definer set search_path = pg_catalog, nowd as $$
declare
  asked_at constant timestamptz := clock_timestamp();
  known record;
  made bigint;
begin
  select j.state into known from nowd.job j where j.job = run.job;
  if not found then
    raise exception 'job %: no such job in this ledger', run.job
      using hint = 'select job from nowd.job lists them; a new file is read on SIGHUP or restart', errcode = 'no_data_found';
  elsif known.state = 'retired' then
    raise exception 'job %: retired, it left the job files', run.job
      using hint = 'put its file back and reload nowd', errcode = 'object_not_in_prerequisite_state';
  elsif octet_length(run.input::text) > 1048576 then
    raise exception 'job %: the input has % bytes, at most 1048576 (1 MiB) are taken', run.job, octet_length(run.input::text)
      using hint = 'give a reference, and let the job fetch the rest under inputs:', errcode = 'program_limit_exceeded';
  end if;
  insert into nowd.request (job, scheduled_at, as_of_given, effects, input, dry_run, requested_by, requested_at)
  values (run.job, coalesce(run.as_of, asked_at), run.as_of is not null,
          coalesce(run.effects, run.as_of is null), run.input, run.dry_run, session_user, asked_at)
  returning request into made;
  perform pg_notify('nowd', 'request');
  return made;
end
$$;
comment on function nowd.run(text, timestamptz, boolean, jsonb, boolean) is 'Asks for a run of a job: select nowd.run(''standup''), or select nowd.run(''triage'', input => ''{"ticket": 7}''), which the prompt gets as {{input}}. Returns the number of the request; the run is in nowd.runs as soon as a daemon took it.';

-- Views.
create or replace view nowd.run_clocks as
select r.run, r.job, r.kind, r.state, r.scheduled_at, r.dispatched_at,
       first_call.sent_at as inferred_at, first_call.injected_now, stated.model_as_of, effect.started_at as effect_at,
       r.dispatched_at - r.scheduled_at as dispatch_lag,
       first_call.sent_at - r.scheduled_at as inference_lag,
       effect.started_at - r.scheduled_at as effect_lag,
       data.oldest as data_oldest, data.newest as data_newest, r.verdict, r.verdicts
from nowd.run r
left join lateral (select i.sent_at, i.injected_now from nowd.inference i where i.run = r.run and i.injected_now is not null order by i.seq limit 1) first_call on true
left join lateral (select i.model_as_of from nowd.inference i where i.run = r.run and i.model_as_of is not null order by i.seq desc limit 1) stated on true
left join lateral (select min(e.started_at) as started_at
                   from (select t.started_at from nowd.tool_call t where t.run = r.run and t.effect <> 'read'
                         union all
                         select a.started_at from nowd.delivery d join nowd.delivery_attempt a using (delivery)
                         where d.run = r.run and d.purpose = 'output') e) effect on true
left join lateral (select min(t.data_oldest) as oldest, max(t.data_newest) as newest from nowd.tool_call t where t.run = r.run) data on true;
comment on view nowd.run_clocks is 'One row per run with its four clocks side by side (scheduled, dispatch, inference, tool), data time, their distances from scheduled_at, and the verdict. effect_at is the start of the first effect or delivery.';

create view nowd.deliveries as
select d.delivery, d.run, d.job, d.purpose, d.sink, d.state, d.attempts, d.created_at, d.next_at, d.expires_at, d.settled_at, d.subject, d.reason
from nowd.delivery d;
comment on view nowd.deliveries is 'Messages to sinks, readable. Newest first: select * from nowd.deliveries order by delivery desc limit 20.';

create view nowd.alerts as
select a.alert, a.state, a.kind, a.name, a.reason, a.count, a.jobs, a.first_at, a.last_at, a.told_at, a.recovered_at, a.last_run, a.detail
from nowd.alert a;
comment on view nowd.alerts is 'Troubles, readable. What is wrong now: select * from nowd.alerts where state = ''open''.';
