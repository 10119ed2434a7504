-- What the page, the metrics and the checks over the ledger ask.

-- Runs come in the order of their claims, so that a few pages of the table say where a week begins.
create index run_claimed on nowd.run using brin (claimed_at) with (autosummarize = on, pages_per_range = 32);

create view nowd.job_overview as
select j.job, j.state, j.schedule, j.next_at, j.paused_reason, coalesce(c.zone, r.zone, 'UTC') as zone,
       (select count(*) from nowd.run l where l.job = j.job and l.state in ('running', 'suspended', 'committing')) as live,
       case when j.paused_reason is null and j.state <> 'retired'
            then clock_timestamp() - (select min(o.due_at) from nowd.occurrence o
                                      where o.job = j.job and o.state = 'planned' and o.due_at < clock_timestamp()) end as overdue,
       j.last_run, j.last_state, r.reason as last_reason, j.last_scheduled_at, r.dispatched_at as last_dispatched_at,
       r.dispatched_at - r.due_at as last_late, r.ended_at as last_ended_at, j.last_verdict
from nowd.jobs j
left join nowd.run r on r.run = j.last_run
left join nowd.job_cursor c on c.job = j.job;
comment on view nowd.job_overview is 'Jobs with their next occurrence, their last run with its lateness and verdict, runs under way, and how long the oldest due occurrence has been waiting (overdue). The page shows this.';

create view nowd.run_gaps as
select c.run, c.job, c.kind, c.state, r.reason, c.scheduled_at, c.dispatched_at, c.inferred_at, c.effect_at, r.ended_at, r.duration,
       r.dispatched_at - r.due_at as late, c.dispatch_lag, c.inferred_at - c.dispatched_at as dispatch_to_inference,
       c.effect_at - c.inferred_at as inference_to_effect, c.effect_lag, r.host_uncertainty, c.verdict
from nowd.run_clocks c join nowd.run r using (run);
comment on view nowd.run_gaps is 'One row per run with the gaps between its clocks, one after the other. Of one job: select * from nowd.run_gaps where job = ''standup'' order by run desc limit 20.';

-- Checks that hold for every ledger that nowd wrote. Instants of one host are compared within its uncertainty; where that
-- is unknown, within a second. A row is a finding.
create function nowd.verify(since timestamptz, of_job text default null)
returns table ("check" text, run bigint, job text, at timestamptz, detail text)
language sql stable set search_path = pg_catalog, nowd as $$
with r as materialized (
  select r.*,
         -- Where the host's clock was set meanwhile, its readings before and after do not compare: clock_event says so.
         case when exists (select from nowd.clock_event e
                           where e.kind = 'step' and e.boot_id = r.boot_id
                             and e.recorded_at >= r.claimed_at - interval '1 minute' - greatest(e.size, -e.size)
                             and e.recorded_at <= r.claimed_at + coalesce(r.duration, interval '1 day') + interval '1 minute' + greatest(e.size, -e.size))
              then interval '1000 years' else coalesce(2 * r.host_uncertainty, interval '1 second') end as slack,
         r.claimed_at >= (select m.applied_at from nowd.migration m where m.name like '%\_guard') as guarded
  from nowd.run r
  where r.claimed_at >= verify.since and (verify.of_job is null or r.job = verify.of_job)
),
i as materialized (select i.*, r.job, r.slack, r.dispatched_at, r.ended_at as run_ended_at, r.duration as run_duration
                   from r join nowd.inference i using (run)),
t as materialized (select t.*, r.job, r.slack, r.dispatched_at, r.ended_at as run_ended_at, r.duration as run_duration, r.effects, r.guarded
                   from r join nowd.tool_call t using (run)),
-- How much a wall clock and the boot clock may differ over a span: half a second, and what slewing adds.
lasted as (
  select run, job, slack, 'the run' as what, dispatched_at as at, ended_at - dispatched_at as wall, duration as boot from r
  union all select run, job, slack, 'model call ' || seq, sent_at, ended_at - sent_at, duration from i
  union all select run, job, slack, 'call ' || seq || ' of ' || tool, started_at, ended_at - started_at, duration from t
)
select 'scheduled_before_dispatch', r.run, r.job, r.dispatched_at,
       'dispatched ' || (r.scheduled_at - r.dispatched_at) || ' before the moment it is for'
from r where r.kind in ('scheduled', 'catch_up', 'backfill') and r.dispatched_at < r.scheduled_at - r.slack
union all
select 'dispatch_before_injected_now', i.run, i.job, i.injected_now,
       'model call ' || i.seq || ' was told a now that is ' || (i.dispatched_at - i.injected_now) || ' before dispatch'
from i where i.injected_now < i.dispatched_at - i.slack
union all
select 'injected_now_before_response', i.run, i.job, i.injected_now,
       'model call ' || i.seq || ' was told a now that is ' || (i.injected_now - coalesce(i.headers_at, i.ended_at)) || ' after its answer began'
from i where i.injected_now > coalesce(i.headers_at, i.ended_at) + i.slack
union all
select 'injected_now_grows', n.run, n.job, n.injected_now,
       'model call ' || n.seq || ' was told a now that is ' || (n.before - n.injected_now) || ' before that of an earlier call'
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
       l.what || ' lasted ' || l.wall || ' on the wall clock and ' || l.boot || ' on the boot clock'
from lasted l where l.slack < interval '1 year' and abs(extract(epoch from l.wall - l.boot)) > 0.5 + 0.0005 * extract(epoch from l.boot)
union all
select 'effect_has_an_intent', t.run, t.job, t.started_at, 'call ' || t.seq || ' of ' || t.tool || ' started before its intent was recorded'
from t where t.effect <> 'read' and t.started_at is not null and (t.intent_at is null or t.started_at < t.intent_at - t.slack)
union all
select 'effect_has_a_decision', t.run, t.job, t.started_at, 'call ' || t.seq || ' of ' || t.tool || ' started, and the guard did not allow it'
from t where t.guarded and t.effect <> 'read' and t.started_at is not null
  and not exists (select from nowd.gate_decision g where g.run = t.run and g.call_seq = t.seq and g.verdict = 'allow')
union all
select 'effect_was_allowed', t.run, t.job, t.started_at, 'call ' || t.seq || ' of ' || t.tool || ' started in a run without effects'
from t where not t.effects and t.effect <> 'read' and t.started_at is not null
union all
select 'delivery_has_a_decision', r.run, r.job, a.started_at, 'attempt ' || a.attempt || ' of delivery ' || d.delivery || ' to ' || d.sink || ' started, and the guard did not allow it'
from r join nowd.delivery d using (run) join nowd.delivery_attempt a using (delivery)
where r.guarded and d.purpose = 'output' and a.started_at is not null
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
  and not exists (select from nowd.retention k where k.job = o.job and k.runs is not null)
union all
select 'coalesced_occurrence_has_its_heir', null, o.job, o.scheduled_at, 'coalesced into ' || o.coalesced_into || ', which was never planned'
from nowd.occurrence o
where o.state = 'coalesced' and o.scheduled_at >= verify.since and (verify.of_job is null or o.job = verify.of_job)
  and not exists (select from nowd.occurrence h where h.job = o.job and h.scheduled_at = o.coalesced_into)
$$;
comment on function nowd.verify(timestamptz, text) is 'Checks over runs claimed, and occurrences planned for, since a moment; of one job, or of all. Each row is a finding: a check that does not hold, where, and by how much. A run during which the clock of its host was set (clock_event) is not held to the order of its clocks: select * from nowd.verify(now() - interval ''7 days'').';
