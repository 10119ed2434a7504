-- Who may do what. Run after every migration; each statement may be repeated. A role that does not exist (--no-roles) is
-- passed over.
-- nowd_daemon: no DELETE, no DDL; what a job's retention lets go leaves through nowd.prune. nowd_reader: no texts.
-- nowd_operator: texts too, and what people may ask for, through functions.
revoke execute on all functions in schema nowd from public;
revoke all on schema nowd from public;

-- A later function is nobody's until it stands below. In a schema that belongs to another role, its owner decides.
do $$
begin
  if current_user = 'nowd_owner' then
    alter default privileges revoke execute on functions from public;
  end if;
end
$$;

-- A search path that does not name pg_temp looks there first: a caller's types would take the place of Postgres's own.
do $$
declare
  routine regprocedure;
begin
  for routine in
    select p.oid from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname = 'nowd' and p.prokind in ('f', 'p') and p.proowner = n.nspowner
      and not coalesce('search_path=pg_catalog, nowd, pg_temp' = any(p.proconfig), false)
  loop
    execute format('alter routine %s set search_path = pg_catalog, nowd, pg_temp', routine);
  end loop;
  -- It says which rows break a rule, and never a text: those who may only look may ask it.
  for routine in select p.oid from pg_proc p where p.pronamespace = 'nowd'::regnamespace and p.proname = 'verify' and not p.prosecdef loop
    execute format('alter routine %s security definer', routine);
  end loop;
end
$$;

do $$
declare
  -- Prompts, what models wrote, and words of tools, providers and sinks, which may quote both. Who may read nowd.body may
  -- read these.
  texts constant text[] := array[
    'job_revision.spec', 'request.input', 'run.detail', 'run.verdicts', 'inference.detail', 'inference.cause',
    'inference.model_as_of', 'inference.rate_limits', 'tool_call.arguments', 'tool_call.arguments_sha256', 'tool_call.error',
    'gate_decision.objections', 'gate_decision.evidence', 'delivery.text', 'delivery.reason', 'delivery_attempt.detail',
    'alert.detail'];
  -- Of nowd.job: what people decide.
  decisions constant text[] := array['job', 'paused_at', 'paused_by', 'paused_reason', 'resumed_at', 'created_at'];
  relation regclass;
  columns text;
begin
  if exists (select from pg_roles where rolname = 'nowd_daemon') then
    grant usage on schema nowd to nowd_daemon;
    grant select, insert, update on all tables in schema nowd to nowd_daemon;
    -- A view over one table could be written with its owner's rights.
    for relation in select c.oid from pg_class c where c.relnamespace = 'nowd'::regnamespace and c.relkind = 'v' loop
      execute format('revoke insert, update on %s from nowd_daemon', relation);
    end loop;
    grant usage on all sequences in schema nowd to nowd_daemon;
    revoke insert, update on nowd.migration, nowd.ledger, nowd.texts_deleted, nowd.past_schedule, nowd.turn from nowd_daemon;
    revoke update on nowd.body, nowd.occurrence_range, nowd.job_revision, nowd.clock_event, nowd.hold, nowd.gate_decision from nowd_daemon;
    revoke insert on nowd.ledger_mark from nowd_daemon;
    -- It may say more of what it holds, and never accept it.
    revoke insert on nowd.hold from nowd_daemon;
    grant insert (cause, host, reason, detail, node, known_ledger, known_mark) on nowd.hold to nowd_daemon;
    grant update (reason, detail, known_ledger, known_mark) on nowd.hold to nowd_daemon;
    revoke update on nowd.job from nowd_daemon;
    select string_agg(quote_ident(a.attname), ', ') into columns from pg_attribute a
      where a.attrelid = 'nowd.job'::regclass and a.attnum > 0 and not a.attisdropped and not a.attname = any(decisions);
    execute format('grant update (%s) on nowd.job to nowd_daemon', columns);
    grant execute on function nowd.ensure_partitions(timestamptz) to nowd_daemon;
    grant execute on function nowd.run(text, timestamptz, boolean, jsonb, boolean, boolean, boolean, boolean) to nowd_daemon;
    grant execute on function nowd.prune(text, integer, boolean, boolean), nowd.prune_messages(text, integer, boolean, boolean), nowd.drop_empty_months() to nowd_daemon;
  end if;
  if exists (select from pg_roles where rolname = 'nowd_reader') then
    grant usage on schema nowd to nowd_reader;
    grant select on all tables in schema nowd to nowd_reader;
    revoke select on nowd.body from nowd_reader;
    for relation, columns in
      select c.oid, string_agg(quote_ident(a.attname), ', ' order by a.attnum) filter (where not c.relname || '.' || a.attname = any(texts))
      from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      where c.relnamespace = 'nowd'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      group by c.oid having bool_or(c.relname || '.' || a.attname = any(texts))
    loop
      execute format('revoke select on %s from nowd_reader', relation);
      execute format('grant select (%s) on %s to nowd_reader', columns, relation);
    end loop;
    execute (select format('grant execute on function %s to nowd_reader', p.oid::regprocedure) from pg_proc p
             where p.pronamespace = 'nowd'::regnamespace and p.proname = 'verify');
  end if;
  if exists (select from pg_roles where rolname = 'nowd_operator') then
    grant usage on schema nowd to nowd_operator;
    grant execute on function nowd.run(text, timestamptz, boolean, jsonb, boolean, boolean, boolean, boolean) to nowd_operator;
    grant execute on function nowd.prune(text, integer, boolean, boolean), nowd.prune_messages(text, integer, boolean, boolean), nowd.drop_empty_months() to nowd_operator;
    grant execute on function nowd.pause(text, text), nowd.resume(text), nowd.skip_next(text, text, jsonb), nowd.undo_skip(text),
                              nowd.cancel(bigint, text), nowd.cancel_request(bigint, text),
                              nowd.backfill(text, jsonb, boolean, boolean, boolean, boolean), nowd.accept_clock(text), nowd.accept_ledger(text) to nowd_operator;
    grant select on nowd.body to nowd_operator;
    for relation in select distinct ('nowd.' || split_part(t, '.', 1))::regclass from unnest(texts) t loop
      execute format('grant select on %s to nowd_operator', relation);
    end loop;
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
