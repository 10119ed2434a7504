-- Texts are for those who may read them: nowd.body is the measure. What a run ended with stays.

-- Before, a daemon's role could rewrite how a run had ended, and what it had said.
create function nowd.refuse_rewrite() returns trigger
language plpgsql set search_path = pg_catalog, nowd, pg_temp as $$
begin
  raise exception 'nowd.%: %', tg_table_name, tg_argv[0] using errcode = 'integrity_constraint_violation';
end
$$;
comment on function nowd.refuse_rewrite() is 'Refuses updates of rows that are final; its argument says which.';

create trigger run_end_is_final before update on nowd.run for each row
  when (old.ended_at is not null
        and (old.state, old.reason, old.detail, old.stop, old.verdict, old.verdicts, old.node, old.claim_id)
            is distinct from
            (new.state, new.reason, new.detail, new.stop, new.verdict, new.verdicts, new.node, new.claim_id))
  execute function nowd.refuse_rewrite('a run that has ended stays as it ended');
create trigger gate_decision_is_final before update on nowd.gate_decision for each row
  execute function nowd.refuse_rewrite('a decision is never changed');
create trigger budget_account_is_never_given_back before update on nowd.budget_account for each row
  when (new.spent_usd < old.spent_usd)
  execute function nowd.refuse_rewrite('what was spent stays spent');

create function nowd.refuse_second_output() returns trigger
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
comment on function nowd.refuse_second_output() is 'Refuses a second output of a run: one text was decided on, and that one is delivered.';
create trigger body_one_output before insert on nowd.body for each row
  when (new.part = 'output') execute function nowd.refuse_second_output();

-- Views for people. A view shows texts to those who may read nowd.body, and leaves them null for others.
create or replace view nowd.runs as
select r.run, r.job, r.kind, r.state, r.reason, r.scheduled_at, r.dispatched_at, r.ended_at, r.attempt, r.duration,
       r.dispatched_at - r.due_at as late, r.verdict, r.model_calls, r.tool_calls, r.input_tokens, r.output_tokens, r.detail,
       r.not_before, r.dry_run, r.zone
from nowd.run r;

-- Lateness is a matter of runs that had a moment to be on time for: a backfill of last month is not 30 days late.
create or replace view nowd.job_overview as
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

create or replace view nowd.run_gaps as
select c.run, c.job, c.kind, c.state, r.reason, c.scheduled_at, c.dispatched_at, c.inferred_at, c.effect_at, r.ended_at, r.duration,
       r.dispatched_at - r.due_at as late, c.dispatch_lag, c.inferred_at - c.dispatched_at as dispatch_to_inference,
       c.effect_at - c.inferred_at as inference_to_effect, c.effect_lag, r.host_uncertainty, c.verdict, r.dry_run
from nowd.run_clocks c join nowd.run r using (run);

create view nowd.gates as
select g.decision, g.run, g.gate, g.subject, g.call_seq, g.delivery, g.attempt, g.verdict, g.objections, g.evidence, g.decided_at,
       g.recorded_at
from nowd.gate_decision g;
comment on view nowd.gates is 'Decisions on whether something might leave a run, readable. Without the right to read texts: which rules were broken, not how.';

create view nowd.revisions as
select v.job, v.revision, v.spec, v.schedule, v.schedule_revision, v.source, v.recorded_at, v.number
from nowd.job_revision v;
comment on view nowd.revisions is 'Specs of jobs, readable. Without the right to read texts: no prompts, commands, queries and addresses.';

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
