-- A small ledger with a history: what reader_test and the tests of nowctl look at. Loaded by a superuser.
insert into nowd.node (node, host, pid, boot_id, version, started_at, state, ended_at, reason) values
  ('11111111-1111-4111-8111-111111111111', 'berlin-1', 4711, 'boot-a', '0.1.0', '2026-05-29T05:00:00Z', 'alive', null, null),
  ('22222222-2222-4222-8222-222222222222', 'berlin-2', 4712, 'boot-b', '0.1.0', '2026-05-29T05:00:00Z', 'dead', '2026-05-30T05:00:00Z', 'beat');
insert into nowd.node_beat (node, beat, beat_at) values
  ('11111111-1111-4111-8111-111111111111', 7, '2026-06-01T07:05:00Z');

insert into nowd.job (job, revision, description) values ('standup', repeat('a', 64), 'Morning notes');
insert into nowd.job (job, revision, paused_at, paused_by, paused_reason)
  values ('digest', repeat('b', 64), '2026-05-31T10:00:00Z', 'alice', 'moving to another provider');
insert into nowd.job_revision (job, revision, spec, schedule, schedule_revision, source) values
  ('standup', repeat('a', 64), '{"name": "standup", "schedule": {"cron": "0 9 * * mon-fri", "timezone": "Europe/Berlin"}}', '0 9 * * mon-fri Europe/Berlin', 'sa', 'jobs/standup.yaml:1'),
  ('digest', repeat('b', 64), '{"name": "digest", "schedule": {"every_s": 900, "timezone": "UTC"}}', 'every 15m', 'sb', 'jobs/digest.yaml:1');
insert into nowd.job_cursor (job, schedule_revision, planned_from, materialised_through, next_at, next_local, zone) values
  ('standup', 'sa', '2026-05-26T08:00:00Z', '2026-06-02T07:00:00Z', '2026-06-03T07:00:00Z', '2026-06-03T09:00:00', 'Europe/Berlin'),
  ('digest', 'sb', '2026-05-29T23:50:00Z', '2026-05-31T09:45:00Z', '2026-05-31T10:00:00Z', '2026-05-31T10:00:00', 'UTC');

insert into nowd.occurrence (job, scheduled_at, kind, state, reason, due_at, window_start, window_end, slot, zone, utc_offset,
                             slot_kind, tzdata, schedule_revision, coalesced_into, attempts, fence, judged_at) values
  ('standup', '2026-05-27T07:00:00Z', 'scheduled', 'missed', 'window', '2026-05-27T07:00:00Z', '2026-05-26T07:00:00Z', '2026-05-27T07:00:00Z', '2026-05-27T09:00:00', 'Europe/Berlin', '2h', 'plain', '2026a', 'sa', null, 0, 0, '2026-05-27T12:00:00Z'),
  ('standup', '2026-05-28T07:00:00Z', 'scheduled', 'coalesced', null, '2026-05-28T07:00:00Z', '2026-05-27T07:00:00Z', '2026-05-28T07:00:00Z', '2026-05-28T09:00:00', 'Europe/Berlin', '2h', 'plain', '2026a', 'sa', '2026-05-29T07:00:00Z', 0, 0, '2026-05-29T07:00:01Z'),
  ('standup', '2026-05-29T07:00:00Z', 'catch_up', 'done', null, '2026-05-29T07:00:00Z', '2026-05-27T07:00:00Z', '2026-05-29T07:00:00Z', '2026-05-29T09:00:00', 'Europe/Berlin', '2h', 'plain', '2026a', 'sa', null, 1, 1, '2026-05-29T07:00:41Z'),
  ('standup', '2026-06-01T07:00:00Z', 'scheduled', 'done', null, '2026-06-01T07:00:00Z', '2026-05-29T07:00:00Z', '2026-06-01T07:00:00Z', '2026-06-01T09:00:00', 'Europe/Berlin', '2h', 'plain', '2026a', 'sa', null, 1, 1, '2026-06-01T07:04:51Z'),
  ('standup', '2026-06-02T07:00:00Z', 'scheduled', 'planned', null, '2026-06-02T07:00:00Z', '2026-06-01T07:00:00Z', '2026-06-02T07:00:00Z', '2026-06-02T09:00:00', 'Europe/Berlin', '2h', 'plain', '2026a', 'sa', null, 0, 0, null);
insert into nowd.occurrence_range (job, first_at, last_at, count, state, reason, schedule_revision)
  values ('digest', '2026-05-30T00:00:00Z', '2026-05-31T09:45:00Z', 136, 'missed', 'down', 'sb');

insert into nowd.request (job, scheduled_at, as_of_given, effects, state, attempts, fence, requested_by, requested_at)
  values ('standup', '2026-05-30T08:00:00Z', false, true, 'done', 1, 1, 'alice', '2026-05-30T08:00:00Z');

insert into nowd.run (job, scheduled_at, kind, attempt, request, revision, node, fence, claim_id, claimed_at, due_at, as_of,
                      window_start, window_end, zone, effects, dispatched_at, dispatched_boot_ns, host_sync,
                      host_uncertainty, state, reason, detail, ended_at, duration, stop, verdict, verdicts, model_calls,
                      tool_calls, input_tokens, output_tokens) values
  ('standup', '2026-05-29T07:00:00Z', 'catch_up', 1, null, repeat('a', 64), '11111111-1111-4111-8111-111111111111', 1,
   'aaaaaaaa-0000-4000-8000-000000000001', '2026-05-29T07:00:00.011Z', '2026-05-29T07:00:00Z', '2026-05-29T07:00:00Z',
   '2026-05-27T07:00:00Z', '2026-05-29T07:00:00Z', 'Europe/Berlin', true, '2026-05-29T07:00:00.012Z', 1000000000,
   'kernel-estimate', '1.2 milliseconds', 'succeeded', null, null, '2026-05-29T07:00:41.012Z', '41 seconds', 'complete', 'aligned',
   '[]', 1, 0, 512, 128),
  ('standup', '2026-05-30T08:00:00Z', 'manual', 1, 1, repeat('a', 64), '11111111-1111-4111-8111-111111111111', 1,
   'aaaaaaaa-0000-4000-8000-000000000002', '2026-05-30T08:00:00.2Z', '2026-05-30T08:00:00Z', '2026-05-30T08:00:00Z',
   '2026-05-29T07:00:00Z', '2026-05-30T08:00:00Z', 'Europe/Berlin', true, '2026-05-30T08:00:00.21Z', 2000000000,
   'kernel-estimate', '1.2 milliseconds', 'failed', 'provider', 'https://api.example.com answered 503 three times',
   '2026-05-30T08:00:09.21Z', '9 seconds', 'provider_error', 'aligned', '[]', 1, 0, 0, 0),
  ('standup', '2026-06-01T07:00:00Z', 'scheduled', 1, null, repeat('a', 64), '11111111-1111-4111-8111-111111111111', 1,
   'aaaaaaaa-0000-4000-8000-000000000003', '2026-06-01T07:04:10.01Z', '2026-06-01T07:00:00Z', '2026-06-01T07:00:00Z',
   '2026-05-29T07:00:00Z', '2026-06-01T07:00:00Z', 'Europe/Berlin', true, '2026-06-01T07:04:10.012Z', 3000000000,
   'kernel-estimate', '1.2 milliseconds', 'succeeded', null, null, '2026-06-01T07:04:51.212Z', '41.2 seconds', 'complete', 'late',
   '[{"verdict": "late", "detail": "late: dispatched 4m10s after it was due (grace 90 s)"}]', 2, 1, 1900, 260);

insert into nowd.inference (run, seq, provider, model, model_served, remote, state, injected_now, model_as_of, sent_at, headers_at,
                            first_token_at, ended_at, duration, provider_date, offset_low, offset_high, http_status,
                            stop_raw, stop, stop_action, input_tokens, output_tokens, cost_usd, sent_boot_ns, host_sync,
                            host_uncertainty) values
  (3, 1, 'primary', 'gpt-5.2', 'gpt-5.2-2026-01', 'https://api.example.com:443', 'answered', '2026-06-01T07:04:10.3Z', '2026-06-01',
   '2026-06-01T07:04:10.303Z', '2026-06-01T07:04:10.715Z', '2026-06-01T07:04:10.716Z', '2026-06-01T07:04:13.916Z', '3.613 seconds',
   '2026-06-01T07:04:10Z', '-0.715 seconds', '1.697 seconds', 200, 'tool_calls', 'tool_call', 'run_tools', 812, 46, 0.0021, 3291000000, 'kernel-estimate', '1.2 milliseconds'),
  (3, 2, 'primary', 'gpt-5.2', 'gpt-5.2-2026-01', 'https://api.example.com:443', 'answered', '2026-06-01T07:04:15.2Z', '2026-06-01',
   '2026-06-01T07:04:15.203Z', '2026-06-01T07:04:15.615Z', '2026-06-01T07:04:15.616Z', '2026-06-01T07:04:51.2Z', '35.997 seconds',
   '2026-06-01T07:04:15Z', '-0.615 seconds', '1.797 seconds', 200, 'stop', 'complete', 'commit', 1088, 214, 0.0053, 8191000000, 'kernel-estimate', '1.2 milliseconds');
insert into nowd.tool_call (run, seq, source, inference_seq, call_id, tool, effect, arguments, arguments_sha256, idempotency_key,
                            state, intent_at, started_at, ended_at, duration, remote, remote_date, exit_code, result_bytes,
                            result_cut, data_oldest, data_newest, data_count) values
  (3, 1, 'input', null, '', 'notes', 'read', '{"argv":["get-notes"]}', 'x', null, 'confirmed', '2026-06-01T07:04:10.02Z',
   '2026-06-01T07:04:10.021Z', '2026-06-01T07:04:10.033Z', '12 milliseconds', null, null, 0, 3480, false, '2026-05-29T08:12:00Z',
   '2026-06-01T06:41:00Z', 17),
  (3, 2, 'model', 1, 'call_1', 'post', 'irreversible', '{"text":"Three notes today."}', 'y', repeat('3f2a', 16), 'confirmed',
   '2026-06-01T07:04:13.92Z', '2026-06-01T07:04:13.925Z', '2026-06-01T07:04:15.19Z', '1.265 seconds', 'https://chat.example.com:443',
   '2026-06-01T07:04:14Z', 200, 17, false, null, null, null);
insert into nowd.gate_decision (run, subject, call_seq, verdict, decided_at) values
  (3, 'effect', 2, 'allow', '2026-06-01T07:04:13.92Z');
insert into nowd.body (run, part, seq, content) values (3, 'output', 0, 'Three notes today.');
