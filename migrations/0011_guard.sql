-- The guard: what decided whether something might leave a run, and what remote clocks have been proven to be.

create table nowd.gate_decision (
  decision    bigint      generated always as identity primary key,
  run         bigint      not null references nowd.run on delete cascade,
  gate        text        not null default 'clocks',
  subject     text        not null,
  call_seq    integer,
  delivery    bigint      references nowd.delivery on delete cascade,
  attempt     integer,
  verdict     text        not null,
  objections  jsonb       not null default '[]',
  evidence    jsonb       not null default '{}',
  decided_at  timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint gate_decision_gate_known    check (gate in ('clocks')),
  constraint gate_decision_subject_known check (subject in ('effect', 'turn', 'command', 'output', 'delivery')),
  constraint gate_decision_verdict_known check (verdict in ('allow', 'ask', 'deny')),
  constraint gate_decision_denial_says_why check (verdict <> 'deny' or objections <> '[]'),
  constraint gate_decision_names_its_delivery check ((subject = 'delivery') = (delivery is not null))
);
create index gate_decision_of_run on nowd.gate_decision (run);
create index gate_decision_of_delivery on nowd.gate_decision (delivery) where delivery is not null;
create index gate_decision_denied on nowd.gate_decision (decided_at) where verdict = 'deny';
comment on table  nowd.gate_decision             is 'One row per decision on whether something may leave a run: an effect, a command, its output, an attempt to deliver. Written in the transaction that records the intent.';
comment on column nowd.gate_decision.decision    is 'Its number.';
comment on column nowd.gate_decision.run         is 'Whose.';
comment on column nowd.gate_decision.gate        is 'Which gate: clocks.';
comment on column nowd.gate_decision.subject     is 'effect (a tool call), turn (the effects of one answer, whose stated date was wrong), command, output, or delivery (one attempt).';
comment on column nowd.gate_decision.call_seq    is 'The tool call (tool_call.seq).';
comment on column nowd.gate_decision.delivery    is 'The message.';
comment on column nowd.gate_decision.attempt     is 'The attempt to deliver it.';
comment on column nowd.gate_decision.verdict     is 'allow < ask < deny.';
comment on column nowd.gate_decision.objections  is 'Rules that were broken: [{"rule", "response": flag | refuse, "verdict", "detail"}].';
comment on column nowd.gate_decision.evidence    is 'What was decided from: now, as_of, valid_until, when the newest clock block was rendered, the date the model stated, what was read, remote clocks.';
comment on column nowd.gate_decision.decided_at  is 'Host time of the decision; database time for a delivery.';
comment on column nowd.gate_decision.recorded_at is 'Database time.';

comment on column nowd.inference.model_as_of is 'The inference clock as believed: the date the model stated, as text; of a probe, its whole answer.';
alter table nowd.inference
  add constraint inference_probe_sees_no_clock check (purpose <> 'probe' or injected_now is null);

alter table nowd.tool_call add column data_inside bigint;
comment on column nowd.tool_call.data_inside is 'Of data_count, how many lie in the run''s window (a run on time may read up to now).';

create view nowd.model_beliefs as
select i.run, r.job, i.seq, i.provider, coalesce(i.model_served, i.model) as model, i.sent_at,
       (i.sent_at at time zone r.zone)::date as true_date, (r.as_of at time zone r.zone)::date as as_of_date,
       case when i.purpose = 'probe' then i.model_as_of end as believed,
       case when i.purpose <> 'probe' then i.model_as_of end as stated
from nowd.inference i join nowd.run r using (run)
where i.model_as_of is not null;
comment on view nowd.model_beliefs is 'What models take for today: believed = asked apart, without a clock block (clocks.probe); stated = with their effects and JSON outputs, having read it.';

create view nowd.data_freshness as
select t.run, r.job, r.scheduled_at, t.seq, t.source, t.tool as name, t.data_count, t.data_inside, t.data_oldest, t.data_newest,
       r.window_start, r.window_end, t.started_at - t.data_newest as newest_age, r.verdict
from nowd.tool_call t join nowd.run r using (run)
where t.data_count is not null;
comment on view nowd.data_freshness is 'What runs have read, where data_time is declared: how many instants, how many of them in the run''s window, and how old the newest was.';

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
comment on view nowd.refusals is 'What the guard did not let out, and why. Newest first: select * from nowd.refusals order by decision desc limit 20.';

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
comment on view nowd.clock_gaps is 'How far the clocks of a job''s scheduled runs lie apart: median, 95th and 99th percentile of each gap.';

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
  primary key (boot_id, remote),
  constraint remote_clock_bound_has_a_time check ((low is null) = (low_at is null) and (high is null) = (high_at is null))
);
comment on table  nowd.remote_clock                is 'What HTTP exchanges have shown of each remote clock, measured against one boot of one host: offsets are theirs minus ours. Bounds widen by 200 ppm of their age and are dropped after an hour.';
comment on column nowd.remote_clock.boot_id        is 'Which boot of the daemon''s host.';
comment on column nowd.remote_clock.remote         is 'Scheme, host and port.';
comment on column nowd.remote_clock.low            is 'The offset is at least this: a Date proves a clock ahead.';
comment on column nowd.remote_clock.low_at         is 'As of when.';
comment on column nowd.remote_clock.high           is 'The offset is at most this, if the Date is not cached: only a suspicion.';
comment on column nowd.remote_clock.high_at        is 'As of when.';
comment on column nowd.remote_clock.samples        is 'Exchanges that the estimate rests on.';
comment on column nowd.remote_clock.first_at       is 'The first of them.';
comment on column nowd.remote_clock.last_at        is 'The last.';
comment on column nowd.remote_clock.behind_samples is 'The last exchanges in unbroken order that each say: behind.';
comment on column nowd.remote_clock.behind_since   is 'The first of those.';
comment on column nowd.remote_clock.behind_high    is 'What all of those grant.';

create view nowd.clock_skew as
select c.remote, case when c.low > interval '0' then c.low end as proven_ahead,
       case when c.behind_samples >= 5 and c.last_at - c.behind_since >= interval '1 minute' and c.behind_high < interval '0'
            then -c.behind_high end as suspected_behind,
       c.samples, c.first_at, c.last_at
from nowd.remote_clock c
where c.samples > 0;
comment on view nowd.clock_skew is 'Remote clocks (providers, hosts of tools and sinks): how far ahead each is proven to be, or suspected to be behind.';
