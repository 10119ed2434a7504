-- Statements of PgLedger itself. Written for pg_ledger.cpp.

-- name: ledger_identity
-- The ledger's identity.
select ledger::text from nowd.ledger;

-- name: ensure_partitions
-- Makes the monthly partitions; gives how many could not be made.
select nowd.ensure_partitions();

-- name: cancel_requests
-- Live runs of this daemon that a person or a rule wants to end.
-- $1 uuid node.
select r.run, r.cancel_by, r.cancel_reason
from nowd.run r
where r.node = $1 and r.cancel_requested_at is not null and r.state in ('running', 'committing')
order by r.run;

-- name: previous_output
-- The output of the newest succeeded run of the job before this run.
-- $1 text job, $2 bigint run.
select b.content
from nowd.body b
  join (
    select r.run
    from nowd.run r
    where r.job = $1 and r.run < $2::bigint and r.state = 'succeeded' and not r.dry_run
    order by r.run desc
    limit 1
  ) r using (run)
where b.part = 'output';

-- name: output_of_run
-- The output of a run.
-- $1 bigint run.
select b.content from nowd.body b where b.run = $1::bigint and b.part = 'output';
