-- What is recorded of a run is never refused because a clock was set meanwhile, and an effect that did not start does
-- not stand in the way of the attempt that makes it.

-- The bounds are computed from the boot clock now; in older rows they are as the wall clock said.
alter table nowd.inference drop constraint inference_offset_is_an_interval;
comment on column nowd.inference.offset_low  is 'Provider''s clock minus ours is at least this: provider_date - (sent_at + how long the headers took on the boot clock). A hard bound.';

-- Whether an effect may have happened: confirmed, unknown, under way; or failed after something of it left. The same
-- rule stands in domain/run/tool_outcome.
alter table nowd.tool_call
  drop constraint tool_call_intent_exactly_when,
  add constraint tool_call_intent_unless_refused_or_shown check (state = 'refused' or (state = 'shown') = (intent_at is null));
drop index nowd.tool_call_effect_once;
create unique index tool_call_effect_once on nowd.tool_call (idempotency_key)
  where effect <> 'read' and state not in ('refused', 'shown') and not (state = 'failed' and started_at is null);
comment on column nowd.tool_call.state is 'refused (nothing of it left; with an intent_at, when it was already decided); shown (a dry run: not made); intent; then confirmed, failed, or unknown (it may have happened).';
