-- Several daemons on one ledger, whose files may differ: who has loaded what, and which revision is the newer one.

create table nowd.fleet (
  loads    bigint  not null default 0,
  only_one boolean not null default true primary key,
  constraint fleet_only_one_value check (only_one)
);
insert into nowd.fleet default values;
comment on table  nowd.fleet          is 'One row: the lock under which daemons load their job files, one at a time.';
comment on column nowd.fleet.loads    is 'Grows with each load: a daemon that sees it changed looks again which jobs are its own.';
comment on column nowd.fleet.only_one is 'Always true: makes a second row impossible.';

alter table nowd.node
  add column loaded jsonb not null default '{}',
  add constraint node_loaded_is_a_mapping check (jsonb_typeof(loaded) = 'object');
comment on column nowd.node.loaded is 'What its files hold: job to revision. A successor takes it over; kept for an hour after the end where there is none.';

alter table nowd.job_revision add column number bigint generated always as identity;
comment on column nowd.job_revision.number is 'Grows: of two revisions of a job, the one that was first seen later is the newer.';

create view nowd.loaded as
select n.node, n.host, j.job, l.revision, l.revision = j.revision and j.state = 'active' as in_force
from nowd.node n, jsonb_each_text(n.loaded) as l(job, revision), nowd.job j
where n.state = 'alive' and j.job = l.job;
comment on view nowd.loaded is 'Which live daemon has which revision of which job in its files; only those in force are run.';

create or replace view nowd.job_standing as
select j.job, j.revision, j.lane, j.paused_at is not null as paused,
       exists (select from nowd.run r where r.lane = j.lane and r.state in ('running', 'suspended', 'committing')) as busy,
       last.window_end as succeeded_through, last.ended_at as succeeded_at,
       (select case when r.job = j.job then r.kind else 'another job' end from nowd.run r
        where r.lane = j.lane and r.state in ('running', 'suspended', 'committing')) as live
from nowd.job j
left join lateral (select r.window_end, r.ended_at from nowd.run r
                   where r.job = j.job and r.state = 'succeeded' and r.kind <> 'backfill' and not r.dry_run
                   order by r.window_end desc limit 1) last on true
where j.state <> 'retired';
comment on view nowd.job_standing is 'What a claim needs to know of a job: its lane, whether a run in it is live and of which kind, whether it is paused, and how far its successful runs reach. Retired jobs are absent.';
