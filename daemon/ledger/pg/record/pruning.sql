-- Statements about retention. Written for pruning.cpp.

-- name: jobs_with_retention
-- Jobs with a retention, retired ones included.
select job from nowd.retention order by job;

-- name: prune_runs
-- Deletes, or counts, one batch of old runs of a job.
-- $1 text job, $2 integer max_rows, $3 boolean dry run, $4 boolean wait for other sessions.
select runs, bodies, bytes, more from nowd.prune($1, $2::integer, $3::boolean, $4::boolean);

-- name: prune_messages
-- Deletes, or counts, one batch of old messages.
-- $1 text job or null, $2 integer max_rows, $3 boolean dry run, $4 boolean wait for other sessions.
select messages, more from nowd.prune_messages($1, $2::integer, $3::boolean, $4::boolean);

-- name: drop_empty_months
-- Drops monthly partitions without rows.
select nowd.drop_empty_months();
