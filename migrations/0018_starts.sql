-- A start writes to two indexes less: those of runs that did not go well hold none that is under way. Live runs are
-- few, and run_one_live_per_lane holds them all.
drop index nowd.run_by_state;
drop index nowd.run_of_job_by_state;
create index run_by_state on nowd.run (state, run) where state not in ('running', 'succeeded');
create index run_of_job_by_state on nowd.run (job, state, run) where state not in ('running', 'succeeded');

comment on column nowd.inference.usage_estimated is 'Its usage never arrived as a whole: the cost is what was reserved, or what the provider had told by then if that is more.';
