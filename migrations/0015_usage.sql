-- What a server says besides its answer: what it wrote to its cache, how long it worked, what the key may still do.

alter table nowd.inference
  add column attempt            integer not null default 1,
  add column cache_write_tokens bigint,
  add column server_duration    interval,
  add column retry_class        text,
  add column retry_after        interval,
  add column rate_limits        jsonb,
  add constraint inference_attempt_counts_from_one check (attempt >= 1),
  add constraint inference_retry_class_known check (retry_class in ('wait', 'overload', 'money', 'defer', 'never')),
  add constraint inference_failure_is_no_good_stop check (retry_class is null or stop not in ('complete', 'stop_sequence', 'tool_call')),
  add constraint inference_rate_limits_are_an_object check (jsonb_typeof(rate_limits) = 'object'),
  add constraint inference_server_times_are_not_negative check (server_duration >= interval '0' and retry_after >= interval '0');
comment on column nowd.inference.attempt            is 'How often this call has been made, with this one: 2 = the first retry.';
comment on column nowd.inference.cache_write_tokens is 'Of the tokens read, those written to the provider''s cache.';
comment on column nowd.inference.server_duration    is 'How long the server worked, by its own account (openai-processing-ms and the like); null = it does not say.';
comment on column nowd.inference.retry_class        is 'A call that failed on the way: wait (a rate limit), overload, money, defer (a quota of the day, or a wait longer than the run has), never (a configuration error).';
comment on column nowd.inference.retry_after        is 'The least wait that the server asks for.';
comment on column nowd.inference.rate_limits        is 'What the key may still do, as the server says: {"requests": {"limit", "remaining", "resets_in_ms"}, "tokens": …, "quota": a quota that is used up, "per_day": true}; null = it does not say.';

create or replace view nowd.spend_by_job as
select r.job, (i.recorded_at at time zone 'UTC')::date as day, count(distinct i.run) as runs, count(*) as model_calls,
       round(count(*)::numeric / count(distinct i.run), 2) as amplification,
       count(*) filter (where i.purpose not in ('plan', 'probe')) as repeated,
       coalesce(sum(i.input_tokens), 0) as input_tokens, coalesce(sum(i.cached_tokens), 0) as cached_tokens,
       coalesce(sum(i.output_tokens), 0) as output_tokens, sum(i.cost_usd) as cost_usd,
       count(*) filter (where i.usage_estimated) as estimated,
       max(i.recorded_at) as last_at,
       coalesce(sum(i.cache_write_tokens), 0) as cache_write_tokens, coalesce(sum(i.reasoning_tokens), 0) as reasoning_tokens
from nowd.inference i join nowd.run r using (run)
group by r.job, (i.recorded_at at time zone 'UTC')::date;
comment on view nowd.spend_by_job is 'What each job''s model calls cost per UTC day. amplification = model calls per run; repeated = of these, calls made again; estimated = calls whose usage never arrived. Input includes what was cached and what was written to a cache, output includes reasoning.';

create view nowd.calls_that_failed as
select r.job, i.run, i.seq, i.provider, i.model, i.sent_at, i.http_status, i.retry_class, i.attempt, i.retry_after, i.request_id,
       i.server_duration, i.rate_limits, i.detail
from nowd.inference i join nowd.run r using (run)
where i.retry_class is not null
order by i.run desc, i.seq desc;
comment on view nowd.calls_that_failed is 'Model calls that failed on the way, newest first: what kind of failure, which attempt, how long the server asks to wait, and the id to name when you ask the provider.';
