-- No row stops a claim: moments that no run can be for are refused, or set aside. Requests wait by job, so that those of a
-- busy job keep no other from starting; runs after another job's obey their job's overlap rule.

alter table nowd.request
  add column by_hand                       boolean not null default true,
  add column if not exists even_if_paused  boolean not null default false,
  add column if not exists deliver         boolean not null default true,
  add column if not exists start_followers boolean not null default true;
comment on column nowd.request.by_hand           is 'A person or a program asked for it, or for the run that it follows: it waits for its turn, and is never skipped for another.';
comment on column nowd.request.even_if_paused  is 'A pause of the job does not hold it.';
comment on column nowd.request.deliver         is 'Whether its output may be delivered, and its heartbeat sent.';
comment on column nowd.request.start_followers is 'Whether its success asks for the runs that follow it (after:).';
comment on column nowd.request.state           is 'planned, claimed, done or refused.';
comment on column nowd.request.reason          is 'Why it was refused: paused or overlap (a run after another job''s), rescheduled (it follows that job no more), retired, unreadable.';
alter table nowd.occurrence
  add column if not exists deliver         boolean,
  add column if not exists start_followers boolean;
comment on column nowd.occurrence.deliver         is 'Whether outputs of its runs may be delivered, and heartbeats sent; null = as usual for its kind (not of a backfill).';
comment on column nowd.occurrence.start_followers is 'Whether a success of its runs asks for the runs that follow (after:); null = as usual for its kind (not of a backfill).';

-- A follower is asked for if its leader was, and delivers where its leader may.
create function nowd.follow_leader() returns trigger
language plpgsql set search_path = pg_catalog, nowd, pg_temp as $$
declare
  leader record;
begin
  select coalesce(q.by_hand, r.kind = 'backfill') as by_hand, coalesce(q.deliver, o.deliver, r.kind <> 'backfill') as deliver into leader
  from nowd.run r
  left join nowd.request q on q.request = r.request
  left join nowd.occurrence o on r.request is null and o.job = r.job and o.scheduled_at = r.scheduled_at
  where r.run = new.after_run;
  if found then
    new.by_hand := leader.by_hand;
    new.deliver := leader.deliver;
  end if;
  return new;
end
$$;
comment on function nowd.follow_leader() is 'Gives a request after a run what its leader was given: whether somebody asked, and whether anything is delivered.';
create trigger request_of_a_follower before insert on nowd.request for each row
  when (new.after_run is not null) execute function nowd.follow_leader();

-- Followers that wait already are treated like those to come.
update nowd.request q
set by_hand = coalesce(l.by_hand, r.kind = 'backfill'), deliver = coalesce(l.deliver, r.kind <> 'backfill')
from nowd.run r left join nowd.request l on l.request = r.request
where q.after_run = r.run and q.state = 'planned';

-- One step of this index finds the next job that has requests waiting.
drop index nowd.request_waiting;
create index request_waiting on nowd.request (job, by_hand, request) where state = 'planned';

-- What waited when its job left the files, before that withdrew requests, too.
update nowd.request q set state = 'refused', reason = 'retired'
from nowd.job j where j.job = q.job and j.state = 'retired' and q.state = 'planned';

-- A word is added to those known, whichever they are.
do $$
declare
  known text;
begin
  select pg_get_expr(c.conbin, c.conrelid) into strict known
  from pg_constraint c where c.conrelid = 'nowd.occurrence'::regclass and c.conname = 'occurrence_reason_known';
  if position('''unreadable''' in known) = 0 then
    alter table nowd.occurrence drop constraint occurrence_reason_known;
    execute format('alter table nowd.occurrence add constraint occurrence_reason_known check (%s or reason = ''unreadable'')', known);
  end if;
end
$$;

-- A moment is one that nowd can read: from 1970 to 9999. Rows that are none stop being candidates: no run was ever started
-- for them, and an occurrence without a moment is none at all.
delete from nowd.occurrence o
where o.state not in ('claimed', 'done') and o.scheduled_at not between '1970-01-01 00:00:00+00' and '9999-12-31 23:59:59+00';
update nowd.occurrence o set state = 'missed', reason = 'unreadable', coalesced_into = null, buffered = false, judged_at = clock_timestamp()
where o.state = 'planned'
  and (o.window_start > o.scheduled_at
       or o.window_start not between '1970-01-01 00:00:00+00' and '9999-12-31 23:59:59+00'
       or o.window_end not between '1970-01-01 00:00:00+00' and '9999-12-31 23:59:59+00'
       or o.due_at not between '1970-01-01 00:00:00+00' and '9999-12-31 23:59:59+00');
update nowd.request q set state = 'refused', reason = 'unreadable'
where q.state = 'planned'
  and (q.scheduled_at not between '1970-01-01 00:00:00+00' and '9999-12-31 23:59:59+00'
       or q.window_start not between '1970-01-01 00:00:00+00' and '9999-12-31 23:59:59+00'
       or q.requested_at not between '1970-01-01 00:00:00+00' and '9999-12-31 23:59:59+00');

update nowd.job_cursor c set planned_from = clock_timestamp(), materialised_through = clock_timestamp(), next_at = null
where c.planned_from not between '1970-01-01 00:00:00+00' and '9999-12-31 23:59:59+00'
   or c.materialised_through not between '1970-01-01 00:00:00+00' and '9999-12-31 23:59:59+00'
   or c.next_at not between '1970-01-01 00:00:00+00' and '9999-12-31 23:59:59+00';

-- Not valid: rows of the past stay as they are. What is set aside as unreadable may hold anything.
alter table nowd.occurrence
  add constraint occurrence_moments_can_be_read check (reason is not distinct from 'unreadable' or (
    scheduled_at between timestamptz '1970-01-01 00:00:00+00' and timestamptz '9999-12-31 23:59:59+00'
    and due_at between timestamptz '1970-01-01 00:00:00+00' and timestamptz '9999-12-31 23:59:59+00'
    and window_start between timestamptz '1970-01-01 00:00:00+00' and timestamptz '9999-12-31 23:59:59+00'
    and window_end between timestamptz '1970-01-01 00:00:00+00' and timestamptz '9999-12-31 23:59:59+00')) not valid,
  add constraint occurrence_window_runs_forward check (reason is not distinct from 'unreadable' or window_start <= scheduled_at) not valid;
alter table nowd.request
  add constraint request_moments_can_be_read check (state <> 'planned' or reason is not distinct from 'unreadable' or (
    scheduled_at between timestamptz '1970-01-01 00:00:00+00' and timestamptz '9999-12-31 23:59:59+00'
    and requested_at between timestamptz '1970-01-01 00:00:00+00' and timestamptz '9999-12-31 23:59:59+00'
    and (window_start is null
         or window_start between timestamptz '1970-01-01 00:00:00+00' and timestamptz '9999-12-31 23:59:59+00'))) not valid;
alter table nowd.job_cursor
  add constraint job_cursor_moments_can_be_read check (
    planned_from between timestamptz '1970-01-01 00:00:00+00' and timestamptz '9999-12-31 23:59:59+00'
    and materialised_through between timestamptz '1970-01-01 00:00:00+00' and timestamptz '9999-12-31 23:59:59+00'
    and (next_at is null or next_at between timestamptz '1970-01-01 00:00:00+00' and timestamptz '9999-12-31 23:59:59+00')) not valid;
