-- Statements about alerts. Written for alerting.cpp.

-- name: record_troubles
-- One row per cause while its alert is open. t: troubles of one batch by cause, because an insert may meet a row only
-- once. again: a cause that comes back before its recovery was sent was never over for its readers; the same row is
-- open again, so the last message that they got is true.
-- $1 text[] causes, $2 text[] kinds, $3 text[] names, $4 text[] reasons, $5 text[] details, $6 text[] jobs, $7
-- bigint[] runs, $8 timestamptz[] instants, $9 interval[] waits, $10 interval min_time between two messages.
with t as (
  select cause, (array_agg(kind))[1] as kind, (array_agg(name))[1] as name,
    (array_agg(reason order by at desc))[1] as reason, (array_agg(detail order by at desc))[1] as detail,
    coalesce(array_agg(distinct job) filter (where job <> ''), '{}') as jobs, count(*) as n,
    min(at) as first_at, max(at) as last_at, max(run) as last_run, max(gather) as gather
  from unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::timestamptz[],
    $9::interval[]
  ) as t(cause, kind, name, reason, detail, job, run, at, gather)
  group by cause
),
again as (
  update nowd.alert a
  set state = 'open', recovered_at = null, recovered_run = null, count = a.count + t.n, reason = t.reason,
    detail = t.detail, last_at = t.last_at, last_run = coalesce(t.last_run, a.last_run),
    notify_at = a.told_at + $10::interval,
    jobs = (select coalesce(array_agg(distinct j), '{}') from unnest(a.jobs || t.jobs) j)
  from t
  where a.alert = (select max(p.alert) from nowd.alert p where p.cause = t.cause)
    and a.state = 'recovered'
    and a.notify_at is not null
    and a.told_at is not null
  returning a.cause
)
insert into nowd.alert as a (
  cause, kind, name, reason, detail, jobs, count, first_at, last_at, last_run, notify_at
)
select cause, kind, name, reason, detail, jobs, n, first_at, last_at, last_run,
  greatest(
    last_at + gather,
    (select max(p.told_at) from nowd.alert p where p.cause = t.cause and p.recovery_told_at is null) + $10::interval
  )
from t
where not exists (select from again where again.cause = t.cause)
order by cause
on conflict (cause)
where state = 'open' do update
set count = a.count + excluded.count, reason = excluded.reason, detail = excluded.detail,
  last_at = excluded.last_at, last_run = coalesce(excluded.last_run, a.last_run),
  notify_at = coalesce(a.notify_at, a.told_at + $10::interval),
  jobs = (select coalesce(array_agg(distinct j), '{}') from unnest(a.jobs || excluded.jobs) j);

-- name: close_alerts_by_success
-- A success closes the alerts of its job and its provider. A recovery is sent only if the alert was. The message of a
-- recovery soon after another one is delayed: a cause that comes and goes counts as broken until it stays away.
-- $1 text[] jobs, $2 text[] providers, $3 bigint[] runs, $4 timestamptz[] instants, $5 interval min_time between two
-- messages.
update nowd.alert a
set state = 'recovered', recovered_at = s.at, recovered_run = s.run,
  notify_at = case when a.told_at is not null then greatest(
    s.at, (select max(p.recovery_told_at) from nowd.alert p where p.cause = a.cause) + $5::interval
  ) end
from unnest($1::text[], $2::text[], $3::bigint[], $4::timestamptz[]) as s(job, provider, run, at)
where a.state = 'open'
  and ((a.kind in ('run', 'missed') and a.name = s.job) or (a.kind = 'provider' and a.name = s.provider));

-- name: close_alerts_by_name
-- Closes the alerts of one kind and name.
-- $1 text kind, $2 text name, $3 timestamptz now, $4 interval min_time between two messages.
update nowd.alert a
set state = 'recovered', recovered_at = $3,
  notify_at = case when a.told_at is not null then greatest(
    $3::timestamptz, (select max(p.recovery_told_at) from nowd.alert p where p.cause = a.cause) + $4::interval
  ) end
where a.state = 'open' and a.kind = $1 and a.name = $2;

-- name: close_alerts_of_retired
-- Closes the alerts of jobs that left the files, without a message.
-- $1 text[] jobs, $2 timestamptz now.
update nowd.alert a
set state = 'recovered', recovered_at = $2, notify_at = null
where a.state = 'open'
  and (
    (a.kind in ('run', 'missed') and a.name = any($1::text[]))
    or (
      a.kind = 'provider'
      and a.jobs && $1::text[]
      and not exists (select from nowd.job j where j.job = any(a.jobs) and j.state <> 'retired')
    )
  );

-- name: due_alerts
-- Locks alerts that are to be sent, each with the run that it is about.
-- $1 timestamptz now, $2 bigint max_rows.
with a as materialized (
  select a.*, coalesce(a.recovered_run, a.last_run) as about
  from nowd.alert a
  where a.notify_at <= $1
  order by a.notify_at
  limit $2
  for update skip locked
)
select a.alert, a.kind, a.name, a.reason, a.detail, a.state, array_to_json(a.jobs), a.count, a.told_count,
  a.first_at, a.last_at, a.recovered_at, r.run, r.zone, r.scheduled_at, r.dispatched_at, r.state, r.verdict,
  r.verdicts, a.cause
from a
  left join nowd.run r on r.run = a.about
order by a.alert;

-- name: mark_alerts_sent
-- Records that messages of these alerts were queued.
-- $1 bigint[] alerts, $2 boolean[] sent to any sink, $3 timestamptz now.
update nowd.alert a
set notify_at = null, told_count = a.count,
  told_at = case when a.state = 'open' and d.told then $3::timestamptz else a.told_at end,
  recovery_told_at = case when a.state = 'recovered' and d.told then $3::timestamptz end
from unnest($1::bigint[], $2::boolean[]) as d(alert, told)
where a.alert = d.alert;

-- name: insert_alert_messages
-- Queues messages of alerts. A key that exists is queued already.
-- $1 bigint[] runs, $2 text[] jobs, $3 text[] purposes, $4 text[] sinks, $5 text[] keys, $6 text[] subjects, $7
-- text[] texts, $8 timestamptz now.
insert into nowd.delivery (run, job, purpose, sink, key, subject, text, next_at, created_at, expires_at)
select run, job, purpose, sink, key, subject, text, $8, $8, $8::timestamptz + interval '24 hours'
from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[]) as d(
  run, job, purpose, sink, key, subject, text
)
on conflict (key) do nothing;
