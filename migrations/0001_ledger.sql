-- The schema of the ledger. Tables with their rules and comments first, then triggers, views, and the functions of
-- people and of retention. A change after a release is a new migration with the next number.

create table nowd.ledger (
  ledger     uuid        not null default gen_random_uuid(),
  created_at timestamptz not null default clock_timestamp(),
  only_one   boolean     not null default true,
  constraint ledger_pkey primary key (ledger),
  constraint ledger_only_one_row unique (only_one),
  constraint ledger_only_one_value check (only_one)
);
insert into nowd.ledger default values;
comment on table nowd.ledger is 'One row: the identity of this ledger, part of every idempotency key.';
comment on column nowd.ledger.ledger is 'Random identity; a restored copy keeps it, a new ledger has another.';
comment on column nowd.ledger.created_at is 'Database time at which the ledger was made.';
comment on column nowd.ledger.only_one is 'Always true: makes a second row impossible.';

create table nowd.node (
  node       uuid        not null,
  host       text        not null,
  pid        integer     not null,
  boot_id    text        not null,
  version    text        not null,
  started_at timestamptz not null,
  state      text        not null default 'alive',
  ended_at   timestamptz,
  reason     text,
  loaded     jsonb       not null default '{}',
  server     text,
  constraint node_pkey primary key (node),
  constraint node_state_known check (state in ('alive', 'stopped', 'dead')),
  constraint node_end_exactly_when check ((state = 'alive') = (ended_at is null)),
  constraint node_loaded_is_a_mapping check (jsonb_typeof(loaded) = 'object')
);
create index node_alive on nowd.node (node) where state = 'alive';
comment on table nowd.node is 'One row per process start of a daemon. Its liveness is in node_beat.';
comment on column nowd.node.node is 'Random identity of this process start.';
comment on column nowd.node.host is 'Host name, for people.';
comment on column nowd.node.pid is 'Process id on that host.';
comment on column nowd.node.boot_id is 'Which boot of the host: boot clock readings compare only within one.';
comment on column nowd.node.version is 'Version of nowd.';
comment on column nowd.node.started_at is 'Host time of the start.';
comment on column nowd.node.state is 'alive; stopped (it said so); dead (another daemon or its successor declared it).';
comment on column nowd.node.ended_at is 'Database time of the end.';
comment on column nowd.node.reason is 'Why it ended: shutdown, successor, beat.';
comment on column nowd.node.loaded is
  'Job files of the daemon: job to revision. A successor reads it; without a successor it is kept for one hour '
  'after the end.';
comment on column nowd.node.server is
  'The database server that it last connected to: system identifier/timeline. A standby that was promoted is on '
  'another timeline. Null = the server does not say.';

create table nowd.node_beat (
  node        uuid        not null,
  beat        bigint      not null default 0,
  beat_at     timestamptz not null default clock_timestamp(),
  transaction xid8,
  constraint node_beat_pkey primary key (node),
  constraint node_beat_node_fkey foreign key (node) references nowd.node(node)
) with (fillfactor = 50);
comment on table nowd.node_beat is
  'Heartbeats, apart from node because each transaction of a daemon is one: compare-and-set on the beat proves '
  'that the daemon is still alive to the others, and shows after a reconnection whether the server has lost '
  'commits.';
comment on column nowd.node_beat.node is 'Number of the daemon.';
comment on column nowd.node_beat.beat is
  'Counter. Observers watch it change on their own boot clock; no clock is compared.';
comment on column nowd.node_beat.beat_at is 'Database time of the last beat; for people only.';
comment on column nowd.node_beat.transaction is
  'The daemon''s last transaction. Only the daemon itself writes it: after a lost COMMIT it says whether that '
  'happened. Null before the first.';

create table nowd.job (
  job           text        not null,
  revision      text        not null,
  state         text        not null default 'active',
  description   text        not null default '',
  paused_at     timestamptz,
  paused_by     text,
  paused_reason text,
  created_at    timestamptz not null default clock_timestamp(),
  changed_at    timestamptz not null default clock_timestamp(),
  lane          text,
  resumed_at    timestamptz,
  constraint job_pkey primary key (job),
  constraint job_name_form check (job ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  constraint job_state_known check (state in ('active', 'retired')),
  constraint job_paused_says_why check ((paused_at is null) = (paused_by is null) and (paused_at is null) = (paused_reason is null))
);
comment on table nowd.job is 'One row per job that ever was.';
comment on column nowd.job.job is 'Its name: its identity.';
comment on column nowd.job.revision is 'The revision in force (job_revision).';
comment on column nowd.job.state is 'active, or retired (it left the files; its history stays).';
comment on column nowd.job.description is 'From its file.';
comment on column nowd.job.paused_at is 'Since when it is paused; null = it is not.';
comment on column nowd.job.paused_by is 'User who paused the job.';
comment on column nowd.job.paused_reason is 'Reason of the pause.';
comment on column nowd.job.created_at is 'Database time at which the job was first seen.';
comment on column nowd.job.changed_at is 'Database time of the last change of revision or state.';
comment on column nowd.job.lane is
  'Runs of jobs with the same lane never overlap: the concurrency_key, or the name of the job; null = runs may '
  'overlap.';
comment on column nowd.job.resumed_at is
  'Time of the last resume. Occurrences that were due before it are not caught up.';

create table nowd.job_revision (
  job               text        not null,
  revision          text        not null,
  spec              jsonb       not null,
  schedule          text        not null,
  schedule_revision text        not null,
  source            text        not null,
  recorded_at       timestamptz not null default clock_timestamp(),
  number            bigint      not null generated always as identity,
  constraint job_revision_pkey primary key (job, revision),
  constraint job_revision_job_fkey foreign key (job) references nowd.job(job) deferrable initially deferred,
  constraint job_revision_is_a_sha256 check (revision ~ '^[0-9a-f]{64}$')
);
comment on table nowd.job_revision is 'One row per distinct spec of a job. Never updated.';
comment on column nowd.job_revision.job is 'Name of the job.';
comment on column nowd.job_revision.revision is 'SHA-256 of the canonical spec.';
comment on column nowd.job_revision.spec is 'The canonical spec, with every default made explicit.';
comment on column nowd.job_revision.schedule is 'The schedule as people write it.';
comment on column nowd.job_revision.schedule_revision is
  'SHA-256 of the schedule alone: planned rows survive an edit that leaves it alone.';
comment on column nowd.job_revision.source is 'File and line it came from.';
comment on column nowd.job_revision.recorded_at is 'Time of the database when the row was written.';
comment on column nowd.job_revision.number is
  'Grows: of two revisions of a job, the one that was first seen later is the newer.';

create table nowd.job_cursor (
  job                  text                        not null,
  schedule_revision    text                        not null,
  planned_from         timestamptz                 not null,
  materialised_through timestamptz                 not null,
  next_at              timestamptz,
  next_local           timestamp without time zone,
  zone                 text                        not null,
  constraint job_cursor_pkey primary key (job),
  constraint job_cursor_job_fkey foreign key (job) references nowd.job(job),
  constraint job_cursor_runs_forward check (materialised_through >= planned_from),
  constraint job_cursor_moments_can_be_read check (
    planned_from between timestamptz '1970-01-01 00:00:00+00' and timestamptz '9999-12-31 23:59:59+00'
    and materialised_through between timestamptz '1970-01-01 00:00:00+00' and timestamptz '9999-12-31 23:59:59+00'
    and (next_at is null or next_at between timestamptz '1970-01-01 00:00:00+00' and timestamptz '9999-12-31 23:59:59+00'))
) with (fillfactor = 50);
comment on table nowd.job_cursor is 'Per job: the lock under which occurrences are planned, and the memory of how far.';
comment on column nowd.job_cursor.job is 'Name of the job.';
comment on column nowd.job_cursor.schedule_revision is 'The schedule that planned these occurrences.';
comment on column nowd.job_cursor.planned_from is
  'The watermark: since when this schedule is in force. Nothing at or before it is this schedule''s.';
comment on column nowd.job_cursor.materialised_through is
  'Every occurrence in (planned_from, materialised_through] has a row, or stands in a range. Only grows while the '
  'schedule stays.';
comment on column nowd.job_cursor.next_at is 'The first occurrence after materialised_through; null = none.';
comment on column nowd.job_cursor.next_local is 'Local time of next_at.';
comment on column nowd.job_cursor.zone is 'The zone of the schedule.';

create table nowd.occurrence (
  job               text                          not null,
  scheduled_at      timestamptz                   not null,
  kind              text                          not null default 'scheduled',
  state             text                          not null default 'planned',
  reason            text,
  due_at            timestamptz                   not null,
  window_start      timestamptz                   not null,
  window_end        timestamptz                   not null,
  slot              timestamp without time zone   not null,
  zone              text                          not null,
  utc_offset        interval                      not null,
  slot_kind         text                          not null default 'plain',
  merged_slots      timestamp without time zone[] not null default '{}'::timestamp without time zone[],
  tzdata            text                          not null,
  schedule_revision text                          not null,
  coalesced_into    timestamptz,
  attempts          integer                       not null default 0,
  fence             bigint                        not null default 0,
  judged_at         timestamptz,
  recorded_at       timestamptz                   not null default clock_timestamp(),
  buffered          boolean                       not null default false,
  decided_by        text,
  decided_why       text,
  effects           boolean,
  deliver           boolean,
  start_followers   boolean,
  constraint occurrence_pkey primary key (job, scheduled_at),
  constraint occurrence_job_fkey foreign key (job) references nowd.job(job),
  constraint occurrence_kind_known check (kind in ('scheduled', 'catch_up', 'backfill')),
  constraint occurrence_state_known check (state in ('planned', 'claimed', 'done', 'skipped', 'coalesced', 'superseded', 'missed', 'withdrawn')),
  constraint occurrence_slot_kind_known check (slot_kind in ('plain', 'gap', 'fold_first', 'fold_second')),
  constraint occurrence_no_run_says_why check (state in ('planned', 'claimed', 'done', 'coalesced', 'superseded') or reason is not null),
  constraint occurrence_due_after_slot check (due_at >= scheduled_at),
  constraint occurrence_coalesced_into_exactly_when check ((state = 'coalesced') = (coalesced_into is not null)),
  constraint occurrence_reason_known check (reason in (
    'down', 'suspended', 'clock_jump', 'window', 'cutoff', 'frozen', 'paused', 'overlap', 'limit', 'nothing_to_do',
    'crash_loop', 'rescheduled', 'retired', 'asked', 'unreadable'
  )),
  constraint occurrence_moments_can_be_read check (reason is not distinct from 'unreadable' or (
    scheduled_at between timestamptz '1970-01-01 00:00:00+00' and timestamptz '9999-12-31 23:59:59+00'
    and due_at between timestamptz '1970-01-01 00:00:00+00' and timestamptz '9999-12-31 23:59:59+00'
    and window_start between timestamptz '1970-01-01 00:00:00+00' and timestamptz '9999-12-31 23:59:59+00'
    and window_end between timestamptz '1970-01-01 00:00:00+00' and timestamptz '9999-12-31 23:59:59+00')),
  constraint occurrence_window_runs_forward check (reason is not distinct from 'unreadable' or window_start <= scheduled_at)
);
create index occurrence_recent on nowd.occurrence (scheduled_at);
create index occurrence_by_fate on nowd.occurrence (job, state, reason);
create index occurrence_due on nowd.occurrence (due_at) where state = 'planned' and kind = 'scheduled' and not buffered;
create index occurrence_waiting on nowd.occurrence (due_at) where state = 'planned' and (kind <> 'scheduled' or buffered);
create index occurrence_planned on nowd.occurrence (job, due_at) where state = 'planned';
create index occurrence_buffered on nowd.occurrence (due_at) where state = 'planned' and kind = 'scheduled' and buffered;
create index occurrence_skipped_as_asked on nowd.occurrence (job, scheduled_at) where state = 'skipped' and reason = 'asked';
comment on table nowd.occurrence is
  'One row per planned moment of a job; identity (job, scheduled_at). Each row ends with its fate and a reason.';
comment on column nowd.occurrence.job is 'Name of the job.';
comment on column nowd.occurrence.scheduled_at is 'The scheduled clock: which moment this is for. Never changes.';
comment on column nowd.occurrence.kind is 'scheduled, catch_up (made up for later) or backfill.';
comment on column nowd.occurrence.state is
  'planned, claimed, done; skipped (a rule said no), missed (it was too late), coalesced, superseded, withdrawn.';
comment on column nowd.occurrence.reason is 'Why it was skipped, missed or withdrawn.';
comment on column nowd.occurrence.due_at is 'scheduled_at plus jitter: lateness counts from here.';
comment on column nowd.occurrence.window_start is
  'The run is about [window_start, window_end): from the previous occurrence, or further back to where the last '
  'success ended.';
comment on column nowd.occurrence.window_end is 'End of the window: scheduled_at.';
comment on column nowd.occurrence.slot is 'The local date and time that the expression named.';
comment on column nowd.occurrence.zone is 'The IANA zone of the slot.';
comment on column nowd.occurrence.utc_offset is 'UTC offset in force at scheduled_at.';
comment on column nowd.occurrence.slot_kind is
  'Which daylight-saving rule applied: plain, gap, fold_first, fold_second.';
comment on column nowd.occurrence.merged_slots is
  'Further slots that this occurrence serves (several slots in one gap).';
comment on column nowd.occurrence.tzdata is 'Release of the zone data that computed it.';
comment on column nowd.occurrence.schedule_revision is 'The schedule that planned it.';
comment on column nowd.occurrence.coalesced_into is 'The later occurrence that served this one too.';
comment on column nowd.occurrence.attempts is 'How many runs were started for it.';
comment on column nowd.occurrence.fence is 'Fencing token: grows with each claim.';
comment on column nowd.occurrence.judged_at is 'Database time at which its fate was decided.';
comment on column nowd.occurrence.recorded_at is 'Database time at which the row was made.';
comment on column nowd.occurrence.buffered is 'It fell due while the lane of its job was busy, and waits for it.';
comment on column nowd.occurrence.decided_by is
  'User who skipped the occurrence or asked for its backfill; null = no user did.';
comment on column nowd.occurrence.decided_why is 'Why, in that person''s words.';
comment on column nowd.occurrence.effects is
  'Whether its runs may have effects beyond read; null = as usual for its kind.';
comment on column nowd.occurrence.deliver is
  'Whether its runs deliver their output and ping the heartbeat; null = as usual for its kind: all but a backfill '
  'do.';
comment on column nowd.occurrence.start_followers is
  'Whether the success of its run starts the jobs that are after its job; null = as usual for its kind: all but a '
  'backfill''s does.';

create table nowd.occurrence_range (
  job               text        not null,
  first_at          timestamptz not null,
  last_at           timestamptz not null,
  count             bigint      not null,
  state             text        not null default 'missed',
  reason            text,
  schedule_revision text        not null,
  recorded_at       timestamptz not null default clock_timestamp(),
  coalesced_into    timestamptz,
  constraint occurrence_range_pkey primary key (job, first_at),
  constraint occurrence_range_job_fkey foreign key (job) references nowd.job(job),
  constraint occurrence_range_runs_forward check (last_at >= first_at and count > 0),
  constraint occurrence_range_state_known check (state in ('missed', 'skipped', 'coalesced')),
  constraint occurrence_range_reason_known check (reason in ('down', 'suspended', 'clock_jump', 'window', 'cutoff', 'frozen', 'paused', 'limit')),
  constraint occurrence_range_no_run_says_why check (state = 'coalesced' or reason is not null),
  constraint occurrence_range_coalesced_into_exactly_when check ((state = 'coalesced') = (coalesced_into is not null))
);
comment on table nowd.occurrence_range is
  'A long run of missed occurrences in one row: every occurrence of the schedule in [first_at, last_at].';
comment on column nowd.occurrence_range.job is 'Name of the job.';
comment on column nowd.occurrence_range.first_at is 'scheduled_at of the first.';
comment on column nowd.occurrence_range.last_at is 'scheduled_at of the last.';
comment on column nowd.occurrence_range.count is 'Number of occurrences in the range.';
comment on column nowd.occurrence_range.state is 'missed, skipped or coalesced, as in occurrence.';
comment on column nowd.occurrence_range.reason is 'Why, as in occurrence.';
comment on column nowd.occurrence_range.schedule_revision is 'The schedule that names them.';
comment on column nowd.occurrence_range.recorded_at is 'Time of the database when the row was written.';
comment on column nowd.occurrence_range.coalesced_into is 'The later occurrence that served them all.';

create table nowd.request (
  request         bigint      not null generated always as identity,
  job             text        not null,
  scheduled_at    timestamptz not null,
  as_of_given     boolean     not null,
  effects         boolean     not null,
  state           text        not null default 'planned',
  reason          text,
  attempts        integer     not null default 0,
  fence           bigint      not null default 0,
  requested_by    text        not null default SESSION_USER,
  requested_at    timestamptz not null default clock_timestamp(),
  after_run       bigint,
  window_start    timestamptz,
  input           jsonb,
  dry_run         boolean     not null default false,
  by_hand         boolean     not null default true,
  even_if_paused  boolean     not null default false,
  deliver         boolean     not null default true,
  start_followers boolean     not null default true,
  constraint request_pkey primary key (request),
  constraint request_job_fkey foreign key (job) references nowd.job(job),
  constraint request_state_known check (state in ('planned', 'claimed', 'done', 'refused')),
  constraint request_refusal_says_why check ((state = 'refused') = (reason is not null)),
  constraint request_window_runs_forward check (window_start is null or window_start <= scheduled_at),
  constraint request_moments_can_be_read check (state <> 'planned' or reason is not distinct from 'unreadable' or (
    scheduled_at between timestamptz '1970-01-01 00:00:00+00' and timestamptz '9999-12-31 23:59:59+00'
    and requested_at between timestamptz '1970-01-01 00:00:00+00' and timestamptz '9999-12-31 23:59:59+00'
    and (window_start is null
         or window_start between timestamptz '1970-01-01 00:00:00+00' and timestamptz '9999-12-31 23:59:59+00')))
);
create unique index request_once_after_a_run on nowd.request (after_run, job) where after_run is not null;
create index request_waiting on nowd.request (job, by_hand, request) where state = 'planned';
comment on table nowd.request is
  'One row per requested run (nowctl run, select nowd.run, after:). The identity of a manual run.';
comment on column nowd.request.request is 'Number of the request.';
comment on column nowd.request.job is 'Which job to run.';
comment on column nowd.request.scheduled_at is
  'The moment that the run is for: as_of if given, else the time of the request.';
comment on column nowd.request.as_of_given is 'True if the request named a moment.';
comment on column nowd.request.effects is 'Whether effects beyond read are allowed.';
comment on column nowd.request.state is 'planned, claimed, done or refused.';
comment on column nowd.request.reason is
  'Why it was refused: paused or overlap (a run after another job''s), rescheduled (it follows that job no more), '
  'retired, unreadable.';
comment on column nowd.request.attempts is 'How many runs were started for it.';
comment on column nowd.request.fence is 'Fencing token: grows with each claim.';
comment on column nowd.request.requested_by is 'The database role that asked.';
comment on column nowd.request.requested_at is 'Database time of the request.';
comment on column nowd.request.after_run is 'Run of another job that requested this run by its success (after:).';
comment on column nowd.request.window_start is 'After a run: its window; null = from the end of the last success.';
comment on column nowd.request.input is 'Text of {{input}} in the prompt.';
comment on column nowd.request.dry_run is 'Reads are real; effects and deliveries are shown, not made.';
comment on column nowd.request.by_hand is
  'A person or a program asked for it, or for the run that it follows: it waits for its turn, and is never skipped '
  'for another.';
comment on column nowd.request.even_if_paused is 'It runs although its job is paused.';
comment on column nowd.request.deliver is 'Whether its run delivers its output and pings the heartbeat.';
comment on column nowd.request.start_followers is
  'Whether the success of its run starts the jobs that are after its job.';

create table nowd.run (
  run                 bigint        not null generated always as identity,
  job                 text          not null,
  scheduled_at        timestamptz   not null,
  kind                text          not null,
  attempt             integer       not null,
  request             bigint,
  revision            text          not null,
  node                uuid          not null,
  fence               bigint        not null,
  claim_id            uuid          not null,
  claimed_at          timestamptz   not null,
  due_at              timestamptz   not null,
  as_of               timestamptz   not null,
  authority           text          not null default 'scheduled',
  window_start        timestamptz   not null,
  window_end          timestamptz   not null,
  zone                text          not null,
  effects             boolean       not null,
  dispatched_at       timestamptz,
  dispatched_boot_ns  bigint,
  host_sync           text,
  host_uncertainty    interval,
  state               text          not null default 'running',
  reason              text,
  detail              text,
  ended_at            timestamptz,
  duration            interval,
  stop                text,
  verdict             text,
  verdicts            jsonb         not null default '[]',
  model_calls         integer       not null default 0,
  tool_calls          integer       not null default 0,
  input_tokens        bigint        not null default 0,
  output_tokens       bigint        not null default 0,
  recorded_at         timestamptz   not null default clock_timestamp(),
  dry_run             boolean       not null default false,
  lane                text,
  cancel_requested_at timestamptz,
  cancel_by           text,
  cancel_reason       text,
  cost_usd            numeric(14,8),
  not_before          timestamptz,
  ended_boot_ns       bigint,
  constraint run_pkey primary key (run),
  constraint run_request_fkey foreign key (request) references nowd.request(request),
  constraint run_node_fkey foreign key (node) references nowd.node(node),
  constraint run_job_revision_fkey foreign key (job, revision) references nowd.job_revision(job, revision),
  constraint run_state_known check (state in ('running', 'suspended', 'committing', 'succeeded', 'failed', 'interrupted', 'orphaned', 'denied', 'cancelled', 'aborted_partial')),
  constraint run_end_exactly_when_terminal check ((state in ('running', 'suspended', 'committing')) = (ended_at is null)),
  constraint run_failure_says_why check (state in ('running', 'suspended', 'committing', 'succeeded') or reason is not null),
  constraint run_succeeds_only_when_complete check (state <> 'succeeded' or coalesce(stop in ('complete', 'stop_sequence'), false)),
  constraint run_verdict_known check (verdict in ('aligned', 'unobserved', 'unsynchronised', 'late', 'rolled_over', 'skewed', 'stale', 'expired', 'contradicted')),
  constraint run_authority_known check (authority in ('scheduled', 'dispatch')),
  constraint run_window_runs_forward check (window_end >= window_start),
  constraint run_dispatch_has_both_clocks check ((dispatched_at is null) = (dispatched_boot_ns is null)),
  constraint run_kind_known check (kind in ('scheduled', 'catch_up', 'backfill', 'manual', 'after')),
  constraint run_request_exactly_when_asked_for check ((kind in ('manual', 'after')) = (request is not null)),
  constraint run_cancel_says_who_and_why check ((cancel_requested_at is null) = (cancel_by is null) and (cancel_requested_at is null) = (cancel_reason is null)),
  constraint run_suspended_says_until_when check (state <> 'suspended' or (not_before is not null and reason is not null))
) with (fillfactor = 45);
create unique index run_one_per_request_attempt on nowd.run (request, attempt) where request is not null;
create index run_of_job on nowd.run (job, run);
create index run_succeeded_window on nowd.run (job, window_end) where state = 'succeeded' and kind <> 'backfill' and not dry_run;
create index run_odd_clocks on nowd.run (run) where verdict <> 'aligned';
create unique index run_one_per_occurrence_attempt on nowd.run (job, scheduled_at, attempt, coalesce(request, 0));
create unique index run_one_live_per_lane on nowd.run (lane) where state in ('running', 'suspended', 'committing');
create index run_to_cancel on nowd.run (node) where cancel_requested_at is not null and state in ('running', 'suspended', 'committing');
create index run_put_aside on nowd.run (not_before) where state = 'suspended';
create index run_times on nowd.run using brin (scheduled_at, claimed_at) with (autosummarize = on, pages_per_range = 32);
create index run_by_state on nowd.run (state, run) where state not in ('running', 'succeeded');
create index run_of_job_by_state on nowd.run (job, state, run) where state not in ('running', 'succeeded');
comment on table nowd.run is 'One row per attempt to serve an occurrence or a request.';
comment on column nowd.run.run is 'Number of the run.';
comment on column nowd.run.job is 'Name of the job.';
comment on column nowd.run.scheduled_at is 'The scheduled clock: which moment this run is for.';
comment on column nowd.run.kind is
  'scheduled, catch_up, backfill, manual, or after (another job''s success asked for it).';
comment on column nowd.run.attempt is '1 for the first run of an occurrence or request.';
comment on column nowd.run.request is 'Manual runs: the request it serves.';
comment on column nowd.run.revision is 'The job''s revision it ran.';
comment on column nowd.run.node is 'The daemon that took it.';
comment on column nowd.run.fence is 'Fencing token: with claim_id, the right to write to this run.';
comment on column nowd.run.claim_id is 'Random identity of the claim.';
comment on column nowd.run.claimed_at is 'Database time of the claim.';
comment on column nowd.run.due_at is 'scheduled_at plus jitter.';
comment on column nowd.run.as_of is 'The instant that "today" and every relative word resolve against.';
comment on column nowd.run.authority is 'Which clock as_of comes from.';
comment on column nowd.run.window_start is 'The run is about [window_start, window_end).';
comment on column nowd.run.window_end is 'End of the window.';
comment on column nowd.run.zone is 'The job''s IANA zone.';
comment on column nowd.run.effects is 'Whether effects beyond read are allowed.';
comment on column nowd.run.dispatched_at is 'The dispatch clock: host time at which the driver took the run.';
comment on column nowd.run.dispatched_boot_ns is 'Boot clock of the host (CLOCK_BOOTTIME) at dispatch, in nanoseconds.';
comment on column nowd.run.host_sync is
  'How the host''s clock was kept at dispatch: chrony, kernel-estimate, unsynchronised.';
comment on column nowd.run.ended_boot_ns is 'Boot clock at the end, in nanoseconds; null where another daemon ended the run.';
comment on column nowd.run.host_uncertainty is 'The host clock''s uncertainty at dispatch; null = unknown.';
comment on column nowd.run.state is
  'running, suspended (put aside until not_before, no daemon serves it), committing; terminal: succeeded, failed, '
  'interrupted, orphaned (another attempt serves it: its daemon died, or it was put aside and its time has come), '
  'denied, cancelled, aborted_partial.';
comment on column nowd.run.reason is 'Why it ended as it did, in one word.';
comment on column nowd.run.detail is 'Explanation of reason, for people.';
comment on column nowd.run.ended_at is 'When it ended: host time, or database time where another node ended it.';
comment on column nowd.run.duration is 'From dispatch to end on the boot clock; null where another node ended it.';
comment on column nowd.run.stop is 'Normalised stop of the last model call.';
comment on column nowd.run.verdict is 'The worst finding about its clocks; aligned = none.';
comment on column nowd.run.verdicts is 'All findings: [{"verdict","detail"}].';
comment on column nowd.run.model_calls is 'Model calls made.';
comment on column nowd.run.tool_calls is 'Tool calls the model proposed.';
comment on column nowd.run.input_tokens is 'Sum over its model calls.';
comment on column nowd.run.output_tokens is 'Sum over its model calls.';
comment on column nowd.run.recorded_at is 'Time of the database when the row was written.';
comment on column nowd.run.dry_run is
  'A dry run: effects and deliveries were shown, not made. It counts as no success of its job.';
comment on column nowd.run.lane is 'The job''s lane when the run was started.';
comment on column nowd.run.cancel_requested_at is 'Time of the first request to cancel; the result is in state.';
comment on column nowd.run.cancel_by is 'User who asked to cancel the run.';
comment on column nowd.run.cancel_reason is 'Reason of the request to cancel.';
comment on column nowd.run.cost_usd is 'Sum over its model calls, in US dollars; null = no prices are configured.';
comment on column nowd.run.not_before is
  'A run that was put aside: when it is served again, by the database''s clock. Kept after that; null = never put '
  'aside.';

create table nowd.inference (
  run                bigint        not null,
  seq                integer       not null,
  purpose            text          not null default 'plan',
  provider           text          not null,
  model              text          not null,
  model_served       text,
  remote             text,
  state              text          not null default 'sending',
  injected_now       timestamptz,
  model_as_of        text,
  sent_at            timestamptz,
  headers_at         timestamptz,
  first_token_at     timestamptz,
  ended_at           timestamptz,
  duration           interval,
  provider_date      timestamptz,
  offset_low         interval,
  offset_high        interval,
  http_status        integer,
  request_id         text,
  request_sha256     text,
  stop_raw           text,
  stop               text,
  stop_action        text,
  detail             text,
  input_tokens       bigint,
  cached_tokens      bigint,
  output_tokens      bigint,
  reasoning_tokens   bigint,
  cost_usd           numeric(14,8),
  recorded_at        timestamptz   not null default clock_timestamp(),
  opaque             boolean       not null default false,
  cause              text,
  reserved_usd       numeric(14,8),
  budget_day         date,
  usage_estimated    boolean       not null default false,
  attempt            integer       not null default 1,
  cache_write_tokens bigint,
  server_duration    interval,
  retry_class        text,
  retry_after        interval,
  rate_limits        jsonb,
  sent_boot_ns       bigint,
  headers_boot_ns    bigint,
  first_token_boot_ns bigint,
  ended_boot_ns      bigint,
  host_sync          text,
  host_uncertainty   interval,
  constraint inference_pkey primary key (run, seq),
  constraint inference_run_fkey foreign key (run) references nowd.run(run),
  constraint inference_state_known check (state in ('sending', 'answered', 'lost')),
  constraint inference_answer_has_a_stop check ((state = 'answered') = (stop is not null)),
  constraint inference_stop_known check (stop in ('complete', 'stop_sequence', 'tool_call', 'truncated_output', 'truncated_context', 'filtered', 'refused', 'prompt_blocked', 'paused', 'compacted', 'malformed', 'tool_misuse', 'loop_limit', 'budget_exceeded', 'provider_error', 'cancelled', 'in_progress', 'missing', 'stream_cut', 'unknown')),
  constraint inference_stop_action_known check (stop_action in ('commit', 'run_tools', 'retry_larger', 'resume', 'repair_once', 'fail', 'hold')),
  constraint inference_probe_sees_no_clock check (purpose <> 'probe' or injected_now is null),
  constraint inference_purpose_known check (purpose in ('plan', 'probe', 'retry', 'larger', 'resume', 'repair', 'nudge')),
  constraint inference_repeated_call_says_why check (purpose in ('plan', 'probe') or cause is not null),
  constraint inference_reservation_has_a_day check ((reserved_usd is null) = (budget_day is null)),
  constraint inference_cost_is_not_negative check (reserved_usd >= 0 and cost_usd >= 0),
  constraint inference_attempt_counts_from_one check (attempt >= 1),
  constraint inference_retry_class_known check (retry_class in ('wait', 'overload', 'money', 'defer', 'never')),
  constraint inference_failure_is_no_good_stop check (retry_class is null or stop not in ('complete', 'stop_sequence', 'tool_call')),
  constraint inference_rate_limits_are_an_object check (jsonb_typeof(rate_limits) = 'object'),
  constraint inference_server_times_are_not_negative check (server_duration >= interval '0' and retry_after >= interval '0')
) with (fillfactor = 70);
comment on column nowd.inference.sent_boot_ns is 'Boot clock of the host (CLOCK_BOOTTIME) at sent_at, in nanoseconds.';
comment on column nowd.inference.headers_boot_ns is 'Boot clock at headers_at.';
comment on column nowd.inference.first_token_boot_ns is 'Boot clock at first_token_at.';
comment on column nowd.inference.ended_boot_ns is 'Boot clock at ended_at.';
comment on column nowd.inference.host_sync is 'State of the host''s clock at sent_at: chrony, kernel-estimate, unsynchronised, script.';
comment on column nowd.inference.host_uncertainty is 'Uncertainty of the host''s clock at sent_at; null = unknown.';
comment on table nowd.inference is 'One row per model call. The row is committed before the call is made.';
comment on column nowd.inference.run is 'Number of the run.';
comment on column nowd.inference.seq is '1 for the run''s first model call.';
comment on column nowd.inference.purpose is
  'plan (an ordinary call); probe (asks for the date without a clock block); retry (the provider failed); larger '
  '(the answer was cut, the limit is raised); resume (the provider paused); repair (the answer was malformed); '
  'nudge (the answer was empty).';
comment on column nowd.inference.provider is
  'Name of the provider in nowd.yaml; script is a script, not a model; command is a command-line agent.';
comment on column nowd.inference.model is 'The model asked for; of a command, the program''s file name.';
comment on column nowd.inference.model_served is 'The model that says it answered.';
comment on column nowd.inference.remote is 'Scheme, host and port of the server that sent provider_date.';
comment on column nowd.inference.state is
  'sending; answered; lost (it was cut, or the daemon ended, before the answer came).';
comment on column nowd.inference.injected_now is
  'The inference clock: the value of now in the newest clock block of the conversation.';
comment on column nowd.inference.model_as_of is
  'The inference clock as believed: the date the model stated, as text; of a probe, its whole answer.';
comment on column nowd.inference.sent_at is 'Host time at which the request began to leave.';
comment on column nowd.inference.headers_at is 'Host time at which the response''s headers were there.';
comment on column nowd.inference.first_token_at is 'Host time of the first piece of content.';
comment on column nowd.inference.ended_at is 'Host time of the end.';
comment on column nowd.inference.duration is 'From sent to end on the boot clock.';
comment on column nowd.inference.provider_date is
  'Clock of the provider: the Date header of its answer, in whole seconds.';
comment on column nowd.inference.offset_low is
  'Provider''s clock minus ours is at least this: provider_date - (sent_at + how long the headers took on the boot '
  'clock). A hard bound.';
comment on column nowd.inference.offset_high is
  'Provider''s clock minus ours is at most this, if the Date is not cached: provider_date + 2 s - sent_at. A soft '
  'bound.';
comment on column nowd.inference.http_status is 'Status of the response.';
comment on column nowd.inference.request_id is 'The provider''s id of the request.';
comment on column nowd.inference.request_sha256 is 'SHA-256 of the request''s body as it was sent.';
comment on column nowd.inference.stop_raw is 'Why the model stopped, in the provider''s word.';
comment on column nowd.inference.stop is 'Stop class: the meaning of stop_reason, equal for all providers.';
comment on column nowd.inference.stop_action is 'Action that nowd took after this stop.';
comment on column nowd.inference.detail is 'For people, when the stop is not a good one.';
comment on column nowd.inference.input_tokens is 'Tokens read, cached ones included.';
comment on column nowd.inference.cached_tokens is 'Of these, from the provider''s cache.';
comment on column nowd.inference.output_tokens is 'Tokens written, reasoning included.';
comment on column nowd.inference.reasoning_tokens is 'Of these, reasoning.';
comment on column nowd.inference.cost_usd is 'Cost in US dollars; null = no prices are configured.';
comment on column nowd.inference.recorded_at is 'Time of the database when the row was written.';
comment on column nowd.inference.opaque is
  'A command-line agent that may have effects of its own: after a crash it is not run again.';
comment on column nowd.inference.cause is 'Why it was made again, or why by another provider.';
comment on column nowd.inference.reserved_usd is
  'Maximum cost of the call, reserved in the budget before it was sent; null = no prices are configured.';
comment on column nowd.inference.budget_day is 'UTC day of the budget that pays for the call.';
comment on column nowd.inference.usage_estimated is
  'True if the provider reported no complete usage: the cost is the reservation, or the reported part if that is '
  'more.';
comment on column nowd.inference.attempt is 'How often this call has been made, with this one: 2 = the first retry.';
comment on column nowd.inference.cache_write_tokens is 'Of the tokens read, those written to the provider''s cache.';
comment on column nowd.inference.server_duration is
  'How long the server worked, by its own account (openai-processing-ms and the like); null = it does not say.';
comment on column nowd.inference.retry_class is
  'A call that failed on the way: wait (a rate limit), overload, money, defer (a quota of the day, or a wait '
  'longer than the run has), never (a configuration error).';
comment on column nowd.inference.retry_after is 'The least wait that the server asks for.';
comment on column nowd.inference.rate_limits is
  'Rate limits reported by the server: {"requests": {"limit", "remaining", "resets_in_ms"}, "tokens": …, "quota": '
  'an exhausted quota, "per_day": true}; null = not reported.';

create table nowd.tool_call (
  run              bigint      not null,
  seq              integer     not null,
  source           text        not null,
  inference_seq    integer,
  call_id          text        not null default '',
  tool             text        not null,
  effect           text        not null,
  arguments        text        not null default '',
  arguments_sha256 text        not null default '',
  idempotency_key  text,
  state            text        not null,
  intent_at        timestamptz,
  started_at       timestamptz,
  ended_at         timestamptz,
  duration         interval,
  remote           text,
  remote_date      timestamptz,
  exit_code        integer,
  error            text,
  result_bytes     bigint,
  result_cut       boolean,
  data_oldest      timestamptz,
  data_newest      timestamptz,
  data_count       bigint,
  recorded_at      timestamptz not null default clock_timestamp(),
  data_inside      bigint,
  intent_boot_ns   bigint,
  started_boot_ns  bigint,
  ended_boot_ns    bigint,
  host_sync        text,
  host_uncertainty interval,
  constraint tool_call_pkey primary key (run, seq),
  constraint tool_call_run_fkey foreign key (run) references nowd.run(run),
  constraint tool_call_effect_known check (effect in ('read', 'reversible', 'compensable', 'irreversible')),
  constraint tool_call_model_call_has_its_inference check ((source = 'model') = (inference_seq is not null)),
  constraint tool_call_source_known check (source in ('input', 'model', 'when')),
  constraint tool_call_state_known check (state in ('refused', 'shown', 'intent', 'confirmed', 'failed', 'unknown')),
  constraint tool_call_effect_has_a_key check (effect = 'read' or state = 'refused' or idempotency_key is not null),
  constraint tool_call_intent_unless_refused_or_shown check (state = 'refused' or (state = 'shown') = (intent_at is null))
) with (fillfactor = 70);
create index tool_call_in_doubt on nowd.tool_call (run) where effect <> 'read' and state in ('intent', 'unknown');
create unique index tool_call_effect_once on nowd.tool_call (idempotency_key)
  where effect <> 'read' and state not in ('refused', 'shown') and not (state = 'failed' and started_at is null);
comment on column nowd.tool_call.intent_boot_ns is 'Boot clock of the host (CLOCK_BOOTTIME) at intent_at, in nanoseconds.';
comment on column nowd.tool_call.started_boot_ns is 'Boot clock at started_at.';
comment on column nowd.tool_call.ended_boot_ns is 'Boot clock at ended_at.';
comment on column nowd.tool_call.host_sync is 'State of the host''s clock at intent_at: chrony, kernel-estimate, unsynchronised.';
comment on column nowd.tool_call.host_uncertainty is 'Uncertainty of the host''s clock at intent_at; null = unknown.';
comment on table nowd.tool_call is
  'One row per call of a tool, proposed by the model or fetched as an input. An effect''s row is committed as '
  'intent before it starts.';
comment on column nowd.tool_call.run is 'Number of the run.';
comment on column nowd.tool_call.seq is 'Its place in the run.';
comment on column nowd.tool_call.source is
  'input (fetched by nowd before the model ran), when (asked whether there is anything to do), or model.';
comment on column nowd.tool_call.inference_seq is 'Which model call proposed it.';
comment on column nowd.tool_call.call_id is 'The provider''s id of the call.';
comment on column nowd.tool_call.tool is 'Which tool, or which input.';
comment on column nowd.tool_call.effect is 'Effect of the tool: read, reversible, compensable, irreversible.';
comment on column nowd.tool_call.arguments is 'JSON: bound arguments filled in; as proposed where refused.';
comment on column nowd.tool_call.arguments_sha256 is 'SHA-256 of the arguments.';
comment on column nowd.tool_call.idempotency_key is
  'Key that is derived from the occurrence and the position of the call, so that a rerun has the same key. Effects '
  'never share a key.';
comment on column nowd.tool_call.state is
  'refused (nothing of it left; with an intent_at, when it was already decided); shown (a dry run: not made); '
  'intent; then confirmed, failed, or unknown (it may have happened).';
comment on column nowd.tool_call.intent_at is 'The tool clock, intent: host time at which it was decided.';
comment on column nowd.tool_call.started_at is 'The tool clock, start: host time at which it began.';
comment on column nowd.tool_call.ended_at is 'The tool clock, end: host time at which its outcome was known.';
comment on column nowd.tool_call.duration is 'From start to end on the boot clock.';
comment on column nowd.tool_call.remote is 'HTTP tools: scheme, host and port.';
comment on column nowd.tool_call.remote_date is 'HTTP tools: the Date that host gave.';
comment on column nowd.tool_call.exit_code is 'Exit code, or HTTP status.';
comment on column nowd.tool_call.error is 'Why it was refused, failed or is unknown.';
comment on column nowd.tool_call.result_bytes is 'Size of the result as the model got it.';
comment on column nowd.tool_call.result_cut is 'The result was larger than its limit and was cut.';
comment on column nowd.tool_call.data_oldest is 'Oldest instant in the data that the call read.';
comment on column nowd.tool_call.data_newest is 'Data time: the newest.';
comment on column nowd.tool_call.data_count is 'How many instants were read; null = no data_time is declared.';
comment on column nowd.tool_call.recorded_at is 'Time of the database when the row was written.';
comment on column nowd.tool_call.data_inside is
  'Of data_count, how many lie in the run''s window (a run on time may read up to now).';

create table nowd.body (
  run         bigint      not null,
  part        text        not null,
  seq         integer     not null,
  content     text        not null,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint body_pkey primary key (run, part, seq, recorded_at),
  constraint body_part_known check (part in ('request', 'response', 'result', 'output'))
) partition by range (recorded_at);
create table nowd.body_default partition of nowd.body default;
do $$
begin
  alter table nowd.body alter column content set compression lz4;
  alter table nowd.body_default alter column content set compression lz4;
exception when feature_not_supported then
  raise notice 'this server has no lz4: texts are compressed by pglz';
end
$$;
comment on table nowd.body is
  'Texts: messages to the model (only those that are new since the call before), answers, tool results, the output '
  'of the run. Compressed by Postgres, partitioned by month.';
comment on column nowd.body.run is 'Number of the run.';
comment on column nowd.body.part is
  'request and response (seq of the inference), result (seq of the tool_call), output (seq 0).';
comment on column nowd.body.seq is 'Number of the text within its run and kind.';
comment on column nowd.body.content is
  'The text. NUL and invalid UTF-8 are replaced by U+FFFD. A request refers to responses and results that are '
  'stored already: response_of, result_of (with before and after it); a response with the same text as the output '
  'has text_of instead.';
comment on column nowd.body.recorded_at is 'Time of the database when the row was written.';

create table nowd.delivery (
  delivery    bigint      not null generated always as identity,
  run         bigint,
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
  node        uuid,
  repeatable  boolean     not null default true,
  created_at  timestamptz not null,
  settled_at  timestamptz,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint delivery_pkey primary key (delivery),
  constraint delivery_run_fkey foreign key (run) references nowd.run(run),
  constraint delivery_node_fkey foreign key (node) references nowd.node(node),
  constraint delivery_purpose_known check (purpose in ('output', 'alert', 'recovery', 'heartbeat')),
  constraint delivery_state_known check (state in ('pending', 'sending', 'delivered', 'failed', 'unknown', 'expired', 'shown')),
  constraint delivery_due_exactly_when_pending check ((state = 'pending') = (next_at is not null)),
  constraint delivery_sender_exactly_when_sending check ((state = 'sending') = (node is not null)),
  constraint delivery_settled_exactly_when check ((state in ('pending', 'sending')) = (settled_at is null)),
  constraint delivery_output_has_a_run check (run is not null or purpose in ('alert', 'recovery'))
) with (fillfactor = 70);
create unique index delivery_key_once on nowd.delivery (key);
create index delivery_due on nowd.delivery (next_at) where state = 'pending';
create index delivery_sending on nowd.delivery (node) where state = 'sending';
create index delivery_of_run on nowd.delivery (run);
create index delivery_of_job on nowd.delivery (job, delivery);
create index delivery_to_sink on nowd.delivery (sink, delivery);
create index delivery_by_state on nowd.delivery (state, delivery) where state <> 'delivered';
create index delivery_about_no_run on nowd.delivery (job, settled_at) where run is null and settled_at is not null;
comment on table nowd.delivery is
  'The outbox: one row per message to one sink. An output''s row is made in the transaction that makes its run '
  'succeeded, and never before.';
comment on column nowd.delivery.delivery is 'Number of the delivery.';
comment on column nowd.delivery.run is 'The run that sends this output, or that this message is about.';
comment on column nowd.delivery.job is 'The job, where it is about one.';
comment on column nowd.delivery.purpose is
  'output; alert (something is wrong), recovery (it works again), heartbeat (a ping after a success).';
comment on column nowd.delivery.sink is 'Name of the sink in nowd.yaml; heartbeat for the URL of a job''s heartbeat.';
comment on column nowd.delivery.key is
  'Idempotency key, equal for all attempts and for a rerun of the same occurrence.';
comment on column nowd.delivery.subject is 'Subject in one line.';
comment on column nowd.delivery.text is
  'The text; null if it is the output of the run (nowd.body). Dry run: the text that would be sent.';
comment on column nowd.delivery.state is
  'pending, sending; delivered; failed (the sink refuses it for good); unknown (the sink may have accepted it and '
  'cannot recognise a repetition); expired (its validity ended); shown (dry run: never sent).';
comment on column nowd.delivery.reason is 'Result of the last attempt, or reason of the end.';
comment on column nowd.delivery.attempts is 'How many attempts were begun.';
comment on column nowd.delivery.next_at is 'When the next attempt is due.';
comment on column nowd.delivery.expires_at is
  'From then on it is not sent any more: yesterday''s news is not posted as today''s.';
comment on column nowd.delivery.node is 'The daemon that is sending it.';
comment on column nowd.delivery.repeatable is
  'True if an attempt with an unknown result may be repeated because the sink recognises its key. Set when the '
  'delivery is claimed.';
comment on column nowd.delivery.created_at is 'Host time at which it was decided.';
comment on column nowd.delivery.settled_at is 'Host time at which its fate was decided.';
comment on column nowd.delivery.recorded_at is 'Time of the database when the row was written.';

create table nowd.delivery_attempt (
  delivery    bigint      not null,
  attempt     integer     not null,
  node        uuid        not null,
  intent_at   timestamptz not null,
  started_at  timestamptz,
  ended_at    timestamptz,
  duration    interval,
  outcome     text,
  detail      text,
  remote      text,
  remote_date timestamptz,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint delivery_attempt_pkey primary key (delivery, attempt),
  constraint delivery_attempt_delivery_fkey foreign key (delivery) references nowd.delivery(delivery),
  constraint delivery_attempt_node_fkey foreign key (node) references nowd.node(node),
  constraint delivery_attempt_outcome_known check (outcome in ('delivered', 'again', 'failed', 'unknown', 'lost'))
);
comment on table nowd.delivery_attempt is 'One row per attempt to deliver, committed before the attempt begins.';
comment on column nowd.delivery_attempt.delivery is 'Of which message.';
comment on column nowd.delivery_attempt.attempt is '1 for the first.';
comment on column nowd.delivery_attempt.node is 'Number of the daemon that sent it.';
comment on column nowd.delivery_attempt.intent_at is 'The tool clock, intent: host time at which it was decided.';
comment on column nowd.delivery_attempt.started_at is
  'The tool clock: host time at which it began to leave; null = nothing left.';
comment on column nowd.delivery_attempt.ended_at is 'Host time of its end.';
comment on column nowd.delivery_attempt.duration is 'From start to end on the boot clock.';
comment on column nowd.delivery_attempt.outcome is
  'delivered; again (not now); failed (never); unknown; lost (the daemon ended first); null = under way.';
comment on column nowd.delivery_attempt.detail is 'Answer of the sink.';
comment on column nowd.delivery_attempt.remote is 'Scheme, host and port.';
comment on column nowd.delivery_attempt.remote_date is 'The sink''s own clock: HTTP Date.';
comment on column nowd.delivery_attempt.recorded_at is 'Time of the database when the row was written.';

create table nowd.alert (
  alert            bigint      not null generated always as identity,
  cause            text        not null,
  kind             text        not null,
  name             text        not null,
  reason           text        not null,
  detail           text        not null default '',
  state            text        not null default 'open',
  jobs             text[]      not null default '{}'::text[],
  count            bigint      not null default 1,
  first_at         timestamptz not null,
  last_at          timestamptz not null,
  last_run         bigint,
  notify_at        timestamptz,
  told_at          timestamptz,
  told_count       bigint      not null default 0,
  recovered_at     timestamptz,
  recovered_run    bigint,
  recovery_told_at timestamptz,
  recorded_at      timestamptz not null default clock_timestamp(),
  constraint alert_pkey primary key (alert),
  constraint alert_last_run_fkey foreign key (last_run) references nowd.run(run),
  constraint alert_recovered_run_fkey foreign key (recovered_run) references nowd.run(run),
  constraint alert_state_known check (state in ('open', 'recovered')),
  constraint alert_recovered_exactly_when check ((state = 'recovered') = (recovered_at is not null)),
  constraint alert_tells_a_recovery_only_after_the_alert check (recovery_told_at is null or told_at is not null),
  constraint alert_kind_known check (kind in (
    'run', 'provider', 'delivery', 'held', 'missed'
  ))
);
create unique index alert_one_open_per_cause on nowd.alert (cause) where state = 'open';
create index alert_of_cause on nowd.alert (cause, told_at);
create index alert_to_tell on nowd.alert (notify_at) where notify_at is not null;
create index alert_last_run on nowd.alert (last_run);
create index alert_recovered_run on nowd.alert (recovered_run) where recovered_run is not null;
comment on table nowd.alert is
  'One row per trouble with one cause, from its first sign to its recovery. A message is sent at once, again after '
  'a cooldown, and at the recovery.';
comment on column nowd.alert.alert is 'Number of the alert.';
comment on column nowd.alert.cause is
  'Identity of a trouble: kind, name and reason in one word. Two troubles with one cause are one alert.';
comment on column nowd.alert.kind is
  'run (runs of a job end badly), missed (occurrences of a job did not run and are too late), provider (one outage '
  'for all its jobs), delivery (a sink does not accept messages), held (dispatch or a job stands still; name: job '
  'files, clock, ledger, or clock of HOST).';
comment on column nowd.alert.name is 'Name of the job, provider or sink, or the reason of a hold.';
comment on column nowd.alert.reason is 'Why, in one word.';
comment on column nowd.alert.detail is 'Explanation of the latest occurrence, for people.';
comment on column nowd.alert.state is 'open or recovered.';
comment on column nowd.alert.jobs is 'The jobs that it hit.';
comment on column nowd.alert.count is 'How often it was seen.';
comment on column nowd.alert.first_at is 'Host time of the first.';
comment on column nowd.alert.last_at is 'Host time of the latest.';
comment on column nowd.alert.last_run is 'The latest run it hit.';
comment on column nowd.alert.notify_at is 'Time of the next message about this alert; null = no message is due.';
comment on column nowd.alert.told_at is 'Time of the last message about the trouble.';
comment on column nowd.alert.told_count is 'How many had been seen then.';
comment on column nowd.alert.recovered_at is 'When it was over.';
comment on column nowd.alert.recovered_run is 'The run that showed it.';
comment on column nowd.alert.recovery_told_at is 'Time of the message that reported the recovery.';
comment on column nowd.alert.recorded_at is 'Time of the database when the row was written.';

create table nowd.texts_deleted (
  job         text     not null,
  through_run bigint   not null default 0,
  but_not     bigint[] not null default '{}'::bigint[],
  constraint texts_deleted_pkey primary key (job),
  constraint texts_deleted_job_fkey foreign key (job) references nowd.job(job)
);
comment on table nowd.texts_deleted is
  'Progress of deleting the texts of each job (nowd.prune), so that no call reads the same runs again.';
comment on column nowd.texts_deleted.job is 'Name of the job.';
comment on column nowd.texts_deleted.through_run is 'No run up to this one has texts,';
comment on column nowd.texts_deleted.but_not is 'except these, which had to be kept: they are looked at again.';

create table nowd.fleet (
  loads    bigint  not null default 0,
  only_one boolean not null default true,
  constraint fleet_pkey primary key (only_one),
  constraint fleet_only_one_value check (only_one)
);
insert into nowd.fleet default values;
comment on table nowd.fleet is 'One row: the lock under which daemons load their job files, one at a time.';
comment on column nowd.fleet.loads is
  'Grows with each load: a daemon that sees it changed looks again which jobs are its own.';
comment on column nowd.fleet.only_one is 'Always true: makes a second row impossible.';

create table nowd.clock_event (
  event       bigint      not null generated always as identity,
  kind        text        not null,
  at          timestamptz not null,
  size        interval,
  before      text        not null,
  after       text        not null,
  node        uuid        not null,
  host        text        not null,
  boot_id     text        not null,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint clock_event_pkey primary key (event),
  constraint clock_event_node_fkey foreign key (node) references nowd.node(node),
  constraint clock_event_kind_known check (kind in ('step', 'suspend', 'sync_lost', 'sync_back', 'tzdata', 'remote_skew')),
  constraint clock_event_size_exactly_when check ((kind in ('step', 'suspend', 'remote_skew')) = (size is not null))
);
create index clock_event_recent on nowd.clock_event (recorded_at);
comment on table nowd.clock_event is
  'One row for each thing that happened to a host''s clock, as a daemon there saw it. Two daemons on one host '
  'write one each.';
comment on column nowd.clock_event.event is 'Number of the event.';
comment on column nowd.clock_event.kind is
  'step (the wall clock was set), suspend (the host slept), sync_lost, sync_back (synchronisation), tzdata '
  '(another release of the zone data), remote_skew (the database''s clock is more than 2 s off this host''s).';
comment on column nowd.clock_event.at is 'Host time at which it was noticed.';
comment on column nowd.clock_event.size is
  'step: positive = forward; suspend: how long; remote_skew: how far the database is ahead.';
comment on column nowd.clock_event.before is
  'step: the expected time; suspend: the last reading; remote_skew: time of the host; otherwise the reason of the '
  'hold before the event.';
comment on column nowd.clock_event.after is
  'Value of the clock, or reason of the hold, after the event; remote_skew: time of the database.';
comment on column nowd.clock_event.node is 'The daemon that saw it.';
comment on column nowd.clock_event.host is 'On which host.';
comment on column nowd.clock_event.boot_id is 'In which boot of that host.';
comment on column nowd.clock_event.recorded_at is 'Time of the database when the row was written.';

create table nowd.hold (
  hold         bigint      not null generated always as identity,
  cause        text        not null,
  host         text,
  reason       text        not null,
  detail       text        not null,
  node         uuid        not null,
  held_at      timestamptz not null default clock_timestamp(),
  known_ledger uuid,
  known_mark   bigint,
  accepted_at  timestamptz,
  accepted_by  text,
  accepted_why text,
  constraint hold_pkey primary key (hold),
  constraint hold_node_fkey foreign key (node) references nowd.node(node),
  constraint hold_cause_known check (cause in ('clock', 'ledger')),
  constraint hold_reason_known check (reason in ('step', 'behind', 'restored', 'another_ledger')),
  constraint hold_accepted_says_by_whom check ((accepted_at is null) = (accepted_by is null)),
  constraint hold_ledger_says_what_was_known check ((cause = 'ledger') = (known_ledger is not null) and (cause = 'ledger') = (known_mark is not null))
);
create unique index hold_one_open_per_cause on nowd.hold (cause, coalesce(host, '')) where accepted_at is null;
create index hold_of_known_ledger on nowd.hold (known_ledger) where accepted_at is not null;
comment on table nowd.hold is
  'One row per hold of dispatch: no work is claimed or planned until a user accepts it (nowctl clock accept, '
  'nowctl ledger accept).';
comment on column nowd.hold.hold is 'Number of the hold.';
comment on column nowd.hold.cause is 'clock, or ledger.';
comment on column nowd.hold.host is 'The hold applies to daemons on this host; null = to all daemons.';
comment on column nowd.hold.reason is
  'step (a clock was set by more than 24 hours), behind (a clock is behind the newest time in the ledger), '
  'restored (the ledger is older than a daemon remembers), another_ledger (a daemon remembers another ledger with '
  'this name).';
comment on column nowd.hold.detail is 'Explanation of the hold, for people.';
comment on column nowd.hold.node is 'The daemon that noticed it.';
comment on column nowd.hold.held_at is 'Database time, as it was then.';
comment on column nowd.hold.known_ledger is 'ledger: the identity that the daemon''s state directory knows.';
comment on column nowd.hold.known_mark is 'ledger: the highest mark that a daemon has seen of it.';
comment on column nowd.hold.accepted_at is 'Database time at which a person accepted it; null = it holds.';
comment on column nowd.hold.accepted_by is 'User who accepted the hold.';
comment on column nowd.hold.accepted_why is 'And why, in that person''s words.';

create table nowd.ledger_mark (
  mark      bigint      not null default 0,
  newest_at timestamptz not null default clock_timestamp(),
  only_one  boolean     not null default true,
  constraint ledger_mark_only_one_row unique (only_one),
  constraint ledger_mark_only_one_value check (only_one)
) with (fillfactor = 50);
insert into nowd.ledger_mark default values;
comment on table nowd.ledger_mark is
  'One row: how far this ledger has come. Daemons keep the mark in their state directory: a ledger with a smaller '
  'one was restored from a backup.';
comment on column nowd.ledger_mark.mark is
  'Counter: grows at most every 2 s while runs are claimed, else every minute.';
comment on column nowd.ledger_mark.newest_at is
  'Database time of the last mark: a clock that says less than this at the start of a daemon is wrong, or was.';
comment on column nowd.ledger_mark.only_one is 'Always true: makes a second row impossible.';

create table nowd.gate_decision (
  decision    bigint      not null generated always as identity,
  run         bigint      not null,
  gate        text        not null default 'clocks',
  subject     text        not null,
  call_seq    integer,
  delivery    bigint,
  attempt     integer,
  verdict     text        not null,
  objections  jsonb       not null default '[]',
  evidence    jsonb       not null default '{}',
  decided_at  timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint gate_decision_pkey primary key (decision),
  constraint gate_decision_run_fkey foreign key (run) references nowd.run(run) on delete cascade,
  constraint gate_decision_delivery_fkey foreign key (delivery) references nowd.delivery(delivery) on delete cascade,
  constraint gate_decision_gate_known check (gate in ('clocks')),
  constraint gate_decision_subject_known check (subject in ('effect', 'turn', 'command', 'output', 'delivery')),
  constraint gate_decision_verdict_known check (verdict in ('allow', 'ask', 'deny')),
  constraint gate_decision_denial_says_why check (verdict <> 'deny' or objections <> '[]'),
  constraint gate_decision_names_its_delivery check ((subject = 'delivery') = (delivery is not null))
);
create index gate_decision_of_run on nowd.gate_decision (run);
create index gate_decision_of_delivery on nowd.gate_decision (delivery) where delivery is not null;
create index gate_decision_denied on nowd.gate_decision (decided_at) where verdict = 'deny';
comment on table nowd.gate_decision is
  'One row per decision on whether something may leave a run: an effect, a command, its output, an attempt to '
  'deliver. Written in the transaction that records the intent.';
comment on column nowd.gate_decision.decision is 'Number of the decision.';
comment on column nowd.gate_decision.run is 'Number of the run.';
comment on column nowd.gate_decision.gate is 'Which gate: clocks.';
comment on column nowd.gate_decision.subject is
  'effect (a tool call), turn (all effects of one answer with a wrong stated date), command, output, or delivery '
  '(one attempt).';
comment on column nowd.gate_decision.call_seq is 'The tool call (tool_call.seq).';
comment on column nowd.gate_decision.delivery is 'The delivery that was judged.';
comment on column nowd.gate_decision.attempt is 'The attempt to deliver it.';
comment on column nowd.gate_decision.verdict is 'allow < ask < deny.';
comment on column nowd.gate_decision.objections is
  'Rules that were broken: [{"rule", "response": flag | refuse, "verdict", "detail"}].';
comment on column nowd.gate_decision.evidence is
  'Facts that the decision is based on: now, as_of, valid_until, time of the newest clock block, date stated by '
  'the model, data read, remote clocks.';
comment on column nowd.gate_decision.decided_at is 'Host time of the decision; database time for a delivery.';
comment on column nowd.gate_decision.recorded_at is 'Time of the database when the row was written.';

create table nowd.remote_clock (
  boot_id        text        not null,
  remote         text        not null,
  low            interval,
  low_at         timestamptz,
  high           interval,
  high_at        timestamptz,
  samples        integer     not null,
  first_at       timestamptz,
  last_at        timestamptz,
  behind_samples integer     not null default 0,
  behind_since   timestamptz,
  behind_high    interval,
  constraint remote_clock_pkey primary key (boot_id, remote),
  constraint remote_clock_bound_has_a_time check ((low is null) = (low_at is null) and (high is null) = (high_at is null))
);
comment on table nowd.remote_clock is
  'Bounds of each remote clock from HTTP exchanges, measured against one boot of one host: remote minus local '
  'time. Bounds widen by 200 ppm of their age and are dropped after an hour.';
comment on column nowd.remote_clock.boot_id is 'Which boot of the daemon''s host.';
comment on column nowd.remote_clock.remote is 'Scheme, host and port.';
comment on column nowd.remote_clock.low is 'The offset is at least this: a Date proves a clock ahead.';
comment on column nowd.remote_clock.low_at is 'As of when.';
comment on column nowd.remote_clock.high is 'The offset is at most this, if the Date is not cached: only a suspicion.';
comment on column nowd.remote_clock.high_at is 'As of when.';
comment on column nowd.remote_clock.samples is 'Exchanges that the estimate rests on.';
comment on column nowd.remote_clock.first_at is 'The first of them.';
comment on column nowd.remote_clock.last_at is 'Time of the last exchange.';
comment on column nowd.remote_clock.behind_samples is 'The last exchanges in unbroken order that each say: behind.';
comment on column nowd.remote_clock.behind_since is 'The first of those.';
comment on column nowd.remote_clock.behind_high is
  'Upper bound of how far the remote clock is behind ours, by all exchanges.';

create table nowd.budget_account (
  job          text          not null,
  day          date          not null,
  reserved_usd numeric(18,8) not null default 0,
  spent_usd    numeric(18,8) not null default 0,
  changed_at   timestamptz   not null default clock_timestamp(),
  constraint budget_account_pkey primary key (job, day),
  constraint budget_account_job_fkey foreign key (job) references nowd.job(job),
  constraint budget_account_is_not_negative check (reserved_usd >= 0 and spent_usd >= 0)
);
comment on table nowd.budget_account is
  'Cost of the model calls of a job per UTC day. Each call is reserved before it is sent and settled after it; a '
  'lost call keeps its reservation. limits.usd_per_day applies to the sum.';
comment on column nowd.budget_account.job is 'Name of the job.';
comment on column nowd.budget_account.day is 'UTC day, by the database''s clock when the call was reserved.';
comment on column nowd.budget_account.reserved_usd is 'For calls under way, and for those that were lost.';
comment on column nowd.budget_account.spent_usd is 'Of calls that were answered.';
comment on column nowd.budget_account.changed_at is 'Database time of the last change.';

create table nowd.provider_state (
  api         text        not null,
  base_url    text        not null,
  credential  text        not null,
  provider    text        not null,
  state       text        not null,
  since       timestamptz not null,
  until       timestamptz,
  cause       text,
  overloads   integer     not null default 0,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint provider_state_pkey primary key (api, base_url, credential),
  constraint provider_state_known check (state in ('closed', 'open', 'half_open', 'paused')),
  constraint provider_state_ends_unless_closed check ((state = 'closed') = (until is null)),
  constraint provider_state_says_why check ((state = 'closed') = (cause is null)),
  constraint provider_state_counts_from_zero check (overloads >= 0)
);
comment on table nowd.provider_state is
  'One row for each key that a daemon has had to leave alone, written when that changes and never for each call. A '
  'key without a row has never been in trouble. Of several daemons the last one to notice a change has written it.';
comment on column nowd.provider_state.api is 'The dialect: openai-chat and the like.';
comment on column nowd.provider_state.base_url is 'The server; empty = the vendor''s own.';
comment on column nowd.provider_state.credential is
  'Source of the credential, never its value: env NAME, file PATH, credential NAME, or none.';
comment on column nowd.provider_state.provider is 'A provider of nowd.yaml that calls with it; there may be others.';
comment on column nowd.provider_state.state is
  'closed (calls are made); open (several overloads in a row: no calls); half_open (one trial call); paused (the '
  'account has no credit).';
comment on column nowd.provider_state.since is 'Host time of the change.';
comment on column nowd.provider_state.until is
  'Host time: open, half_open: when a call may look, or could; paused: when calls are made again, unless the '
  'credential changes or nowd reloads before.';
comment on column nowd.provider_state.cause is 'Why; null = closed.';
comment on column nowd.provider_state.overloads is 'How many calls in a row had been answered with overload.';
comment on column nowd.provider_state.recorded_at is 'Time of the database when the row was written.';

create table nowd.past_schedule (
  past              bigint      not null generated always as identity,
  job               text        not null,
  schedule_revision text        not null,
  planned_from      timestamptz not null,
  planned_until     timestamptz not null,
  zone              text        not null,
  recorded_at       timestamptz not null default clock_timestamp(),
  constraint past_schedule_pkey primary key (past),
  constraint past_schedule_job_fkey foreign key (job) references nowd.job(job),
  constraint past_schedule_runs_forward check (planned_until > planned_from)
);
create index past_schedule_of_job on nowd.past_schedule (job, planned_until);
comment on table nowd.past_schedule is
  'One row per stretch of time for which a schedule was in force that is so no more; of the schedule in force, '
  'nowd.job_cursor says it.';
comment on column nowd.past_schedule.past is 'Number of the row.';
comment on column nowd.past_schedule.job is 'Name of the job.';
comment on column nowd.past_schedule.schedule_revision is 'Hash of the schedule.';
comment on column nowd.past_schedule.planned_from is 'Since when it was in force.';
comment on column nowd.past_schedule.planned_until is
  'Each occurrence in (planned_from, planned_until] has a row or is part of a range. Later moments of this '
  'schedule were never planned.';
comment on column nowd.past_schedule.zone is 'The zone of the schedule.';
comment on column nowd.past_schedule.recorded_at is 'Time of the database when the row was written.';

create table nowd.turn (
  name text not null,
  constraint turn_pkey primary key (name)
);
comment on table nowd.turn is 'One row per work that one session at a time may do: its lock is the row''s.';
comment on column nowd.turn.name is 'partitions, or prune and the job.';
alter table nowd.job add constraint job_revision_exists foreign key (job, revision) references nowd.job_revision(job, revision) deferrable initially deferred;
alter table nowd.request add constraint request_after_run_fkey foreign key (after_run) references nowd.run(run);

-- Rules that no role can break.

create function nowd.refuse_change()
  returns trigger
language plpgsql set search_path = pg_catalog, nowd, pg_temp as $$
begin
  raise exception 'nowd.%: what a clock said and what a row identifies cannot be changed', tg_table_name
    using errcode = 'integrity_constraint_violation';
end
$$;
comment on function nowd.refuse_change is 'Refuses updates of clock columns and identities.';

create function nowd.refuse_draft()
  returns trigger
language plpgsql set search_path = pg_catalog, nowd, pg_temp as $$
begin
  if not exists (select from nowd.run r where r.run = new.run and r.state = 'succeeded') then
    raise exception 'nowd.delivery: run % has not succeeded, so its output cannot be delivered', new.run
      using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end
$$;
comment on function nowd.refuse_draft is 'Refuses deliveries of outputs of runs that have not succeeded.';

create function nowd.skip_paused()
  returns trigger
language plpgsql set search_path = pg_catalog, nowd, pg_temp as $$
begin
  if exists (select from nowd.job j where j.job = new.job and j.resumed_at >= new.due_at) then
    new.state := 'skipped';
    new.reason := 'paused';
    new.judged_at := clock_timestamp();
  end if;
  return new;
end
$$;
comment on function nowd.skip_paused is
  'Closes occurrences that fell due before their job was last resumed: resuming fires nothing.';

create function nowd.only_a_good_end_succeeds()
  returns trigger
language plpgsql set search_path = pg_catalog, nowd, pg_temp as $$
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
comment on function nowd.only_a_good_end_succeeds is
  'A run succeeds only if its last model call was complete, or ended at a stop sequence that its job accepts.';

create function nowd.keep_past_schedule()
  returns trigger
language plpgsql security definer set search_path = pg_catalog, nowd, pg_temp as $$
begin
  if least(old.materialised_through, new.planned_from) > old.planned_from then
    insert into nowd.past_schedule (job, schedule_revision, planned_from, planned_until, zone)
    values (old.job, old.schedule_revision, old.planned_from, least(old.materialised_through, new.planned_from), old.zone);
  end if;
  return null;
end
$$;
comment on function nowd.keep_past_schedule is
  'Keeps for how long a schedule was in force when another one takes its place.';

create function nowd.follow_leader()
  returns trigger
language plpgsql set search_path = pg_catalog, nowd, pg_temp as $$
declare
  leader record;
begin
  select coalesce(q.by_hand, r.kind = 'backfill') as by_hand, coalesce(q.deliver, o.deliver, r.kind <> 'backfill') as deliver into leader
  from nowd.run r
  left join nowd.request q on q.request = r.request
  left join nowd.occurrence o on r.request is null and o.job = r.job and o.scheduled_at = r.scheduled_at
  where r.run = new.after_run;
  if found then
    new.by_hand := leader.by_hand;
    new.deliver := leader.deliver;
  end if;
  return new;
end
$$;
comment on function nowd.follow_leader is
  'Copies from the leading run to a request after it: whether a user asked, and whether deliveries are sent.';

create function nowd.refuse_rewrite()
  returns trigger
language plpgsql set search_path = pg_catalog, nowd, pg_temp as $$
begin
  raise exception 'nowd.%: %', tg_table_name, tg_argv[0] using errcode = 'integrity_constraint_violation';
end
$$;
comment on function nowd.refuse_rewrite is 'Refuses updates of rows that are final; its argument says which.';

create function nowd.refuse_second_output()
  returns trigger
language plpgsql security definer set search_path = pg_catalog, nowd, pg_temp as $$
declare
  -- Lets Postgres pass over the months before the run.
  since constant timestamptz := (select r.claimed_at - interval '1 day' from nowd.run r where r.run = new.run);
begin
  if exists (select from nowd.body b where b.run = new.run and b.part = 'output' and b.recorded_at >= since) then
    raise exception 'nowd.body: run % has its output already', new.run using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end
$$;
comment on function nowd.refuse_second_output is
  'Refuses a second output of a run: one text was decided on, and that one is delivered.';
create trigger job_cursor_moved after update on nowd.job_cursor for each row
  when (old.planned_from is distinct from new.planned_from or old.schedule_revision is distinct from new.schedule_revision)
  execute function nowd.keep_past_schedule();
create trigger occurrence_identity_is_final before update on nowd.occurrence for each row
  when ((old.job, old.scheduled_at, old.due_at, old.slot) is distinct from (new.job, new.scheduled_at, new.due_at, new.slot) and old.state <> 'withdrawn')
  execute function nowd.refuse_change();
create trigger occurrence_of_a_pause before insert on nowd.occurrence for each row
  when (new.state = 'planned' and new.kind <> 'backfill') execute function nowd.skip_paused();
create trigger request_of_a_follower before insert on nowd.request for each row
  when (new.after_run is not null) execute function nowd.follow_leader();
create trigger run_clocks_are_final before update on nowd.run for each row
  when ((old.run, old.job, old.scheduled_at, old.kind, old.attempt, old.claimed_at, old.due_at, old.as_of, old.window_start, old.window_end)
        is distinct from
        (new.run, new.job, new.scheduled_at, new.kind, new.attempt, new.claimed_at, new.due_at, new.as_of, new.window_start, new.window_end)
        or (old.dispatched_at is not null and (old.dispatched_at, old.dispatched_boot_ns) is distinct from (new.dispatched_at, new.dispatched_boot_ns))
        or (old.ended_at is not null and old.ended_at is distinct from new.ended_at))
  execute function nowd.refuse_change();
create trigger run_succeeds_only_after_a_good_end after update of state on nowd.run
  for each row when (new.state = 'succeeded' and old.state <> 'succeeded') execute function nowd.only_a_good_end_succeeds();
create trigger run_end_is_final before update on nowd.run for each row
  when (old.ended_at is not null
        and (old.state, old.reason, old.detail, old.stop, old.verdict, old.verdicts, old.node, old.claim_id)
            is distinct from
            (new.state, new.reason, new.detail, new.stop, new.verdict, new.verdicts, new.node, new.claim_id))
  execute function nowd.refuse_rewrite('a run that has ended stays as it ended');
create trigger inference_clocks_are_final before update on nowd.inference for each row
  when (old.state <> 'sending'
        and (old.run, old.seq, old.injected_now, old.sent_at, old.headers_at, old.first_token_at, old.ended_at, old.provider_date,
             old.sent_boot_ns, old.headers_boot_ns, old.first_token_boot_ns, old.ended_boot_ns)
            is distinct from
            (new.run, new.seq, new.injected_now, new.sent_at, new.headers_at, new.first_token_at, new.ended_at, new.provider_date,
             new.sent_boot_ns, new.headers_boot_ns, new.first_token_boot_ns, new.ended_boot_ns))
  execute function nowd.refuse_change();
create trigger tool_call_clocks_are_final before update on nowd.tool_call for each row
  when ((old.run, old.seq, old.intent_at, old.idempotency_key) is distinct from (new.run, new.seq, new.intent_at, new.idempotency_key)
        or (old.started_at is not null and (old.started_at, old.ended_at) is distinct from (new.started_at, new.ended_at)))
  execute function nowd.refuse_change();
create trigger body_one_output before insert on nowd.body for each row
  when (new.part = 'output') execute function nowd.refuse_second_output();
create trigger delivery_never_of_a_draft before insert on nowd.delivery for each row
  when (new.purpose in ('output', 'heartbeat')) execute function nowd.refuse_draft();
create trigger gate_decision_is_final before update on nowd.gate_decision for each row
  execute function nowd.refuse_rewrite('a decision is never changed');
create trigger budget_account_is_never_given_back before update on nowd.budget_account for each row
  when (new.spent_usd < old.spent_usd)
  execute function nowd.refuse_rewrite('what was spent stays spent');

-- Views for people and for the daemon.

-- A clock is stored where it belongs: at its run, its model call or its tool call. Here each look at a clock is a row.
-- turn: 0 before the first model call, then its number; readings of one turn are in the order of their call and point.
create view nowd.clock_reading as
select x.run, row_number() over (partition by x.run order by x.turn, x.call, x.place) as seq, x.clock, x.point, x.at,
       x.uncertainty, x.boot_ns, case when x.boot_ns is not null then n.boot_id end as boot_id, x.source, x.recorded_at
from (
  select r.run, r.node, v.turn, 0 as call, v.place, v.clock, v.point, v.at, v.uncertainty, v.boot_ns, v.source, r.recorded_at
  from nowd.run r,
    lateral (values
      (-1, 1, 'scheduled', 'scheduled', r.scheduled_at, interval '0', null::bigint, 'schedule'),
      (-1, 2, 'dispatch', 'database', r.claimed_at, null, null, 'database'),
      (-1, 3, 'dispatch', 'start', r.dispatched_at, r.host_uncertainty, r.dispatched_boot_ns, r.host_sync),
      (2147483647, 1, 'dispatch', 'end', case when r.ended_boot_ns is not null then r.ended_at end, r.host_uncertainty,
       r.ended_boot_ns, r.host_sync)
    ) as v(turn, place, clock, point, at, uncertainty, boot_ns, source)
  union all
  select i.run, r.node, i.seq, 0, v.place, 'inference', v.point || ':' || i.seq, v.at, v.uncertainty, v.boot_ns, v.source,
         i.recorded_at
  from nowd.inference i
    join nowd.run r on r.run = i.run,
    lateral (values
      (1, 'injected', i.injected_now, i.host_uncertainty, null::bigint, i.host_sync),
      (2, 'sent', i.sent_at, i.host_uncertainty, i.sent_boot_ns, i.host_sync),
      (3, 'headers', i.headers_at, i.host_uncertainty, i.headers_boot_ns, i.host_sync),
      (4, 'first_token', i.first_token_at, i.host_uncertainty, i.first_token_boot_ns, i.host_sync),
      (5, 'end', i.ended_at, i.host_uncertainty, i.ended_boot_ns, i.host_sync),
      (6, 'provider_date', i.provider_date, interval '1 second', null, 'http-date')
    ) as v(place, point, at, uncertainty, boot_ns, source)
  union all
  select t.run, r.node, coalesce(t.inference_seq, 0), t.seq, v.place, v.clock, v.point || ':' || t.seq, v.at, v.uncertainty,
         v.boot_ns, v.source, t.recorded_at
  from nowd.tool_call t
    join nowd.run r on r.run = t.run,
    lateral (values
      (1, 'tool', 'intent', t.intent_at, t.host_uncertainty, t.intent_boot_ns, t.host_sync),
      (2, 'tool', 'start', t.started_at, t.host_uncertainty, t.started_boot_ns, t.host_sync),
      (3, 'tool', 'end', t.ended_at, t.host_uncertainty, t.ended_boot_ns, t.host_sync),
      (4, 'tool', 'remote_date', t.remote_date, interval '1 second', null, 'http-date'),
      (5, 'data', 'oldest', t.data_oldest, null, null, 'data'),
      (6, 'data', 'newest', t.data_newest, null, null, 'data')
    ) as v(place, clock, point, at, uncertainty, boot_ns, source)
) x
  left join nowd.node n on n.node = x.node
where x.at is not null;
comment on view nowd.clock_reading is
  'One row per look at one clock of a run, in order: scheduled, dispatch, inference, tool, and data (the fifth '
  'witness). A view over the clock columns of run, inference and tool_call.';
comment on column nowd.clock_reading.run is 'Number of the run.';
comment on column nowd.clock_reading.seq is 'Order within the run.';
comment on column nowd.clock_reading.clock is 'scheduled, dispatch, inference, tool or data.';
comment on column nowd.clock_reading.point is
  'Point of the run: scheduled, database, start, injected:1, sent:1, headers:1, first_token:1, end:1, '
  'provider_date:1, intent:2, start:2, end:2, remote_date:2, oldest:2, newest:2, end. The number is the seq of the '
  'call.';
comment on column nowd.clock_reading.at is 'Time that the clock showed.';
comment on column nowd.clock_reading.uncertainty is
  'Half-width around at; null = unknown. Of the host''s clock: as it was at the start of the call.';
comment on column nowd.clock_reading.boot_ns is
  'Boot clock of the host (CLOCK_BOOTTIME) at the same moment, in nanoseconds.';
comment on column nowd.clock_reading.boot_id is 'Boot of the host from which that clock counts.';
comment on column nowd.clock_reading.source is
  'Source of the reading: chrony, kernel-estimate, unsynchronised, database, http-date, schedule, data, script.';
comment on column nowd.clock_reading.recorded_at is 'Time of the database when the row that holds it was first written.';

create view nowd.runs as
select r.run, r.job, r.kind, r.state, r.reason, r.scheduled_at, r.dispatched_at, r.ended_at, r.attempt, r.duration,
       r.dispatched_at - r.due_at as late, r.verdict, r.model_calls, r.tool_calls, r.input_tokens, r.output_tokens, r.detail,
       r.not_before, r.dry_run, r.zone
from nowd.run r;
comment on view nowd.runs is 'Runs, readable. Newest first: select * from nowd.runs order by run desc limit 20.';

create view nowd.run_clocks as
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
comment on view nowd.run_clocks is
  'One row per run with its four clocks side by side (scheduled, dispatch, inference, tool), data time, their '
  'distances from scheduled_at, and the verdict. effect_at is the start of the first effect or delivery.';

create view nowd.upcoming as
select o.job, o.scheduled_at, o.slot as local_time, o.zone, o.due_at, o.slot_kind,
       case when j.paused_at is not null then 'paused' else o.state end as state, o.kind
from nowd.occurrence o join nowd.job j using (job) where o.state = 'planned'
union all
select o.job, o.scheduled_at, o.slot, o.zone, o.due_at, o.slot_kind, o.state, o.kind
from nowd.occurrence o where o.state = 'skipped' and o.reason = 'asked' and o.due_at > clock_timestamp()
union all
select c.job, c.next_at, c.next_local, c.zone, c.next_at, 'plain', case when j.paused_at is not null then 'paused' else 'not yet planned' end, 'scheduled'
from nowd.job_cursor c join nowd.job j using (job)
where c.next_at is not null and j.state = 'active'
  and not exists (select from nowd.occurrence o where o.job = c.job and o.scheduled_at = c.next_at and o.state <> 'withdrawn');
comment on view nowd.upcoming is
  'Future occurrences: the planned ones, and the first one after them for each job. State: planned, not yet '
  'planned, skipped (by a user), paused (skipped unless the pause ends before; a backfill waits).';

create view nowd.occurrence_fate as
select o.job, o.scheduled_at, o.scheduled_at as until_at, 1::bigint as count, o.kind, o.state, o.reason, o.due_at, o.attempts,
       (select r.run from nowd.run r where r.job = o.job and r.scheduled_at = o.scheduled_at and r.attempt = o.attempts and coalesce(r.request, 0) = 0) as run,
       (select r.state from nowd.run r where r.job = o.job and r.scheduled_at = o.scheduled_at and r.attempt = o.attempts and coalesce(r.request, 0) = 0) as run_state,
       (select r.dispatched_at from nowd.run r where r.job = o.job and r.scheduled_at = o.scheduled_at and r.attempt = o.attempts and coalesce(r.request, 0) = 0) as dispatched_at,
       (select r.ended_at from nowd.run r where r.job = o.job and r.scheduled_at = o.scheduled_at and r.attempt = o.attempts and coalesce(r.request, 0) = 0) as ended_at,
       (select r.verdict from nowd.run r where r.job = o.job and r.scheduled_at = o.scheduled_at and r.attempt = o.attempts and coalesce(r.request, 0) = 0) as verdict,
       o.coalesced_into, o.judged_at
from nowd.occurrence o
union all
select g.job, g.first_at, g.last_at, g.count - own.count, 'scheduled'::text, g.state, g.reason, g.first_at, 0,
       null::bigint, null::text, null::timestamptz, null::timestamptz, null::text, g.coalesced_into, g.recorded_at
from nowd.occurrence_range g,
     lateral (select count(*) from nowd.occurrence o where o.job = g.job and o.scheduled_at between g.first_at and g.last_at
              and o.schedule_revision = g.schedule_revision) own
where g.count > own.count;
comment on view nowd.occurrence_fate is
  'The fate of every occurrence with its reason. Each counts once: a row with until_at later than scheduled_at '
  'stands for count occurrences between the two that have no row of their own.';

create view nowd.jobs as
select j.job, case when j.state = 'active' and not v.spec -> 'schedule' ? 'manual' and not next.comes then 'finished' else j.state end as state,
       v.schedule, next.at as next_at, last.run as last_run, last.state as last_state, last.scheduled_at as last_scheduled_at,
       last.verdict as last_verdict, j.paused_reason, v.source, j.paused_by, j.paused_at
from nowd.job j
join nowd.job_revision v using (job, revision)
left join lateral (select min(u.scheduled_at) filter (where u.state not in ('skipped', 'paused') and u.kind <> 'backfill') as at,
                          count(*) > 0 as comes
                   from nowd.upcoming u where u.job = j.job) next on true
left join lateral (select r.run, r.state, r.scheduled_at, r.verdict from nowd.run r where r.job = j.job order by r.run desc limit 1) last on true;
comment on view nowd.jobs is
  'Jobs with their schedule, the next occurrence that will run, and their last run. State: active, finished (its '
  'schedule is over), retired. Nothing comes next while a job is paused.';

create view nowd.effects_in_doubt as
select t.run, t.seq, r.job, r.scheduled_at, t.tool, t.effect, t.state, t.arguments, t.idempotency_key, t.intent_at, t.error
from nowd.tool_call t join nowd.run r using (run)
where t.effect <> 'read' and t.state in ('intent', 'unknown');
comment on view nowd.effects_in_doubt is
  'Effects that may or may not have happened: nowd does not repeat them, a person looks.';

create view nowd.deliveries as
select d.delivery, d.run, d.job, d.purpose, d.sink, d.state, d.attempts, d.created_at, d.next_at, d.expires_at, d.settled_at, d.subject, d.reason
from nowd.delivery d;
comment on view nowd.deliveries is
  'Messages to sinks, readable. Newest first: select * from nowd.deliveries order by delivery desc limit 20.';

create view nowd.alerts as
select a.alert, a.state, a.kind, a.name, a.reason, a.count, a.jobs, a.first_at, a.last_at, a.told_at, a.recovered_at, a.last_run, a.detail
from nowd.alert a;
comment on view nowd.alerts is 'Troubles for people. Open ones: select * from nowd.alerts where state = ''open''.';

create view nowd.retention as
select j.job, make_interval(secs => (v.spec -> 'retention' ->> 'bodies_ms')::double precision / 1000) as bodies,
       make_interval(secs => (v.spec -> 'retention' ->> 'runs_ms')::double precision / 1000) as runs
from nowd.job j join nowd.job_revision v using (job, revision)
where v.spec ? 'retention';
comment on view nowd.retention is
  'How long each job''s texts (bodies) and runs are kept, by the revision in force; null = for ever. Jobs that '
  'keep everything are absent.';

create view nowd.job_standing as
select j.job, j.revision, j.lane, j.paused_at is not null as paused,
       exists (select from nowd.run r where r.lane = j.lane and r.state in ('running', 'suspended', 'committing')) as busy,
       last.window_end as succeeded_through, last.ended_at as succeeded_at,
       (select case when r.job = j.job then r.kind else 'another job' end from nowd.run r
        where r.lane = j.lane and r.state in ('running', 'suspended', 'committing')) as live
from nowd.job j
left join lateral (select r.window_end, r.ended_at from nowd.run r
                   where r.job = j.job and r.state = 'succeeded' and r.kind <> 'backfill' and not r.dry_run
                   order by r.window_end desc limit 1) last on true
where j.state <> 'retired';
comment on view nowd.job_standing is
  'State of a job for a claim: its lane, the kind of a live run in it, its pause, and the time of its last '
  'success. Retired jobs are absent.';

create view nowd.loaded as
select n.node, n.host, j.job, l.revision, l.revision = j.revision and j.state = 'active' as in_force
from nowd.node n, jsonb_each_text(n.loaded) as l(job, revision), nowd.job j
where n.state = 'alive' and j.job = l.job;
comment on view nowd.loaded is
  'Which live daemon has which revision of which job in its files; only those in force are run.';

create view nowd.holds as
select h.hold, h.cause, h.reason, coalesce(h.host, 'all') as held, h.detail, h.held_at, h.accepted_at, h.accepted_by, h.accepted_why,
       case when h.accepted_at is null then 'nowctl ' || h.cause || ' accept' end as to_go_on
from nowd.hold h;
comment on view nowd.holds is
  'Holds of dispatch for people. Present ones: select * from nowd.holds where accepted_at is null.';

create view nowd.model_beliefs as
select i.run, r.job, i.seq, i.provider, coalesce(i.model_served, i.model) as model, i.sent_at,
       (i.sent_at at time zone r.zone)::date as true_date, (r.as_of at time zone r.zone)::date as as_of_date,
       case when i.purpose = 'probe' then i.model_as_of end as believed,
       case when i.purpose <> 'probe' then i.model_as_of end as stated
from nowd.inference i join nowd.run r using (run)
where i.model_as_of is not null;
comment on view nowd.model_beliefs is
  'Dates that models believe: believed = asked without a clock block (clocks.probe); stated = given with effects '
  'and JSON outputs, after reading it.';

create view nowd.data_freshness as
select t.run, r.job, r.scheduled_at, t.seq, t.source, t.tool as name, t.data_count, t.data_inside, t.data_oldest, t.data_newest,
       r.window_start, r.window_end, t.started_at - t.data_newest as newest_age, r.verdict
from nowd.tool_call t join nowd.run r using (run)
where t.data_count is not null;
comment on view nowd.data_freshness is
  'Data that runs have read, if data_time is declared: number of instants, number within the window of the run, '
  'age of the newest.';

create view nowd.late_runs as
select r.run, r.job, r.kind, r.state, r.scheduled_at, r.due_at, r.dispatched_at, r.dispatched_at - r.due_at as late, r.verdict
from nowd.run r
where r.kind in ('scheduled', 'catch_up') and r.verdicts @> '[{"verdict": "late"}]';
comment on view nowd.late_runs is 'Runs that were dispatched later than their job''s grace allows.';

create view nowd.refusals as
select g.decision, g.run, r.job, g.decided_at, g.subject, t.tool, g.delivery, o.value ->> 'rule' as rule, o.value ->> 'detail' as detail
from nowd.gate_decision g
join nowd.run r using (run)
left join nowd.tool_call t on t.run = g.run and t.seq = g.call_seq
cross join lateral jsonb_array_elements(g.objections) o
where g.verdict = 'deny' and o.value ->> 'response' = 'refuse';
comment on view nowd.refusals is
  'Effects and outputs that the clock guard refused, with the reason, newest first: select * from nowd.refusals '
  'order by decision desc limit 20.';

create view nowd.clock_gaps as
select c.job, g.gap, count(*) as runs,
       percentile_cont(0.5)  within group (order by g.size) as p50,
       percentile_cont(0.95) within group (order by g.size) as p95,
       percentile_cont(0.99) within group (order by g.size) as p99,
       max(g.size) as worst
from nowd.run_clocks c
cross join lateral (values ('scheduled to dispatch', c.dispatch_lag), ('dispatch to inference', c.inferred_at - c.dispatched_at),
                           ('inference to effect', c.effect_at - c.inferred_at), ('scheduled to effect', c.effect_lag)) g(gap, size)
where g.size is not null and c.kind in ('scheduled', 'catch_up')
group by c.job, g.gap;
comment on view nowd.clock_gaps is
  'How far the clocks of a job''s scheduled runs lie apart: median, 95th and 99th percentile of each gap.';

create view nowd.clock_skew as
select c.remote, case when c.low > interval '0' then c.low end as proven_ahead,
       case when c.behind_samples >= 5 and c.last_at - c.behind_since >= interval '1 minute' and c.behind_high < interval '0'
            then -c.behind_high end as suspected_behind,
       c.samples, c.first_at, c.last_at
from nowd.remote_clock c
where c.samples > 0;
comment on view nowd.clock_skew is
  'Remote clocks (providers, hosts of tools and sinks): how far ahead each is proven to be, or suspected to be '
  'behind.';

create view nowd.job_overview as
select j.job, j.state, j.schedule, j.next_at, j.paused_reason, coalesce(c.zone, r.zone, 'UTC') as zone,
       (select count(*) from nowd.run l where l.job = j.job and l.state in ('running', 'suspended', 'committing')) as live,
       case when j.paused_reason is null and j.state <> 'retired'
            then clock_timestamp() - (select min(o.due_at) from nowd.occurrence o
                                      where o.job = j.job and o.state = 'planned' and o.due_at < clock_timestamp()) end as overdue,
       j.last_run, j.last_state, r.reason as last_reason, j.last_scheduled_at, r.dispatched_at as last_dispatched_at,
       case when r.kind in ('scheduled', 'catch_up') then r.dispatched_at - r.due_at end as last_late, r.ended_at as last_ended_at, j.last_verdict,
       r.kind as last_kind, r.dry_run as last_dry_run, j.paused_by, b.description, case when v.spec ? 'command' then 'command' else v.spec ->> 'provider' end as provider,
       v.spec -> 'deliver' as deliver, v.spec ->> 'after' as follows
from nowd.jobs j
join nowd.job b on b.job = j.job
join nowd.job_revision v on v.job = b.job and v.revision = b.revision
left join nowd.run r on r.run = j.last_run
left join nowd.job_cursor c on c.job = j.job;
comment on view nowd.job_overview is
  'Jobs with their next occurrence, their last run with its lateness and verdict, runs under way, and how long the '
  'oldest due occurrence has been waiting (overdue). The page shows this.';

create view nowd.run_gaps as
select c.run, c.job, c.kind, c.state, r.reason, c.scheduled_at, c.dispatched_at, c.inferred_at, c.effect_at, r.ended_at, r.duration,
       r.dispatched_at - r.due_at as late, c.dispatch_lag, c.inferred_at - c.dispatched_at as dispatch_to_inference,
       c.effect_at - c.inferred_at as inference_to_effect, c.effect_lag, r.host_uncertainty, c.verdict, r.dry_run
from nowd.run_clocks c join nowd.run r using (run);
comment on view nowd.run_gaps is
  'One row per run with the gaps between its clocks, one after the other. Of one job: select * from nowd.run_gaps '
  'where job = ''standup'' order by run desc limit 20.';

create view nowd.spend_by_job as
select r.job, (i.recorded_at at time zone 'UTC')::date as day, count(distinct i.run) as runs, count(*) as model_calls,
       round(count(*)::numeric / count(distinct i.run), 2) as amplification,
       count(*) filter (where i.purpose not in ('plan', 'probe')) as repeated,
       coalesce(sum(i.input_tokens), 0) as input_tokens, coalesce(sum(i.cached_tokens), 0) as cached_tokens,
       coalesce(sum(i.output_tokens), 0) as output_tokens, sum(i.cost_usd) as cost_usd,
       count(*) filter (where i.usage_estimated) as estimated,
       max(i.recorded_at) as last_at,
       coalesce(sum(i.cache_write_tokens), 0) as cache_write_tokens, coalesce(sum(i.reasoning_tokens), 0) as reasoning_tokens
from nowd.inference i join nowd.run r using (run)
group by r.job, (i.recorded_at at time zone 'UTC')::date;
comment on view nowd.spend_by_job is
  'Cost of the model calls of each job per UTC day. amplification = model calls per run; repeated = calls that '
  'were retries; estimated = calls without a complete usage. Input includes cached and cache-writing tokens, '
  'output includes reasoning.';

create view nowd.inference_stops as
select r.job, i.provider, (i.recorded_at at time zone 'UTC')::date as day, i.stop, i.stop_raw, i.stop_action as action, count(*) as calls,
       max(i.recorded_at) as last_at, max(i.run) as last_run
from nowd.inference i join nowd.run r using (run)
where i.stop is not null
group by r.job, i.provider, (i.recorded_at at time zone 'UTC')::date, i.stop, i.stop_raw, i.stop_action;
comment on view nowd.inference_stops is
  'Stop reasons of models, in the words of the provider and as stop class, with the action of nowd; per job, '
  'provider and UTC day.';

create view nowd.calls_that_failed as
select r.job, i.run, i.seq, i.provider, i.model, i.sent_at, i.http_status, i.retry_class, i.attempt, i.retry_after, i.request_id,
       i.server_duration, i.rate_limits, i.detail
from nowd.inference i join nowd.run r using (run)
where i.retry_class is not null
order by i.run desc, i.seq desc;
comment on view nowd.calls_that_failed is
  'Failed model calls, newest first: class of failure, attempt, wait that the server asks for, and the request id '
  'for the support of the provider.';

create view nowd.requests as
select q.request, q.job, case when q.after_run is null then 'manual' else 'after' end as kind, q.scheduled_at, q.state, q.reason,
       case when q.state <> 'planned' then null
            when j.state = 'retired' then 'its job is retired'
            when j.paused_at is not null and not q.even_if_paused then 'its job is paused'
            else (select 'run ' || l.run from nowd.run l where l.lane = j.lane and l.state in ('running', 'suspended', 'committing')) end as waits_for,
       q.requested_by, q.requested_at, q.after_run, q.dry_run
from nowd.request q join nowd.job j using (job);
comment on view nowd.requests is
  'Requested runs for people. Waiting ones: select * from nowd.requests where state = ''planned''.';

create view nowd.gates as
select g.decision, g.run, g.gate, g.subject, g.call_seq, g.delivery, g.attempt, g.verdict, g.objections, g.evidence, g.decided_at,
       g.recorded_at
from nowd.gate_decision g;
comment on view nowd.gates is
  'Decisions on whether something might leave a run, readable. Without the right to read texts: which rules were '
  'broken, not how.';

create view nowd.revisions as
select v.job, v.revision, v.spec, v.schedule, v.schedule_revision, v.source, v.recorded_at, v.number
from nowd.job_revision v;
comment on view nowd.revisions is
  'Specs of jobs, readable. Without the right to read texts: no prompts, commands, queries and addresses.';

-- Functions of people, of retention and of checks.

create function nowd.settled_runs(job text, candidates bigint[], ended_before timestamptz)
  returns bigint[]
language sql stable set search_path = pg_catalog, nowd, pg_temp as $$
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
comment on function nowd.settled_runs is
  'The runs of a job that may be deleted: ended before a moment, without an effect in doubt, a delivery to send, '
  'an open alert or a waiting follower, and not the last success of the job.';

create function nowd.delete_runs(gone bigint[])
  returns void
language plpgsql set search_path = pg_catalog, nowd, pg_temp as $$
declare
  asked bigint[];
begin
  delete from nowd.delivery_attempt a using nowd.delivery d where a.delivery = d.delivery and d.run = any(gone);
  delete from nowd.delivery d where d.run = any(gone);
  delete from nowd.tool_call t where t.run = any(gone);
  delete from nowd.inference i where i.run = any(gone);
  update nowd.request q set after_run = null where q.after_run = any(gone);
  update nowd.alert a set last_run = null where a.last_run = any(gone);
  update nowd.alert a set recovered_run = null where a.recovered_run = any(gone);
  with r as (delete from nowd.run r where r.run = any(gone) returning r.request)
  select array_agg(distinct r.request) into asked from r where r.request is not null;
  delete from nowd.request q where q.request = any(asked) and q.state in ('done', 'refused')
    and not exists (select from nowd.run r where r.request = q.request);
end
$$;
comment on function nowd.delete_runs is
  'Deletes runs with all that belongs to them, but for texts. Their occurrences stay: a moment that ran never runs '
  'again.';

create function nowd.delete_texts(gone bigint[], out bodies bigint, out bytes bigint)
  returns record
language sql set search_path = pg_catalog, nowd, pg_temp as $$
with b as (delete from nowd.body b where b.run = any(gone) returning pg_column_size(b.content) as size)
select count(*), coalesce(sum(size), 0) from b
$$;
comment on function nowd.delete_texts is 'Deletes the texts of runs. Returns their number and their stored size.';

create function nowd.prune(job text, batch integer default 50, dry_run boolean default false, wait boolean default true, out runs bigint, out bodies bigint, out bytes bigint, out more boolean)
  returns record
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
comment on function nowd.prune is
  'Applies the retention of a job to one batch of its runs: deletes older ones, or counts them (dry_run). more = '
  'call it again. The only function that deletes runs.';

create function nowd.drop_empty_months()
  returns integer
language plpgsql security definer set search_path = pg_catalog, nowd, pg_temp set lock_timeout = '200ms' set timezone = 'UTC' as $$
declare
  part record;
  used boolean;
  dropped integer := 0;
begin
  for part in
    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'nowd.body'::regclass and c.relname ~ '_\d{4}_\d\d$'
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
comment on function nowd.drop_empty_months is
  'Drops monthly partitions of body that are older than a month and empty. Returns their number.';

create function nowd.acted_on(job text)
  returns nowd.job
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
comment on function nowd.acted_on is
  'Locks and returns the job with this name; raises an error with the remedy if there is none.';

create function nowd.pause(job text, reason text)
  returns timestamptz
language plpgsql security definer set search_path = pg_catalog, nowd, pg_temp as $$
declare
  known nowd.job := nowd.acted_on(pause.job);
  paused timestamptz := clock_timestamp();
begin
  if coalesce(btrim(pause.reason), '') = '' then
    raise exception 'job %: the reason is empty', pause.job
      using hint = 'say why, for whoever finds it paused', errcode = 'invalid_parameter_value';
  elsif known.paused_at is not null then
    raise exception 'job %: paused already, by %: %', pause.job, known.paused_by, known.paused_reason
      using hint = 'resume it first to pause it for another reason', errcode = 'object_not_in_prerequisite_state';
  end if;
  update nowd.job j set paused_at = paused, paused_by = session_user, paused_reason = pause.reason where j.job = pause.job;
  perform pg_notify('nowd', 'pause');
  return paused;
end
$$;
comment on function nowd.pause is
  'Pauses a job until nowd.resume; runs under way continue. Occurrences that become due are skipped, backfills '
  'wait, and nowd.run is refused unless even_if_paused. A pause survives restarts and edits of the job file. '
  'Returns the time of the pause.';

create function nowd.resume(job text)
  returns bigint
language plpgsql security definer set search_path = pg_catalog, nowd, pg_temp as $$
declare
  known nowd.job := nowd.acted_on(resume.job);
  resumed timestamptz := clock_timestamp();
  skipped bigint;
begin
  if known.paused_at is null then
    raise exception 'job %: it is not paused', resume.job
      using hint = 'select job, paused_reason from nowd.jobs shows which are', errcode = 'object_not_in_prerequisite_state';
  end if;
  update nowd.job j set paused_at = null, paused_by = null, paused_reason = null, resumed_at = resumed where j.job = resume.job;
  update nowd.occurrence o set state = 'skipped', reason = 'paused', judged_at = resumed
  where o.job = resume.job and o.state = 'planned' and o.kind <> 'backfill' and o.due_at <= resumed;
  get diagnostics skipped = row_count;
  perform pg_notify('nowd', 'resume');
  return skipped;
end
$$;
comment on function nowd.resume is
  'Ends a pause without starting scheduled work: due occurrences that still waited are skipped (paused). Returns '
  'their number. Requested runs and backfills start now.';

create function nowd.computed(job text, occurrences jsonb)
  returns setof nowd.occurrence
language plpgsql set search_path = pg_catalog, nowd, pg_temp as $$
declare
  wrong text;
begin
  if jsonb_typeof(occurrences) is distinct from 'array' then
    raise exception 'job %: occurrences are given as an array of rows of nowd.occurrence', computed.job
      using hint = 'nowctl computes them', errcode = 'invalid_parameter_value';
  end if;
  select coalesce(o.scheduled_at::text, 'null') || ' (due at ' || coalesce(o.due_at::text, 'null') || ', window from '
         || coalesce(o.window_start::text, 'null') || ', slot ' || coalesce(o.slot::text, 'null') || ')' into wrong
  from jsonb_populate_recordset(null::nowd.occurrence, occurrences) o
  where (isfinite(o.scheduled_at) and isfinite(o.due_at) and isfinite(o.window_start) and isfinite(o.slot)
         and o.window_start >= timestamptz '1970-01-01 00:00:00+00' and o.window_start <= o.scheduled_at
         and o.scheduled_at <= o.due_at and o.due_at < timestamptz '9999-12-31 00:00:00+00'
         and o.slot between timestamp '1969-12-30' and timestamp '9999-12-31'
         and o.utc_offset between interval '-26 hours' and interval '26 hours'
         and o.zone is not null and o.tzdata is not null and o.schedule_revision is not null) is not true
  limit 1;
  if found then
    raise exception 'job %: % is no occurrence of a schedule', computed.job, wrong
      using hint = 'its times are finite, in order, and within the years 1970 to 9998', errcode = 'invalid_parameter_value';
  elsif exists (select from jsonb_populate_recordset(null::nowd.occurrence, occurrences) o
                where o.schedule_revision is distinct from (select c.schedule_revision from nowd.job_cursor c where c.job = computed.job)) then
    raise exception 'job %: its schedule was changed meanwhile', computed.job
      using hint = 'ask again', errcode = 'object_not_in_prerequisite_state';
  end if;
  return query select distinct on (o.scheduled_at) o.* from jsonb_populate_recordset(null::nowd.occurrence, occurrences) o
               order by o.scheduled_at;
end
$$;
comment on function nowd.computed is 'Occurrences given as JSON, each once, if the schedule in force names them.';

create function nowd.skip_next(job text, reason text default null, candidates jsonb default null)
  returns timestamptz
language plpgsql security definer set search_path = pg_catalog, nowd, pg_temp as $$
declare
  known nowd.job := nowd.acted_on(skip_next.job);
  asked_at constant timestamptz := clock_timestamp();
  why constant text := nullif(btrim(skip_next.reason), '');
  skipped timestamptz;
begin
  perform from nowd.computed(skip_next.job, coalesce(candidates, '[]'));  -- whether they are possible at all
  -- The lock under which occurrences are planned.
  perform from nowd.job_cursor c where c.job = skip_next.job for update;
  update nowd.occurrence o set state = 'skipped', reason = 'asked', judged_at = asked_at, decided_by = session_user, decided_why = why
  where o.job = skip_next.job and o.state = 'planned' and o.scheduled_at = (
    select p.scheduled_at from nowd.occurrence p
    where p.job = skip_next.job and p.state = 'planned' and p.kind = 'scheduled' and p.attempts = 0 and p.due_at > asked_at
    order by p.scheduled_at limit 1 for update)
  returning o.scheduled_at into skipped;
  if skipped is null then
    -- It has no row yet. It gets one, and planning leaves it as it is.
    insert into nowd.occurrence (job, scheduled_at, state, reason, judged_at, decided_by, decided_why, due_at, window_start, window_end,
                                 slot, zone, utc_offset, slot_kind, merged_slots, tzdata, schedule_revision)
    select c.job, n.scheduled_at, 'skipped', 'asked', asked_at, session_user, why, n.due_at, n.window_start, n.scheduled_at,
           n.slot, c.zone, n.utc_offset, n.slot_kind, coalesce(n.merged_slots, '{}'), n.tzdata, c.schedule_revision
    from nowd.job_cursor c, lateral (
      select g.scheduled_at, g.due_at, g.window_start, g.slot, g.utc_offset, g.slot_kind, g.merged_slots, g.tzdata
      from nowd.computed(skip_next.job, coalesce(candidates, '[]')) g
      union all
      select c.next_at, c.next_at, least(c.materialised_through, c.next_at), c.next_local, c.next_local - (c.next_at at time zone 'UTC'), 'plain', null, 'unknown'
      where candidates is null and c.next_at is not null) n
    where c.job = skip_next.job and n.due_at > asked_at
      and not exists (select from nowd.occurrence o where o.job = c.job and o.scheduled_at = n.scheduled_at and o.state <> 'withdrawn')
    order by n.scheduled_at limit 1
    on conflict on constraint occurrence_pkey do update set state = 'skipped', reason = 'asked', judged_at = excluded.judged_at,
      decided_by = excluded.decided_by, decided_why = excluded.decided_why, due_at = excluded.due_at,
      window_start = excluded.window_start, window_end = excluded.window_end, slot = excluded.slot, zone = excluded.zone,
      utc_offset = excluded.utc_offset, slot_kind = excluded.slot_kind, merged_slots = excluded.merged_slots,
      tzdata = excluded.tzdata, schedule_revision = excluded.schedule_revision
    returning scheduled_at into skipped;
  end if;
  if skipped is null then
    raise exception 'job %: there is no next occurrence to skip', skip_next.job
      using hint = 'select * from nowd.upcoming shows what comes next', errcode = 'object_not_in_prerequisite_state';
  end if;
  perform nowd.plan_after(skip_next.job, skipped, asked_at, coalesce(candidates, '[]'));
  perform pg_notify('nowd', 'skip');
  return skipped;
end
$$;
comment on function nowd.skip_next is
  'Skips the first future occurrence of a job that is not skipped yet and returns it: select '
  'nowd.skip_next(''standup'', ''public holiday''). A second call skips a second one; nowd.undo_skip takes back '
  'the last. candidates: the next occurrences as nowctl computes them; without them only the very next one is '
  'known.';

create function nowd.cancel(run bigint, reason text default null)
  returns text
language plpgsql security definer set search_path = pg_catalog, nowd, pg_temp as $$
declare
  known nowd.run;
begin
  select r.* into known from nowd.run r where r.run = cancel.run for update;
  if not found then
    raise exception 'run %: no such run in this ledger', cancel.run
      using hint = 'select run, job, state from nowd.runs lists them', errcode = 'no_data_found';
  elsif known.ended_at is not null then
    raise exception 'run %: it has ended (%), there is nothing to stop', cancel.run, known.state
      using hint = 'select run, job from nowd.runs where ended_at is null lists the live ones', errcode = 'object_not_in_prerequisite_state';
  end if;
  if known.cancel_requested_at is null then
    update nowd.run r set cancel_requested_at = clock_timestamp(), cancel_by = session_user,
      cancel_reason = coalesce(nullif(btrim(cancel.reason), ''), 'no reason given')
    where r.run = cancel.run;
  end if;
  perform pg_notify('nowd', 'cancel');
  return known.job;
end
$$;
comment on function nowd.cancel is
  'Asks to cancel a live run; its daemon stops the work under way. Returns its job. A run that made an effect ends '
  'aborted_partial, one with a cut effect ends interrupted: neither ends cancelled.';

create function nowd.accept_hold(cause text, reason text)
  returns bigint
language plpgsql security definer set search_path = pg_catalog, nowd, pg_temp as $$
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
comment on function nowd.accept_hold is 'The common part of accept_clock and accept_ledger.';

create function nowd.accept_clock(reason text default null)
  returns bigint
language sql security definer set search_path = pg_catalog, nowd, pg_temp as $$ select nowd.accept_hold('clock', accept_clock.reason) $$;
comment on function nowd.accept_clock is
  'Accepts the present clocks: ends the holds of a host (null: all), dispatch continues, missed occurrences are '
  'judged as usual. Returns the number of holds that it ended.';

create function nowd.accept_ledger(reason text default null)
  returns bigint
language sql security definer set search_path = pg_catalog, nowd, pg_temp as $$ select nowd.accept_hold('ledger', accept_ledger.reason) $$;
comment on function nowd.accept_ledger is
  'Accepts this ledger although daemons remember a newer one or another one. Work that ran after its backup may '
  'run again. Returns the number of holds that it ended.';

create function nowd.verify(since timestamptz, of_job text default null)
  returns table("check" text, run bigint, job text, at timestamptz, detail text)
language sql stable security definer set search_path = pg_catalog, nowd, pg_temp as $$
with r as materialized (
  select r.*,
         -- Where the host's clock was set meanwhile, its readings before and after do not compare: clock_event says so.
         case when exists (select from nowd.clock_event e
                           where e.kind = 'step' and e.boot_id = (select n.boot_id from nowd.node n where n.node = r.node)
                             and e.recorded_at >= r.claimed_at - interval '1 minute' - greatest(e.size, -e.size)
                             and e.recorded_at <= r.claimed_at + coalesce(r.duration, interval '1 day') + interval '1 minute' + greatest(e.size, -e.size))
              then interval '1000 years' else coalesce(2 * r.host_uncertainty, interval '1 second') end as slack
  from nowd.run r
  where r.claimed_at >= verify.since and (verify.of_job is null or r.job = verify.of_job)
),
i as materialized (select i.*, r.job, r.slack, r.dispatched_at, r.ended_at as run_ended_at, r.duration as run_duration
                   from r join nowd.inference i using (run)),
t as materialized (select t.*, r.job, r.slack, r.dispatched_at, r.ended_at as run_ended_at, r.duration as run_duration, r.effects
                   from r join nowd.tool_call t using (run)),
-- How much a wall clock and the boot clock may differ over a span: half a second, and what slewing adds.
lasted as (
  -- A run that was put aside ended when the next attempt took over; its duration is until it was put aside.
  select run, job, slack, 'the run' as what, dispatched_at as at, ended_at - dispatched_at as wall, duration as boot from r
  where not_before is null
  union all select run, job, slack, 'model call ' || seq, sent_at, ended_at - sent_at, duration from i
  union all select run, job, slack, 'call ' || seq || ' of ' || tool, started_at, ended_at - started_at, duration from t
)
select 'scheduled_before_dispatch', r.run, r.job, r.dispatched_at,
       'dispatched ' || trim_scale(round(extract(epoch from r.scheduled_at - r.dispatched_at), 3)) || ' s before the moment it is for'
-- The database says what is due: so far as this host is known to be behind it, up to what is noticed as remote_skew.
from r where r.kind in ('scheduled', 'catch_up', 'backfill')
  and r.dispatched_at < r.scheduled_at - r.slack - least(greatest(r.claimed_at - r.dispatched_at, interval '0'), interval '2 seconds')
union all
select 'dispatch_before_injected_now', i.run, i.job, i.injected_now,
       'model call ' || i.seq || ' was told a now that is ' || trim_scale(round(extract(epoch from i.dispatched_at - i.injected_now), 3)) || ' s before dispatch'
from i where i.injected_now < i.dispatched_at - i.slack
union all
select 'injected_now_before_response', i.run, i.job, i.injected_now,
       'model call ' || i.seq || ' was told a now that is ' || trim_scale(round(extract(epoch from i.injected_now - coalesce(i.headers_at, i.ended_at)), 3)) || ' s after its answer began'
from i where i.injected_now > coalesce(i.headers_at, i.ended_at) + i.slack
union all
select 'injected_now_grows', n.run, n.job, n.injected_now,
       'model call ' || n.seq || ' was told a now that is ' || trim_scale(round(extract(epoch from n.before - n.injected_now), 3)) || ' s before that of an earlier call'
from (select i.*, max(i.injected_now) over (partition by i.run order by i.seq rows between unbounded preceding and 1 preceding) as before
      from i where i.injected_now is not null) n
where n.injected_now < n.before - n.slack
union all
select 'model_call_inside_its_run', i.run, i.job, i.sent_at, 'model call ' || i.seq || ' lies outside its run'
from i where i.sent_at < i.dispatched_at - i.slack or (i.run_duration is not null and i.ended_at > i.run_ended_at + i.slack)
union all
select 'tool_call_inside_its_run', t.run, t.job, t.started_at, 'call ' || t.seq || ' of ' || t.tool || ' lies outside its run'
from t where t.started_at < t.dispatched_at - t.slack or (t.run_duration is not null and t.ended_at > t.run_ended_at + t.slack)
union all
select 'wall_and_boot_agree', l.run, l.job, l.at,
       l.what || ' lasted ' || trim_scale(round(extract(epoch from l.wall), 3)) || ' s on the wall clock and '
       || trim_scale(round(extract(epoch from l.boot), 3)) || ' s on the boot clock'
from lasted l where l.slack < interval '1 year' and abs(extract(epoch from l.wall - l.boot)) > 0.5 + 0.0005 * extract(epoch from l.boot)
union all
select 'effect_has_an_intent', t.run, t.job, t.started_at, 'call ' || t.seq || ' of ' || t.tool || ' started before its intent was recorded'
from t where t.effect <> 'read' and t.started_at is not null and (t.intent_at is null or t.started_at < t.intent_at - t.slack)
union all
select 'effect_has_a_decision', t.run, t.job, t.started_at, 'call ' || t.seq || ' of ' || t.tool || ' started, and the guard did not allow it'
from t where t.effect <> 'read' and t.started_at is not null
  and not exists (select from nowd.gate_decision g where g.run = t.run and g.call_seq = t.seq and g.verdict = 'allow')
union all
select 'effect_was_allowed', t.run, t.job, t.started_at, 'call ' || t.seq || ' of ' || t.tool || ' started in a run without effects'
from t where not t.effects and t.effect <> 'read' and t.started_at is not null
union all
select 'delivery_has_a_decision', r.run, r.job, a.started_at, 'attempt ' || a.attempt || ' of delivery ' || d.delivery || ' to ' || d.sink || ' started, and the guard did not allow it'
from r join nowd.delivery d using (run) join nowd.delivery_attempt a using (delivery)
where d.purpose = 'output' and a.started_at is not null
  and not exists (select from nowd.gate_decision g where g.delivery = a.delivery and g.attempt = a.attempt and g.verdict = 'allow')
union all
select 'run_has_its_occurrence', r.run, r.job, r.scheduled_at, 'a ' || r.kind || ' run of a moment that was never planned'
from r where r.kind in ('scheduled', 'catch_up', 'backfill')
  and not exists (select from nowd.occurrence o where o.job = r.job and o.scheduled_at = r.scheduled_at)
union all
select 'claimed_occurrence_has_a_live_run', null, o.job, o.scheduled_at, 'claimed, and no run of it is under way'
from nowd.occurrence o
where o.state = 'claimed' and o.scheduled_at >= verify.since and (verify.of_job is null or o.job = verify.of_job)
  and not exists (select from nowd.run l where l.job = o.job and l.scheduled_at = o.scheduled_at and l.state in ('running', 'suspended', 'committing'))
union all
select 'done_occurrence_has_a_run', null, o.job, o.scheduled_at, 'done, and no run of it is in the ledger'
from nowd.occurrence o
where o.state = 'done' and o.scheduled_at >= verify.since and (verify.of_job is null or o.job = verify.of_job)
  and not exists (select from nowd.run d where d.job = o.job and d.scheduled_at = o.scheduled_at)
  -- Retention deletes runs; that of an earlier revision may have.
  and not exists (select from nowd.job_revision v where v.job = o.job and v.spec #> '{retention,runs_ms}' is not null)
union all
select 'coalesced_occurrence_has_its_heir', null, o.job, o.scheduled_at, 'coalesced into ' || o.coalesced_into || ', which was never planned'
from nowd.occurrence o
where o.state = 'coalesced' and o.scheduled_at >= verify.since and (verify.of_job is null or o.job = verify.of_job)
  and not exists (select from nowd.occurrence h where h.job = o.job and h.scheduled_at = o.coalesced_into)
$$;
comment on function nowd.verify is
  'Checks runs claimed and occurrences planned since a moment, of one job or all. Each row is a finding: the check '
  'that failed, the place, the size of the difference. Runs during which the clock of the host was set '
  '(clock_event) are exempt from the order of clocks, deferred runs from the check of their length: select * from '
  'nowd.verify(now() - interval ''7 days'').';

create function nowd.messages_kept_until(job text)
  returns timestamptz
language sql stable set search_path = pg_catalog, nowd, pg_temp as $$
select case
  when messages_kept_until.job is not null then
    (select clock_timestamp() - r.runs from nowd.retention r where r.job = messages_kept_until.job)
  -- About several jobs or none: as long as any job in the files keeps its runs; for ever, if one does.
  when exists (select from nowd.job j left join nowd.retention r using (job) where j.state <> 'retired' and r.runs is null) then null
  else (select clock_timestamp() - max(r.runs) from nowd.retention r join nowd.job j using (job) where j.state <> 'retired')
end
$$;
comment on function nowd.messages_kept_until is
  'Messages about a job but no run of it go if they were settled before this; null = they stay. Job null: those '
  'about several jobs or none.';

create function nowd.prune_messages(job text, batch integer default 50, dry_run boolean default false, wait boolean default true, out messages bigint, out more boolean)
  returns record
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
comment on function nowd.prune_messages is
  'Deletes one batch of messages without a run (alerts, recoveries) that are older than the retention of runs of '
  'their job; job null: messages about several jobs or none, older than the longest retention. dry_run: counts '
  'them. more = call it again. Unsettled messages stay.';

create function nowd.take_turn(name text, wait boolean)
  returns boolean
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
comment on function nowd.take_turn is
  'Locks the work of this name until the end of the transaction; false = another session is at it (only without '
  'wait).';

create function nowd.make_month(parent text, month timestamptz, most_rows integer default null::integer)
  returns boolean
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
comment on function nowd.make_month is
  'Makes one monthly partition and moves its rows out of the default one; false = there are more than most_rows of '
  'them, and nothing was done.';

create function nowd.ensure_partitions(around timestamptz default clock_timestamp())
  returns integer
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
  foreach parent in array array['body'] loop
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
comment on function nowd.ensure_partitions is
  'Creates the monthly partitions of body for this month, the next two, and months with rows in '
  'the default partition, which it moves. Returns the number of partitions that it could not create now, because '
  'the tables are in use or too many rows would move (nowctl migrate moved all rows).';

create function nowd.run(job text, as_of timestamptz default null, effects boolean default null, input jsonb default null, dry_run boolean default false, even_if_paused boolean default false, deliver boolean default null, start_followers boolean default null)
  returns bigint
language plpgsql security definer set search_path = pg_catalog, nowd, pg_temp as $$
declare
  asked_at constant timestamptz := clock_timestamp();
  known nowd.job;
  made bigint;
begin
  select j.* into known from nowd.job j where j.job = run.job;
  if not found then
    raise exception 'job %: no such job in this ledger', run.job
      using hint = 'select job from nowd.job lists them; a new file is read on SIGHUP or restart', errcode = 'no_data_found';
  elsif known.state = 'retired' then
    raise exception 'job %: retired, it left the job files', run.job
      using hint = 'put its file back and reload nowd', errcode = 'object_not_in_prerequisite_state';
  elsif known.paused_at is not null and not coalesce(run.even_if_paused, false) then
    raise exception 'job %: paused by %: %', run.job, known.paused_by, known.paused_reason
      using hint = 'end the pause with nowctl resume, or run it all the same with --even-if-paused (even_if_paused => true)',
            errcode = 'object_not_in_prerequisite_state';
  elsif not isfinite(run.as_of) or run.as_of < timestamptz '1970-01-01 00:00:00+00' then
    raise exception 'job %: as_of % is no moment that a run can be for', run.job, run.as_of
      using hint = 'give a moment from 1970 until now', errcode = 'invalid_parameter_value';
  elsif run.as_of > asked_at then
    raise exception 'job %: as_of % lies ahead', run.job, run.as_of
      using hint = 'a run is for now or for the past; the schedule serves what is to come', errcode = 'invalid_parameter_value';
  elsif octet_length(run.input::text) > 1048576 then
    raise exception 'job %: the input has % bytes, at most 1048576 (1 MiB) are taken', run.job, octet_length(run.input::text)
      using hint = 'give a reference, and let the job fetch the rest under inputs:', errcode = 'program_limit_exceeded';
  end if;
  insert into nowd.request (job, scheduled_at, as_of_given, effects, input, dry_run, even_if_paused, deliver, start_followers,
                            requested_by, requested_at)
  values (run.job, coalesce(run.as_of, asked_at), run.as_of is not null, coalesce(run.effects, run.as_of is null), run.input,
          coalesce(run.dry_run, false), coalesce(run.even_if_paused, false), coalesce(run.deliver, run.as_of is null),
          coalesce(run.start_followers, run.as_of is null), session_user, asked_at)
  returning request into made;
  perform pg_notify('nowd', 'request');
  return made;
end
$$;
comment on function nowd.run is
  'Asks for a run of a job: select nowd.run(''standup''), or select nowd.run(''triage'', input => ''{"ticket": '
  '7}''), which the prompt gets as {{input}}. With as_of, a moment of the past, it makes no effect, delivers '
  'nothing and starts no other job unless effects, deliver or start_followers says so. A paused job is refused '
  'unless even_if_paused. Returns the number of the request; the run is in nowd.runs as soon as a daemon took it.';

create function nowd.cancel_request(request bigint, reason text default null)
  returns text
language plpgsql security definer set search_path = pg_catalog, nowd, pg_temp as $$
declare
  known nowd.request;
begin
  select q.* into known from nowd.request q where q.request = cancel_request.request for update;
  if not found then
    raise exception 'request %: no such request in this ledger', cancel_request.request
      using hint = 'select * from nowd.requests where state = ''planned'' lists those that wait', errcode = 'no_data_found';
  elsif known.state = 'claimed' then
    raise exception 'request %: run % serves it already', cancel_request.request,
      (select max(r.run) from nowd.run r where r.request = cancel_request.request)
      using hint = 'cancel that run', errcode = 'object_not_in_prerequisite_state';
  elsif known.state <> 'planned' then
    raise exception 'request %: it is over (%), there is nothing to cancel', cancel_request.request, known.state
      using hint = 'select * from nowd.requests where state = ''planned'' lists those that wait', errcode = 'object_not_in_prerequisite_state';
  end if;
  update nowd.request q set state = 'refused',
    reason = 'cancelled by ' || session_user || ': ' || coalesce(nullif(btrim(cancel_request.reason), ''), 'no reason given')
  where q.request = cancel_request.request;
  perform pg_notify('nowd', 'cancel');
  return known.job;
end
$$;
comment on function nowd.cancel_request is
  'Cancels a request that no daemon has taken yet: it ends refused, and never runs. Returns its job.';

create function nowd.plan_after(job text, skipped timestamptz, asked_at timestamptz, candidates jsonb)
  returns void
language sql set search_path = pg_catalog, nowd, pg_temp as $$
insert into nowd.occurrence (job, scheduled_at, due_at, window_start, window_end, slot, zone, utc_offset, slot_kind, merged_slots,
                             tzdata, schedule_revision)
select plan_after.job, n.scheduled_at, n.due_at, n.window_start, n.scheduled_at, n.slot, n.zone, n.utc_offset, n.slot_kind,
       coalesce(n.merged_slots, '{}'), n.tzdata, n.schedule_revision
from nowd.computed(plan_after.job, plan_after.candidates) n
where n.scheduled_at > plan_after.skipped and n.due_at > plan_after.asked_at
  and not exists (select from nowd.occurrence o where o.job = plan_after.job and o.scheduled_at > plan_after.skipped
                  and o.state = 'planned' and o.kind = 'scheduled')
  and not exists (select from nowd.occurrence o where o.job = plan_after.job and o.scheduled_at = n.scheduled_at and o.state <> 'withdrawn')
order by n.scheduled_at limit 1
on conflict on constraint occurrence_pkey do update set state = 'planned', reason = null, judged_at = null, decided_by = null,
  decided_why = null, due_at = excluded.due_at, window_start = excluded.window_start, slot = excluded.slot, zone = excluded.zone,
  utc_offset = excluded.utc_offset, slot_kind = excluded.slot_kind, merged_slots = excluded.merged_slots, tzdata = excluded.tzdata,
  schedule_revision = excluded.schedule_revision
$$;
comment on function nowd.plan_after is
  'Plans the first of some candidates after one that was skipped, unless a later one is planned already.';

create function nowd.undo_skip(job text)
  returns timestamptz
language plpgsql security definer set search_path = pg_catalog, nowd, pg_temp as $$
declare
  known nowd.job := nowd.acted_on(undo_skip.job);
  undone timestamptz;
begin
  perform from nowd.job_cursor c where c.job = undo_skip.job for update;
  update nowd.occurrence o set state = 'planned', reason = null, judged_at = null, decided_by = null, decided_why = null
  where o.job = undo_skip.job and o.state = 'skipped' and o.scheduled_at = (
    select s.scheduled_at from nowd.occurrence s join nowd.job_cursor c on c.job = s.job and c.schedule_revision = s.schedule_revision
    where s.job = undo_skip.job and s.state = 'skipped' and s.reason = 'asked' and s.due_at > clock_timestamp()
    order by s.scheduled_at desc limit 1)
  returning o.scheduled_at into undone;
  if undone is null then
    raise exception 'job %: no occurrence to come is skipped', undo_skip.job
      using hint = 'what is past stays skipped; nowctl backfill runs it', errcode = 'object_not_in_prerequisite_state';
  end if;
  perform pg_notify('nowd', 'skip');
  return undone;
end
$$;
comment on function nowd.undo_skip is
  'Takes back the latest skip of a job if its occurrence is in the future, and returns it: select '
  'nowd.undo_skip(''standup'').';

create function nowd.backfill(job text, occurrences jsonb, effects boolean default false, dry_run boolean default false, deliver boolean default false, start_followers boolean default false)
  returns table(scheduled_at timestamptz, what text, was text)
language plpgsql security definer set search_path = pg_catalog, nowd, pg_temp as $$
#variable_conflict use_column
declare
  known nowd.job := nowd.acted_on(backfill.job);
  ahead timestamptz;
begin
  if jsonb_typeof(backfill.occurrences) = 'array' and jsonb_array_length(backfill.occurrences) > 10000 then
    raise exception 'job %: % occurrences, at most 10000 are made up for in one call', backfill.job, jsonb_array_length(backfill.occurrences)
      using hint = 'take a shorter stretch', errcode = 'program_limit_exceeded';
  end if;
  select max(g.scheduled_at) into ahead from nowd.computed(backfill.job, backfill.occurrences) g;
  if ahead > clock_timestamp() then
    raise exception 'job %: % lies ahead', backfill.job, ahead
      using hint = 'the schedule serves what is to come; end the stretch in the past', errcode = 'invalid_parameter_value';
  end if;
  if dry_run is not true then
    perform pg_notify('nowd', 'backfill');
  end if;
  perform from nowd.job_cursor c where c.job = backfill.job for update;
  -- Locked: what a daemon has taken meanwhile is left alone.
  return query
  with g as materialized (select * from nowd.computed(backfill.job, backfill.occurrences)),
  before as materialized (
    select o.scheduled_at, o.state, o.reason from nowd.occurrence o
    where o.job = backfill.job and o.scheduled_at in (select g.scheduled_at from g) order by o.scheduled_at for update),
  -- A member of a range has no row of its own.
  in_range as materialized (
    select distinct on (g.scheduled_at) g.scheduled_at, r.state, r.reason
    from g join nowd.occurrence_range r on r.job = backfill.job and r.schedule_revision = g.schedule_revision
                                       and g.scheduled_at between r.first_at and r.last_at
    where not exists (select from before b where b.scheduled_at = g.scheduled_at)
    order by g.scheduled_at, r.first_at desc),
  verdict as materialized (
    select g.scheduled_at,
           case when r.state is not null then 'again'
                when b.state is null then 'new'
                when b.state in ('skipped', 'missed', 'coalesced', 'superseded', 'withdrawn') and b.reason is distinct from 'nothing_to_do' then 'again'
                else 'left alone' end as what,
           coalesce(b.state || coalesce(' (' || b.reason || ')', ''), r.state || coalesce(' (' || r.reason || ')', '')) as was
    from g left join before b on b.scheduled_at = g.scheduled_at left join in_range r on r.scheduled_at = g.scheduled_at),
  made as (
    insert into nowd.occurrence (job, scheduled_at, kind, effects, deliver, start_followers, decided_by, due_at, window_start, window_end,
                                 slot, zone, utc_offset, slot_kind, merged_slots, tzdata, schedule_revision)
    select backfill.job, g.scheduled_at, 'backfill', coalesce(backfill.effects, false), coalesce(backfill.deliver, false),
           coalesce(backfill.start_followers, false), session_user, g.scheduled_at, g.window_start, g.scheduled_at,
           g.slot, g.zone, g.utc_offset, g.slot_kind, coalesce(g.merged_slots, '{}'), g.tzdata, g.schedule_revision
    from g join verdict v on v.scheduled_at = g.scheduled_at
    where v.what <> 'left alone' and backfill.dry_run is not true
    on conflict on constraint occurrence_pkey do update set kind = 'backfill', state = 'planned', reason = null, judged_at = null, coalesced_into = null,
      effects = excluded.effects, deliver = excluded.deliver, start_followers = excluded.start_followers, buffered = false,
      decided_by = excluded.decided_by, decided_why = null, window_start = excluded.window_start
    returning 1)
  select v.scheduled_at, v.what, v.was from verdict v order by v.scheduled_at;
end
$$;
comment on function nowd.backfill is
  'Plans runs for past occurrences, which nowctl computes with the identities of the schedule. Returns one row for '
  'each: new (the ledger did not know it), again (it had not run: see was), left alone (it ran, or is planned). '
  'The runs make no effect, deliver nothing and start no other job unless effects, deliver or start_followers is '
  'true. dry_run: returns the rows and changes nothing. Backfills of a paused job wait for nowd.resume.';

-- Each of these columns becomes null, or what is written beside it, for those who may not read texts. Whatever else the
-- view says stays as it is.
do $$
declare
  masked record;
  shown text;
begin
  for masked in
    select m.relation, jsonb_object_agg(m.column_name, m.instead) as columns
    from (values
      ('runs', 'detail', 'null'),
      ('run_clocks', 'verdicts', '(select coalesce(jsonb_agg(e.value - ''detail''), ''[]'') from jsonb_array_elements(v.verdicts) e)'),
      ('run_clocks', 'model_as_of', 'substring(v.model_as_of from ''^[0-9]{4}-[0-9]{2}-[0-9]{2}'')'),
      ('gates', 'objections', '(select coalesce(jsonb_agg(e.value - ''detail''), ''[]'') from jsonb_array_elements(v.objections) e)'),
      ('gates', 'evidence', 'null'),
      ('revisions', 'spec', '(select jsonb_object_agg(e.key, e.value) from jsonb_each(v.spec) e where e.key in (''name'', ''description'', ''schedule'', ''grace_ms'', ''missed'', ''overlap'', ''concurrency_key'', ''after'', ''deliver'', ''on_failure'', ''valid_for_ms'', ''retention'', ''clocks'', ''provider'', ''max_output_tokens'', ''priority'', ''limits'', ''stop''))'),
      ('refusals', 'detail', 'null'),
      ('effects_in_doubt', 'arguments', 'null'),
      ('effects_in_doubt', 'error', 'null'),
      ('deliveries', 'reason', 'null'),
      ('alerts', 'detail', 'null'),
      ('calls_that_failed', 'detail', 'null'),
      ('calls_that_failed', 'rate_limits', 'null'),
      ('model_beliefs', 'believed', 'substring(v.believed from ''^[0-9]{4}-[0-9]{2}-[0-9]{2}'')'),
      ('model_beliefs', 'stated', 'substring(v.stated from ''^[0-9]{4}-[0-9]{2}-[0-9]{2}'')')
    ) as m(relation, column_name, instead)
    group by m.relation
  loop
    select string_agg(case when masked.columns ? a.attname
                           then format('case when has_table_privilege(''nowd.body'', ''select'') then v.%1$I else %2$s end as %1$I',
                                       a.attname, masked.columns ->> a.attname)
                           else format('v.%I', a.attname) end, ', ' order by a.attnum)
      into shown
      from pg_attribute a
      where a.attrelid = ('nowd.' || masked.relation)::regclass and a.attnum > 0 and not a.attisdropped;
    execute format('create or replace view nowd.%I as select %s from (%s) v', masked.relation, shown,
                   rtrim(pg_get_viewdef(('nowd.' || masked.relation)::regclass), '; '));
  end loop;
end
$$;
