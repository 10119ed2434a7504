-- What a start costs: fewer indexes to a run, and room on its page for the dispatch.

-- A dispatch changes no indexed column: with room on the page it touches no index. It was 70.
alter table nowd.run set (fillfactor = 45);

-- The live runs of a job are found in run_of_job_by_state; those of a lane in run_one_live_per_lane. A claim of a
-- thousand took this one for the second, and read all live runs for each.
drop index nowd.run_live_of_job;

-- One summary of both times per range of pages, instead of two.
drop index nowd.run_scheduled;
drop index nowd.run_claimed;
create index run_times on nowd.run using brin (scheduled_at, claimed_at) with (autosummarize = on, pages_per_range = 32);
