-- Runs, what they asked and did, and every clock they looked at.

create table nowd.run (
  run               bigint      generated always as identity primary key,
  job               text        not null,
  scheduled_at      timestamptz not null,
  kind              text        not null,
  attempt           integer     not null,
  request           bigint      references nowd.request,
  revision          text        not null,
  node              uuid        not null references nowd.node,
  fence             bigint      not null,
  claim_id          uuid        not null,
  claimed_at        timestamptz not null,
  due_at            timestamptz not null,
  as_of             timestamptz not null,
  authority         text        not null default 'scheduled',
  window_start      timestamptz not null,
  window_end        timestamptz not null,
  zone              text        not null,
  effects           boolean     not null,
  dispatched_at     timestamptz,
  dispatched_boot_ns bigint,
  boot_id           text,
  host_sync         text,
  host_uncertainty  interval,
  state             text        not null default 'running',
  reason            text,
  detail            text,
  ended_at          timestamptz,
  duration          interval,
  stop              text,
  verdict           text,
  verdicts          jsonb       not null default '[]',
  model_calls       integer     not null default 0,
  tool_calls        integer     not null default 0,
  input_tokens      bigint      not null default 0,
  output_tokens     bigint      not null default 0,
  recorded_at       timestamptz not null default clock_timestamp(),
  foreign key (job, revision) references nowd.job_revision,
  constraint run_kind_known      check (kind in ('scheduled', 'catch_up', 'backfill', 'manual')),
  constraint run_state_known     check (state in ('running', 'suspended', 'committing', 'succeeded', 'failed', 'interrupted', 'orphaned', 'denied', 'cancelled', 'aborted_partial')),
  constraint run_end_exactly_when_terminal check ((state in ('running', 'suspended', 'committing')) = (ended_at is null)),
  constraint run_manual_exactly_when_requested check ((kind = 'manual') = (request is not null)),
  constraint run_failure_says_why check (state in ('running', 'suspended', 'committing', 'succeeded') or reason is not null),
  constraint run_succeeds_only_when_complete check (state <> 'succeeded' or coalesce(stop in ('complete', 'stop_sequence'), false)),
  constraint run_verdict_known   check (verdict in ('aligned', 'unobserved', 'unsynchronised', 'late', 'rolled_over', 'skewed', 'stale', 'expired', 'contradicted')),
  constraint run_authority_known check (authority in ('scheduled', 'dispatch')),
  constraint run_window_runs_forward check (window_end >= window_start),
  constraint run_dispatch_has_both_clocks check ((dispatched_at is null) = (dispatched_boot_ns is null))
) with (fillfactor = 70);
create unique index run_one_per_attempt on nowd.run (job, scheduled_at, attempt) where request is null;
create unique index run_one_per_request_attempt on nowd.run (request, attempt) where request is not null;
create unique index run_one_live_per_job on nowd.run (job) where state in ('running', 'suspended', 'committing');
create index run_succeeded_window on nowd.run (job, window_end) where state = 'succeeded' and kind <> 'backfill';
comment on table  nowd.run                  is 'One row per attempt to serve an occurrence or a request.';
comment on column nowd.run.run              is 'Its id.';
comment on column nowd.run.job              is 'Whose.';
comment on column nowd.run.scheduled_at     is 'The scheduled clock: which moment this run is for.';
comment on column nowd.run.kind             is 'scheduled, catch_up, backfill or manual.';
comment on column nowd.run.attempt          is '1 for the first run of an occurrence or request.';
comment on column nowd.run.request          is 'Manual runs: the request it serves.';
comment on column nowd.run.revision         is 'The job''s revision it ran.';
comment on column nowd.run.node             is 'The daemon that took it.';
comment on column nowd.run.fence            is 'Fencing token: with claim_id, the right to write to this run.';
comment on column nowd.run.claim_id         is 'Random identity of the claim.';
comment on column nowd.run.claimed_at       is 'Database time of the claim.';
comment on column nowd.run.due_at           is 'scheduled_at plus jitter.';
comment on column nowd.run.as_of            is 'The instant that "today" and every relative word resolve against.';
comment on column nowd.run.authority        is 'Which clock as_of comes from.';
comment on column nowd.run.window_start     is 'The run is about [window_start, window_end).';
comment on column nowd.run.window_end       is 'End of the window.';
comment on column nowd.run.zone             is 'The job''s IANA zone.';
comment on column nowd.run.effects          is 'Whether effects beyond read are allowed.';
comment on column nowd.run.dispatched_at    is 'The dispatch clock: host time at which the driver took the run.';
comment on column nowd.run.dispatched_boot_ns is 'The host''s boot clock (CLOCK_BOOTTIME) at the same moment.';
comment on column nowd.run.boot_id          is 'Which boot that clock counts from.';
comment on column nowd.run.host_sync        is 'How the host''s clock was kept at dispatch: chrony, kernel-estimate, unsynchronised.';
comment on column nowd.run.host_uncertainty is 'The host clock''s uncertainty at dispatch; null = unknown.';
comment on column nowd.run.state            is 'running, suspended, committing; terminal: succeeded, failed, interrupted, orphaned, denied, cancelled, aborted_partial.';
comment on column nowd.run.reason           is 'Why it ended as it did, in one word.';
comment on column nowd.run.detail           is 'The same for people.';
comment on column nowd.run.ended_at         is 'When it ended: host time, or database time where another node ended it.';
comment on column nowd.run.duration         is 'From dispatch to end on the boot clock; null where another node ended it.';
comment on column nowd.run.stop             is 'Normalised stop of the last model call.';
comment on column nowd.run.verdict          is 'The worst finding about its clocks; aligned = none.';
comment on column nowd.run.verdicts         is 'All findings: [{"verdict","detail"}].';
comment on column nowd.run.model_calls      is 'Model calls made.';
comment on column nowd.run.tool_calls       is 'Tool calls the model proposed.';
comment on column nowd.run.input_tokens     is 'Sum over its model calls.';
comment on column nowd.run.output_tokens    is 'Sum over its model calls.';
comment on column nowd.run.recorded_at      is 'Database time.';

create table nowd.inference (
  run              bigint      not null references nowd.run,
  seq              integer     not null,
  purpose          text        not null default 'plan',
  provider         text        not null,
  model            text        not null,
  model_served     text,
  remote           text,
  state            text        not null default 'sending',
  injected_now     timestamptz,
  model_as_of      text,
  sent_at          timestamptz,
  headers_at       timestamptz,
  first_token_at   timestamptz,
  ended_at         timestamptz,
  duration         interval,
  provider_date    timestamptz,
  offset_low       interval,
  offset_high      interval,
  http_status      integer,
  request_id       text,
  request_sha256   text,
  stop_raw         text,
  stop             text,
  stop_action      text,
  detail           text,
  input_tokens     bigint,
  cached_tokens    bigint,
  output_tokens    bigint,
  reasoning_tokens bigint,
  cost_usd         numeric(14, 8),
  recorded_at      timestamptz not null default clock_timestamp(),
  primary key (run, seq),
  constraint inference_state_known check (state in ('sending', 'answered', 'lost')),
  constraint inference_answer_has_a_stop check ((state = 'answered') = (stop is not null)),
  constraint inference_stop_known check (stop in ('complete', 'stop_sequence', 'tool_call', 'truncated_output', 'truncated_context', 'filtered', 'refused', 'prompt_blocked', 'paused', 'compacted', 'malformed', 'tool_misuse', 'loop_limit', 'budget_exceeded', 'provider_error', 'cancelled', 'in_progress', 'missing', 'stream_cut', 'unknown')),
  constraint inference_stop_action_known check (stop_action in ('commit', 'run_tools', 'retry_larger', 'resume', 'repair_once', 'fail', 'hold')),
  constraint inference_offset_is_an_interval check (offset_low <= offset_high)
) with (fillfactor = 70);
comment on table  nowd.inference                  is 'One row per model call. The row is committed before the call is made.';
comment on column nowd.inference.run              is 'Whose.';
comment on column nowd.inference.seq              is '1 for the run''s first model call.';
comment on column nowd.inference.purpose          is 'What the call was for: plan.';
comment on column nowd.inference.provider         is 'Name of the provider in nowd.yaml; script is a script, not a model.';
comment on column nowd.inference.model            is 'The model asked for.';
comment on column nowd.inference.model_served     is 'The model that says it answered.';
comment on column nowd.inference.remote           is 'Scheme, host and port: whose clock provider_date is.';
comment on column nowd.inference.state            is 'sending; answered; lost (the daemon ended before the answer came).';
comment on column nowd.inference.injected_now     is 'The inference clock as given: "now" in the newest clock block the model had.';
comment on column nowd.inference.model_as_of      is 'The inference clock as believed: the date the model stated, as text.';
comment on column nowd.inference.sent_at          is 'Host time at which the request began to leave.';
comment on column nowd.inference.headers_at       is 'Host time at which the response''s headers were there.';
comment on column nowd.inference.first_token_at   is 'Host time of the first piece of content.';
comment on column nowd.inference.ended_at         is 'Host time of the end.';
comment on column nowd.inference.duration         is 'From sent to end on the boot clock.';
comment on column nowd.inference.provider_date    is 'The inference clock as the provider''s host tells it: HTTP Date, whole seconds.';
comment on column nowd.inference.offset_low       is 'Provider''s clock minus ours is at least this: provider_date - headers_at. A hard bound.';
comment on column nowd.inference.offset_high      is 'Provider''s clock minus ours is at most this, if the Date is not cached: provider_date + 2 s - sent_at. A soft bound.';
comment on column nowd.inference.http_status      is 'Status of the response.';
comment on column nowd.inference.request_id       is 'The provider''s id of the request.';
comment on column nowd.inference.request_sha256   is 'SHA-256 of the request''s body as it was sent.';
comment on column nowd.inference.stop_raw         is 'Why the model stopped, in the provider''s word.';
comment on column nowd.inference.stop             is 'The same, normalised over all providers.';
comment on column nowd.inference.stop_action      is 'What nowd did about it.';
comment on column nowd.inference.detail           is 'For people, when the stop is not a good one.';
comment on column nowd.inference.input_tokens     is 'Tokens read, cached ones included.';
comment on column nowd.inference.cached_tokens    is 'Of these, from the provider''s cache.';
comment on column nowd.inference.output_tokens    is 'Tokens written, reasoning included.';
comment on column nowd.inference.reasoning_tokens is 'Of these, reasoning.';
comment on column nowd.inference.cost_usd         is 'Cost in US dollars; null = no prices are configured.';
comment on column nowd.inference.recorded_at      is 'Database time.';

create table nowd.tool_call (
  run             bigint      not null references nowd.run,
  seq             integer     not null,
  source          text        not null,
  inference_seq   integer,
  call_id         text        not null default '',
  tool            text        not null,
  effect          text        not null,
  arguments       text        not null default '',
  arguments_sha256 text       not null default '',
  idempotency_key text,
  state           text        not null,
  intent_at       timestamptz,
  started_at      timestamptz,
  ended_at        timestamptz,
  duration        interval,
  remote          text,
  remote_date     timestamptz,
  exit_code       integer,
  error           text,
  result_bytes    bigint,
  result_cut      boolean,
  data_oldest     timestamptz,
  data_newest     timestamptz,
  data_count      bigint,
  recorded_at     timestamptz not null default clock_timestamp(),
  primary key (run, seq),
  constraint tool_call_source_known check (source in ('input', 'model')),
  constraint tool_call_effect_known check (effect in ('read', 'reversible', 'compensable', 'irreversible')),
  constraint tool_call_state_known  check (state in ('refused', 'intent', 'confirmed', 'failed', 'unknown')),
  constraint tool_call_model_call_has_its_inference check ((source = 'model') = (inference_seq is not null)),
  constraint tool_call_effect_has_a_key check (effect = 'read' or state = 'refused' or idempotency_key is not null),
  constraint tool_call_intent_exactly_when check ((state = 'refused') = (intent_at is null))
) with (fillfactor = 70);
create unique index tool_call_effect_once on nowd.tool_call (idempotency_key) where effect <> 'read' and state <> 'refused';
comment on table  nowd.tool_call                 is 'One row per call of a tool, proposed by the model or fetched as an input. An effect''s row is committed as intent before it starts.';
comment on column nowd.tool_call.run             is 'Whose.';
comment on column nowd.tool_call.seq             is 'Its place in the run.';
comment on column nowd.tool_call.source          is 'input (fetched by nowd before the model ran) or model.';
comment on column nowd.tool_call.inference_seq   is 'Which model call proposed it.';
comment on column nowd.tool_call.call_id         is 'The provider''s id of the call.';
comment on column nowd.tool_call.tool            is 'Which tool, or which input.';
comment on column nowd.tool_call.effect          is 'What it may do to the world: read, reversible, compensable, irreversible.';
comment on column nowd.tool_call.arguments       is 'JSON: bound arguments filled in; as proposed where refused.';
comment on column nowd.tool_call.arguments_sha256 is 'SHA-256 of the arguments.';
comment on column nowd.tool_call.idempotency_key is 'Derived from the occurrence and the call''s place in it: a rerun makes the same key. An effect''s key exists once.';
comment on column nowd.tool_call.state           is 'refused; intent; then confirmed, failed, or unknown (it may have happened).';
comment on column nowd.tool_call.intent_at       is 'The tool clock, intent: host time at which it was decided.';
comment on column nowd.tool_call.started_at      is 'The tool clock, start: host time at which it began.';
comment on column nowd.tool_call.ended_at        is 'The tool clock, end: host time at which its outcome was known.';
comment on column nowd.tool_call.duration        is 'From start to end on the boot clock.';
comment on column nowd.tool_call.remote          is 'HTTP tools: scheme, host and port.';
comment on column nowd.tool_call.remote_date     is 'HTTP tools: the Date that host gave.';
comment on column nowd.tool_call.exit_code       is 'Exit code, or HTTP status.';
comment on column nowd.tool_call.error           is 'Why it was refused, failed or is unknown.';
comment on column nowd.tool_call.result_bytes    is 'Size of the result as the model got it.';
comment on column nowd.tool_call.result_cut      is 'The result was larger than its limit and was cut.';
comment on column nowd.tool_call.data_oldest     is 'Data time: the oldest instant of what was read.';
comment on column nowd.tool_call.data_newest     is 'Data time: the newest.';
comment on column nowd.tool_call.data_count      is 'How many instants were read; null = no data_time is declared.';
comment on column nowd.tool_call.recorded_at     is 'Database time.';

create table nowd.clock_reading (
  run         bigint      not null,
  seq         integer     not null,
  clock       text        not null,
  point       text        not null,
  at          timestamptz not null,
  uncertainty interval,
  boot_ns     bigint,
  boot_id     text,
  source      text        not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (run, seq, recorded_at),
  constraint clock_reading_clock_known check (clock in ('scheduled', 'dispatch', 'inference', 'tool', 'data'))
) partition by range (recorded_at);
create table nowd.clock_reading_default partition of nowd.clock_reading default;
comment on table  nowd.clock_reading             is 'One row per look at one clock. Never updated. Partitioned by month.';
comment on column nowd.clock_reading.run         is 'Which run looked.';
comment on column nowd.clock_reading.seq         is 'Order within the run.';
comment on column nowd.clock_reading.clock       is 'scheduled, dispatch, inference, tool, or data (the fifth witness).';
comment on column nowd.clock_reading.point       is 'At which point: due, start, database, sent:1, headers:1, first_token:1, end:1, provider_date:1, injected:1, intent:2, start:2, end:2, remote_date:2, oldest:2, newest:2, end. The number is the call''s seq.';
comment on column nowd.clock_reading.at          is 'What the clock said.';
comment on column nowd.clock_reading.uncertainty is 'Half-width around at; null = unknown.';
comment on column nowd.clock_reading.boot_ns     is 'The host''s boot clock at the same moment.';
comment on column nowd.clock_reading.boot_id     is 'Which boot that clock counts from.';
comment on column nowd.clock_reading.source      is 'Who says so: kernel-estimate, unsynchronised, database, http-date, schedule, data, script.';
comment on column nowd.clock_reading.recorded_at is 'Database time.';

create table nowd.body (
  run         bigint      not null,
  part        text        not null,
  seq         integer     not null,
  content     text        not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (run, part, seq, recorded_at),
  constraint body_part_known check (part in ('request', 'response', 'result', 'output'))
) partition by range (recorded_at);
create table nowd.body_default partition of nowd.body default;
comment on table  nowd.body             is 'Texts: what was sent to the model (only what is new since the call before), what it answered, results of tools, the run''s output. Compressed by Postgres. Partitioned by month.';
comment on column nowd.body.run         is 'Whose.';
comment on column nowd.body.part        is 'request and response (seq of the inference), result (seq of the tool_call), output (seq 0).';
comment on column nowd.body.seq         is 'Which one.';
comment on column nowd.body.content     is 'The text. NUL and invalid UTF-8 are replaced by U+FFFD.';
comment on column nowd.body.recorded_at is 'Database time.';

-- Makes the monthly partitions around a moment. The daemon may not make tables, so this runs as the owner.
create function nowd.ensure_partitions(around timestamptz default clock_timestamp()) returns void
language plpgsql security definer set search_path = pg_catalog, nowd set timezone = 'UTC' as $$
declare
  month timestamptz;
  parent text;
  child text;
begin
  perform pg_advisory_xact_lock(hashtext('nowd.ensure_partitions'));
  for k in 0..2 loop
    month := date_trunc('month', around at time zone 'UTC') at time zone 'UTC' + make_interval(months => k);
    foreach parent in array array['clock_reading', 'body'] loop
      child := parent || to_char(month at time zone 'UTC', '_YYYY_MM');
      if to_regclass('nowd.' || child) is null
         and not exists (select from nowd.clock_reading_default where parent = 'clock_reading' and recorded_at >= month and recorded_at < month + interval '1 month')
         and not exists (select from nowd.body_default where parent = 'body' and recorded_at >= month and recorded_at < month + interval '1 month') then
        execute format('create table nowd.%I partition of nowd.%I for values from (%L) to (%L)', child, parent, month, month + interval '1 month');
        execute format('comment on table nowd.%I is %L', child, 'Month of nowd.' || parent || '.');
      end if;
    end loop;
  end loop;
end
$$;
comment on function nowd.ensure_partitions(timestamptz) is 'Makes the monthly partitions of clock_reading and body for this month and the next two. A month that already has rows in the default partition stays there.';

-- Clock columns and identities cannot be updated, by anybody.
create function nowd.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'nowd.%: what a clock said and what a row identifies cannot be changed', tg_table_name
    using errcode = 'integrity_constraint_violation';
end
$$;
comment on function nowd.refuse_change() is 'Refuses updates of clock columns and identities.';

create trigger occurrence_identity_is_final before update on nowd.occurrence for each row
  when ((old.job, old.scheduled_at, old.due_at, old.slot) is distinct from (new.job, new.scheduled_at, new.due_at, new.slot) and old.state <> 'withdrawn')
  execute function nowd.refuse_change();
create trigger run_clocks_are_final before update on nowd.run for each row
  when ((old.run, old.job, old.scheduled_at, old.kind, old.attempt, old.claimed_at, old.due_at, old.as_of, old.window_start, old.window_end)
        is distinct from
        (new.run, new.job, new.scheduled_at, new.kind, new.attempt, new.claimed_at, new.due_at, new.as_of, new.window_start, new.window_end)
        or (old.dispatched_at is not null and (old.dispatched_at, old.dispatched_boot_ns) is distinct from (new.dispatched_at, new.dispatched_boot_ns))
        or (old.ended_at is not null and old.ended_at is distinct from new.ended_at))
  execute function nowd.refuse_change();
create trigger inference_clocks_are_final before update on nowd.inference for each row
  when (old.state <> 'sending'
        and (old.run, old.seq, old.injected_now, old.sent_at, old.headers_at, old.first_token_at, old.ended_at, old.provider_date)
            is distinct from
            (new.run, new.seq, new.injected_now, new.sent_at, new.headers_at, new.first_token_at, new.ended_at, new.provider_date))
  execute function nowd.refuse_change();
create trigger tool_call_clocks_are_final before update on nowd.tool_call for each row
  when ((old.run, old.seq, old.intent_at, old.idempotency_key) is distinct from (new.run, new.seq, new.intent_at, new.idempotency_key)
        or (old.started_at is not null and (old.started_at, old.ended_at) is distinct from (new.started_at, new.ended_at)))
  execute function nowd.refuse_change();
