-- Who may do what. Run after every migration; each statement may be repeated. A role that does not exist (--no-roles) is
-- passed over.
-- nowd_daemon: no DELETE, no DDL; what a job's retention lets go leaves through nowd.prune. nowd_reader: no bodies. nowd_operator: what people may ask for, through functions.
revoke execute on all functions in schema nowd from public;

do $$
begin
  if exists (select from pg_roles where rolname = 'nowd_daemon') then
    grant usage on schema nowd to nowd_daemon;
    grant select, insert, update on all tables in schema nowd to nowd_daemon;
    grant usage on all sequences in schema nowd to nowd_daemon;
    revoke insert, update on nowd.migration, nowd.ledger, nowd.texts_deleted, nowd.past_schedule from nowd_daemon;
    revoke update on nowd.clock_reading, nowd.body, nowd.occurrence_range, nowd.job_revision, nowd.clock_event, nowd.hold from nowd_daemon;
    revoke insert on nowd.ledger_mark from nowd_daemon;
    -- It may say more of what it holds, and never accept it.
    revoke insert on nowd.hold from nowd_daemon;
    grant insert (cause, host, reason, detail, node, known_ledger, known_mark) on nowd.hold to nowd_daemon;
    grant update (reason, detail, known_ledger, known_mark) on nowd.hold to nowd_daemon;
    grant execute on function nowd.ensure_partitions(timestamptz) to nowd_daemon;
    grant execute on function nowd.run(text, timestamptz, boolean, jsonb, boolean, boolean, boolean, boolean) to nowd_daemon;
    grant execute on function nowd.prune(text, integer, boolean, boolean), nowd.prune_messages(text, integer, boolean, boolean), nowd.drop_empty_months() to nowd_daemon;
  end if;
  if exists (select from pg_roles where rolname = 'nowd_reader') then
    grant usage on schema nowd to nowd_reader;
    grant select on all tables in schema nowd to nowd_reader;
    revoke select on nowd.body from nowd_reader;
    grant execute on function nowd.verify(timestamptz, text) to nowd_reader;
    -- What a request carries, and the texts of messages, are as private as bodies; who may ask for runs may read them.
    revoke select on nowd.request, nowd.delivery from nowd_reader;
    grant select (request, job, scheduled_at, as_of_given, effects, state, reason, attempts, fence, requested_by, requested_at,
                  after_run, window_start, dry_run, even_if_paused, deliver, start_followers) on nowd.request to nowd_reader;
    grant select (delivery, run, job, purpose, sink, key, subject, state, reason, attempts, next_at, expires_at, node, repeatable,
                  created_at, settled_at, recorded_at) on nowd.delivery to nowd_reader;
  end if;
  if exists (select from pg_roles where rolname = 'nowd_operator') then
    grant usage on schema nowd to nowd_operator;
    grant execute on function nowd.run(text, timestamptz, boolean, jsonb, boolean, boolean, boolean, boolean) to nowd_operator;
    grant execute on function nowd.prune(text, integer, boolean, boolean), nowd.prune_messages(text, integer, boolean, boolean), nowd.drop_empty_months() to nowd_operator;
    grant execute on function nowd.pause(text, text), nowd.resume(text), nowd.skip_next(text, text, jsonb), nowd.undo_skip(text),
                              nowd.cancel(bigint, text), nowd.cancel_request(bigint, text),
                              nowd.backfill(text, jsonb, boolean, boolean, boolean, boolean), nowd.accept_clock(text), nowd.accept_ledger(text) to nowd_operator;
    grant select on nowd.request, nowd.delivery to nowd_operator;
  end if;
end
$$;

-- Partitions are reached through their parents alone: "all tables" above named them too, and a reader of body_2026_06
-- would read bodies.
do $$
declare
  partition regclass;
  role name;
begin
  for partition, role in
    select c.oid::regclass, r.rolname
    from pg_class c, pg_roles r
    where c.relnamespace = 'nowd'::regnamespace and c.relispartition and c.relkind = 'r'
      and r.rolname in ('nowd_daemon', 'nowd_reader')
  loop
    execute format('revoke all on %s from %I', partition, role);
  end loop;
end
$$;
