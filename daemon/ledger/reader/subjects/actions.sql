-- Actions of people, and questions about their requests. Written for actions.cpp.

-- name: request_run
-- $1 text job, $2 timestamptz as_of, $3 boolean effects, $4 jsonb input, $5 boolean dry run, $6 boolean even if
-- paused, $7 boolean deliver, $8 boolean start followers.
select nowd.run(
  $1::text, $2::timestamptz, $3::boolean, $4::jsonb, $5::boolean, $6::boolean, $7::boolean, $8::boolean
);

-- name: pause_job
-- $1 text job, $2 text reason.
select nowd.pause($1::text, $2::text);

-- name: resume_job
-- $1 text job.
select nowd.resume($1::text);

-- name: skip_next
-- $1 text job, $2 text reason, $3 jsonb computed occurrences.
select nowd.skip_next($1::text, $2::text, $3::jsonb);

-- name: undo_skip
-- $1 text job.
select nowd.undo_skip($1::text);

-- name: cancel_run
-- $1 bigint run, $2 text reason.
select nowd.cancel($1::bigint, $2::text);

-- name: cancel_request
-- $1 bigint request, $2 text reason.
select nowd.cancel_request($1::bigint, $2::text);

-- name: accept_clock
-- $1 text reason.
select nowd.accept_clock($1::text);

-- name: accept_ledger
-- $1 text reason.
select nowd.accept_ledger($1::text);

-- name: backfill
-- $1 text job, $2 jsonb computed occurrences, $3 boolean effects, $4 boolean dry run, $5 boolean deliver, $6 boolean
-- start followers.
select b.scheduled_at, b.what, b.was
from nowd.backfill($1::text, $2::jsonb, $3::boolean, $4::boolean, $5::boolean, $6::boolean) b;

-- name: list_waiting_requests
-- $1 text job or null.
select to_jsonb(q)
from nowd.requests q
where q.state = 'planned' and ($1::text is null or q.job = $1)
order by q.request;

-- name: read_request
-- $1 bigint request.
select to_jsonb(q) from nowd.request q where q.request = $1::bigint;

-- name: read_newest_run_of_request
-- $1 bigint request.
select to_jsonb(v)
from nowd.run r
  join nowd.runs v using (run)
where r.request = $1::bigint
order by r.attempt desc
limit 1;

-- name: read_run_before_request
-- A live run of the lane that a planned request waits for.
-- $1 bigint request.
select to_jsonb(v)
from nowd.request q
  join nowd.job j on j.job = q.job
  join nowd.run r on r.lane = j.lane
  join nowd.runs v using (run)
where q.request = $1::bigint and q.state = 'planned' and r.state in ('running', 'suspended', 'committing')
limit 1;

-- name: read_beats
-- Live daemons, and whether each has beaten lately. Daemons beat every 2 s.
select b.node, b.beat, b.beat_at > clock_timestamp() - interval '4.5 s'
from nowd.node_beat b
  join nowd.node n using (node)
where n.state = 'alive';
