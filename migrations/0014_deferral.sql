-- A run whose provider says "come back in six hours" is put aside: no daemon serves it, its job's lane stays taken, and
-- when the time has come another attempt serves its occurrence or request.

alter table nowd.run
  add column not_before timestamptz,
  add constraint run_suspended_says_until_when check (state <> 'suspended' or (not_before is not null and reason is not null));
comment on column nowd.run.not_before is 'A run that was put aside: when it is served again, by the database''s clock. Kept after that; null = never put aside.';
create index run_put_aside on nowd.run (not_before) where state = 'suspended';

comment on column nowd.run.state is 'running, suspended (put aside until not_before, no daemon serves it), committing; terminal: succeeded, failed, interrupted, orphaned (another attempt serves it: its daemon died, or it was put aside and its time has come), denied, cancelled, aborted_partial.';

create or replace view nowd.runs as
select r.run, r.job, r.kind, r.state, r.reason, r.scheduled_at, r.dispatched_at, r.ended_at, r.attempt, r.duration,
       r.dispatched_at - r.due_at as late, r.verdict, r.model_calls, r.tool_calls, r.input_tokens, r.output_tokens, r.detail,
       r.not_before
from nowd.run r;
