-- The ledger itself, the daemons that write it, the jobs, and their planned occurrences.

create table nowd.ledger (
  ledger     uuid        not null default gen_random_uuid() primary key,
  created_at timestamptz not null default clock_timestamp(),
  only_one   boolean     not null default true,
  constraint ledger_only_one_value check (only_one),
  constraint ledger_only_one_row   unique (only_one)
);
insert into nowd.ledger default values;
comment on table  nowd.ledger            is 'One row: the identity of this ledger, part of every idempotency key.';
comment on column nowd.ledger.ledger     is 'Random identity; a restored copy keeps it, a new ledger has another.';
comment on column nowd.ledger.created_at is 'Database time at which the ledger was made.';
comment on column nowd.ledger.only_one   is 'Always true: makes a second row impossible.';

create table nowd.node (
  node       uuid        not null primary key,
  host       text        not null,
  pid        integer     not null,
  boot_id    text        not null,
  version    text        not null,
  started_at timestamptz not null,
  state      text        not null default 'alive',
  ended_at   timestamptz,
  reason     text,
  constraint node_state_known      check (state in ('alive', 'stopped', 'dead')),
  constraint node_end_exactly_when check ((state = 'alive') = (ended_at is null))
);
create index node_alive on nowd.node (node) where state = 'alive';
comment on table  nowd.node            is 'One row per process start of a daemon. Its liveness is in node_beat.';
comment on column nowd.node.node       is 'Random identity of this process start.';
comment on column nowd.node.host       is 'Host name, for people.';
comment on column nowd.node.pid        is 'Process id on that host.';
comment on column nowd.node.boot_id    is 'Which boot of the host: boot clock readings compare only within one.';
comment on column nowd.node.version    is 'Version of nowd.';
comment on column nowd.node.started_at is 'Host time of the start.';
comment on column nowd.node.state      is 'alive; stopped (it said so); dead (another daemon or its successor declared it).';
comment on column nowd.node.ended_at   is 'Database time of the end.';
comment on column nowd.node.reason     is 'Why it ended: shutdown, successor, beat.';

create table nowd.node_beat (
  node    uuid        not null primary key references nowd.node,
  beat    bigint      not null default 0,
  beat_at timestamptz not null default clock_timestamp()
) with (fillfactor = 50);
comment on table  nowd.node_beat         is 'Heartbeats, apart from node because each transaction of a daemon is one: compare-and-set on the beat proves that the daemon is still alive to the others, and tells afterwards whether a lost COMMIT happened.';
comment on column nowd.node_beat.node    is 'Whose.';
comment on column nowd.node_beat.beat    is 'Counter. Observers watch it change on their own boot clock; no clock is compared.';
comment on column nowd.node_beat.beat_at is 'Database time of the last beat; for people only.';

create table nowd.job (
  job           text        not null primary key,
  revision      text        not null,
  state         text        not null default 'active',
  description   text        not null default '',
  paused_at     timestamptz,
  paused_by     text,
  paused_reason text,
  created_at    timestamptz not null default clock_timestamp(),
  changed_at    timestamptz not null default clock_timestamp(),
  constraint job_name_form            check (job ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  constraint job_state_known          check (state in ('active', 'retired')),
  constraint job_paused_says_why      check ((paused_at is null) = (paused_by is null) and (paused_at is null) = (paused_reason is null))
);
comment on table  nowd.job               is 'One row per job that ever was.';
comment on column nowd.job.job           is 'Its name: its identity.';
comment on column nowd.job.revision      is 'The revision in force (job_revision).';
comment on column nowd.job.state         is 'active, or retired (it left the files; its history stays).';
comment on column nowd.job.description   is 'From its file.';
comment on column nowd.job.paused_at     is 'Since when it is paused; null = it is not.';
comment on column nowd.job.paused_by     is 'Who paused it.';
comment on column nowd.job.paused_reason is 'Why.';
comment on column nowd.job.created_at    is 'Database time at which the job was first seen.';
comment on column nowd.job.changed_at    is 'Database time of the last change of revision or state.';

create table nowd.job_revision (
  job               text        not null references nowd.job deferrable initially deferred,
  revision          text        not null,
  spec              jsonb       not null,
  schedule          text        not null,
  schedule_revision text        not null,
  source            text        not null,
  recorded_at       timestamptz not null default clock_timestamp(),
  primary key (job, revision),
  constraint job_revision_is_a_sha256 check (revision ~ '^[0-9a-f]{64}$')
);
alter table nowd.job add constraint job_revision_exists
  foreign key (job, revision) references nowd.job_revision deferrable initially deferred;
comment on table  nowd.job_revision                   is 'One row per distinct spec of a job. Never updated.';
comment on column nowd.job_revision.job               is 'Whose.';
comment on column nowd.job_revision.revision          is 'SHA-256 of the canonical spec.';
comment on column nowd.job_revision.spec              is 'The canonical spec, with every default made explicit.';
comment on column nowd.job_revision.schedule          is 'The schedule as people write it.';
comment on column nowd.job_revision.schedule_revision is 'SHA-256 of the schedule alone: planned rows survive an edit that leaves it alone.';
comment on column nowd.job_revision.source            is 'File and line it came from.';
comment on column nowd.job_revision.recorded_at       is 'Database time.';

create table nowd.job_cursor (
  job                  text        not null primary key references nowd.job,
  schedule_revision    text        not null,
  planned_from         timestamptz not null,
  materialised_through timestamptz not null,
  next_at              timestamptz,
  next_local           timestamp,
  zone                 text        not null,
  constraint job_cursor_runs_forward check (materialised_through >= planned_from)
) with (fillfactor = 50);
comment on table  nowd.job_cursor                      is 'Per job: the lock under which occurrences are planned, and the memory of how far.';
comment on column nowd.job_cursor.job                  is 'Whose.';
comment on column nowd.job_cursor.schedule_revision    is 'The schedule that planned these occurrences.';
comment on column nowd.job_cursor.planned_from         is 'The watermark: since when this schedule is in force. Nothing at or before it is this schedule''s.';
comment on column nowd.job_cursor.materialised_through is 'Every occurrence in (planned_from, materialised_through] has a row, or stands in a range. Only grows while the schedule stays.';
comment on column nowd.job_cursor.next_at              is 'The first occurrence after materialised_through; null = none.';
comment on column nowd.job_cursor.next_local           is 'The same in local time.';
comment on column nowd.job_cursor.zone                 is 'The zone of the schedule.';

create table nowd.occurrence (
  job               text        not null references nowd.job,
  scheduled_at      timestamptz not null,
  kind              text        not null default 'scheduled',
  state             text        not null default 'planned',
  reason            text,
  due_at            timestamptz not null,
  window_start      timestamptz not null,
  window_end        timestamptz not null,
  slot              timestamp   not null,
  zone              text        not null,
  utc_offset        interval    not null,
  slot_kind         text        not null default 'plain',
  merged_slots      timestamp[] not null default '{}',
  tzdata            text        not null,
  schedule_revision text        not null,
  coalesced_into    timestamptz,
  attempts          integer     not null default 0,
  fence             bigint      not null default 0,
  judged_at         timestamptz,
  recorded_at       timestamptz not null default clock_timestamp(),
  primary key (job, scheduled_at),
  constraint occurrence_kind_known      check (kind in ('scheduled', 'catch_up', 'backfill')),
  constraint occurrence_state_known     check (state in ('planned', 'claimed', 'done', 'skipped', 'coalesced', 'superseded', 'missed', 'withdrawn')),
  constraint occurrence_slot_kind_known check (slot_kind in ('plain', 'gap', 'fold_first', 'fold_second')),
  constraint occurrence_reason_known    check (reason in ('down', 'suspended', 'clock_jump', 'window', 'cutoff', 'frozen', 'paused', 'overlap', 'limit', 'nothing_to_do', 'crash_loop', 'rescheduled', 'retired')),
  constraint occurrence_no_run_says_why check (state in ('planned', 'claimed', 'done', 'coalesced', 'superseded') or reason is not null),
  constraint occurrence_due_after_slot  check (due_at >= scheduled_at),
  constraint occurrence_coalesced_into_exactly_when check ((state = 'coalesced') = (coalesced_into is not null))
);
create index occurrence_due on nowd.occurrence (due_at) where state = 'planned';
create index occurrence_recent on nowd.occurrence (scheduled_at);
comment on table  nowd.occurrence                   is 'One row per planned moment of a job; identity (job, scheduled_at). Each ends with what became of it and why.';
comment on column nowd.occurrence.job               is 'Whose.';
comment on column nowd.occurrence.scheduled_at      is 'The scheduled clock: which moment this is for. Never changes.';
comment on column nowd.occurrence.kind              is 'scheduled, catch_up (made up for later) or backfill.';
comment on column nowd.occurrence.state             is 'planned, claimed, done; skipped (a rule said no), missed (it was too late), coalesced, superseded, withdrawn.';
comment on column nowd.occurrence.reason            is 'Why it was skipped, missed or withdrawn.';
comment on column nowd.occurrence.due_at            is 'scheduled_at plus jitter: lateness counts from here.';
comment on column nowd.occurrence.window_start      is 'The run is about [window_start, window_end): from the previous occurrence, or further back to where the last success ended.';
comment on column nowd.occurrence.window_end        is 'End of the window: scheduled_at.';
comment on column nowd.occurrence.slot              is 'The local date and time that the expression named.';
comment on column nowd.occurrence.zone              is 'The IANA zone of the slot.';
comment on column nowd.occurrence.utc_offset        is 'UTC offset in force at scheduled_at.';
comment on column nowd.occurrence.slot_kind         is 'Which daylight-saving rule applied: plain, gap, fold_first, fold_second.';
comment on column nowd.occurrence.merged_slots      is 'Further slots that this occurrence serves (several slots in one gap).';
comment on column nowd.occurrence.tzdata            is 'Release of the zone data that computed it.';
comment on column nowd.occurrence.schedule_revision is 'The schedule that planned it.';
comment on column nowd.occurrence.coalesced_into    is 'The later occurrence that served this one too.';
comment on column nowd.occurrence.attempts          is 'How many runs were started for it.';
comment on column nowd.occurrence.fence             is 'Fencing token: grows with each claim.';
comment on column nowd.occurrence.judged_at         is 'Database time at which its fate was decided.';
comment on column nowd.occurrence.recorded_at       is 'Database time at which the row was made.';

create table nowd.occurrence_range (
  job         text        not null references nowd.job,
  first_at    timestamptz not null,
  last_at     timestamptz not null,
  count       bigint      not null,
  state       text        not null default 'missed',
  reason      text        not null,
  schedule_revision text  not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (job, first_at),
  constraint occurrence_range_runs_forward check (last_at >= first_at and count > 0),
  constraint occurrence_range_state_known  check (state in ('missed', 'skipped')),
  constraint occurrence_range_reason_known check (reason in ('down', 'suspended', 'clock_jump', 'window', 'cutoff', 'frozen', 'paused'))
);
comment on table  nowd.occurrence_range             is 'A long run of missed occurrences in one row: every occurrence of the schedule in [first_at, last_at].';
comment on column nowd.occurrence_range.job         is 'Whose.';
comment on column nowd.occurrence_range.first_at    is 'scheduled_at of the first.';
comment on column nowd.occurrence_range.last_at     is 'scheduled_at of the last.';
comment on column nowd.occurrence_range.count       is 'How many.';
comment on column nowd.occurrence_range.state       is 'missed or skipped, as in occurrence.';
comment on column nowd.occurrence_range.reason      is 'Why, as in occurrence.';
comment on column nowd.occurrence_range.schedule_revision is 'The schedule that names them.';
comment on column nowd.occurrence_range.recorded_at is 'Database time.';

create table nowd.request (
  request      bigint      generated always as identity primary key,
  job          text        not null references nowd.job,
  scheduled_at timestamptz not null,
  as_of_given  boolean     not null,
  effects      boolean     not null,
  state        text        not null default 'planned',
  reason       text,
  attempts     integer     not null default 0,
  fence        bigint      not null default 0,
  requested_by text        not null default session_user,
  requested_at timestamptz not null default clock_timestamp(),
  constraint request_state_known check (state in ('planned', 'claimed', 'done', 'refused')),
  constraint request_refusal_says_why check ((state = 'refused') = (reason is not null))
);
create index request_waiting on nowd.request (request) where state = 'planned';
comment on table  nowd.request              is 'One row per run that somebody asked for (nowctl run, select nowd.run). The identity of a manual run.';
comment on column nowd.request.request      is 'Number of the request.';
comment on column nowd.request.job          is 'Which job to run.';
comment on column nowd.request.scheduled_at is 'Which moment the run is for: the given as_of, else the time of the request.';
comment on column nowd.request.as_of_given  is 'Whether a moment was given.';
comment on column nowd.request.effects      is 'Whether effects beyond read are allowed.';
comment on column nowd.request.state        is 'planned, claimed, done or refused.';
comment on column nowd.request.reason       is 'Why it was refused.';
comment on column nowd.request.attempts     is 'How many runs were started for it.';
comment on column nowd.request.fence        is 'Fencing token: grows with each claim.';
comment on column nowd.request.requested_by is 'The database role that asked.';
comment on column nowd.request.requested_at is 'Database time of the request.';

-- Asks for a run now. Effects beyond read are allowed unless a moment is given: then only when asked for.
create function nowd.run(job text, as_of timestamptz default null, effects boolean default null) returns bigint
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
  end if;
  insert into nowd.request (job, scheduled_at, as_of_given, effects, requested_by, requested_at)
  values (run.job, coalesce(run.as_of, asked_at), run.as_of is not null,
          coalesce(run.effects, run.as_of is null), session_user, asked_at)
  returning request into made;
  perform pg_notify('nowd', 'request');
  return made;
end
$$;
comment on function nowd.run(text, timestamptz, boolean) is 'Asks for a run of a job: select nowd.run(''standup''). Returns the number of the request; the run is in nowd.runs as soon as a daemon took it.';
