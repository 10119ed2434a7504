-- Comments of tables, columns, views and functions that make sense when they are read alone.

comment on column nowd.alert.recorded_at is 'Time of the database when the row was written.';
comment on column nowd.body.recorded_at is 'Time of the database when the row was written.';
comment on column nowd.clock_event.recorded_at is 'Time of the database when the row was written.';
comment on column nowd.clock_reading.recorded_at is 'Time of the database when the row was written.';
comment on column nowd.delivery.recorded_at is 'Time of the database when the row was written.';
comment on column nowd.delivery_attempt.recorded_at is 'Time of the database when the row was written.';
comment on column nowd.gate_decision.recorded_at is 'Time of the database when the row was written.';
comment on column nowd.inference.recorded_at is 'Time of the database when the row was written.';
comment on column nowd.job_revision.recorded_at is 'Time of the database when the row was written.';
comment on column nowd.occurrence_range.recorded_at is 'Time of the database when the row was written.';
comment on column nowd.past_schedule.recorded_at is 'Time of the database when the row was written.';
comment on column nowd.provider_state.recorded_at is 'Time of the database when the row was written.';
comment on column nowd.run.recorded_at is 'Time of the database when the row was written.';
comment on column nowd.tool_call.recorded_at is 'Time of the database when the row was written.';
comment on column nowd.budget_account.job is 'Name of the job.';
comment on column nowd.job_cursor.job is 'Name of the job.';
comment on column nowd.job_revision.job is 'Name of the job.';
comment on column nowd.occurrence.job is 'Name of the job.';
comment on column nowd.occurrence_range.job is 'Name of the job.';
comment on column nowd.past_schedule.job is 'Name of the job.';
comment on column nowd.texts_deleted.job is 'Name of the job.';
comment on column nowd.run.job is 'Name of the job.';
comment on column nowd.body.run is 'Number of the run.';
comment on column nowd.gate_decision.run is 'Number of the run.';
comment on column nowd.inference.run is 'Number of the run.';
comment on column nowd.tool_call.run is 'Number of the run.';
comment on column nowd.alert.alert is 'Number of the alert.';
comment on column nowd.alert.cause is
  'Identity of a trouble: kind, name and reason in one word. Two troubles with one cause are one alert.';
comment on column nowd.alert.detail is 'Explanation of the latest occurrence, for people.';
comment on column nowd.alert.kind is
  'run (runs of a job end badly), missed (occurrences of a job did not run and are too late), provider (one outage '
  'for all its jobs), delivery (a sink does not accept messages), held (dispatch or a job stands still; name: job '
  'files, clock, ledger, or clock of HOST).';
comment on column nowd.alert.name is 'Name of the job, provider or sink, or the reason of a hold.';
comment on column nowd.alert.notify_at is 'Time of the next message about this alert; null = no message is due.';
comment on column nowd.alert.recovery_told_at is 'Time of the message that reported the recovery.';
comment on column nowd.alert.told_at is 'Time of the last message about the trouble.';
comment on column nowd.body.content is
  'The text. NUL and invalid UTF-8 are replaced by U+FFFD. A request refers to responses and results that are stored '
  'already: response_of, result_of (with before and after it); a response with the same text as the output has '
  'text_of instead.';
comment on column nowd.body.seq is 'Number of the text within its run and kind.';
comment on column nowd.clock_event.after is
  'Value of the clock, or reason of the hold, after the event; remote_skew: time of the database.';
comment on column nowd.clock_event.before is
  'step: the expected time; suspend: the last reading; remote_skew: time of the host; otherwise the reason of the '
  'hold before the event.';
comment on column nowd.clock_event.event is 'Number of the event.';
comment on column nowd.clock_reading.at is 'Time that the clock showed.';
comment on column nowd.clock_reading.boot_ns is
  'Boot clock of the host (CLOCK_BOOTTIME) at the same moment, in nanoseconds.';
comment on column nowd.clock_reading.source is
  'Source of the reading: chrony, kernel-estimate, unsynchronised, database, http-date, schedule, data, script.';
comment on column nowd.delivery.delivery is 'Number of the delivery.';
comment on column nowd.delivery.key is
  'Idempotency key, equal for all attempts and for a rerun of the same occurrence.';
comment on column nowd.delivery.reason is 'Result of the last attempt, or reason of the end.';
comment on column nowd.delivery.repeatable is
  'True if an attempt with an unknown result may be repeated because the sink recognises its key. Set when the '
  'delivery is claimed.';
comment on column nowd.delivery.run is 'The run that sends this output, or that this message is about.';
comment on column nowd.delivery.state is
  'pending, sending; delivered; failed (the sink refuses it for good); unknown (the sink may have accepted it and '
  'cannot recognise a repetition); expired (its validity ended); shown (dry run: never sent).';
comment on column nowd.delivery.subject is 'Subject in one line.';
comment on column nowd.delivery.text is
  'The text; null if it is the output of the run (nowd.body). Dry run: the text that would be sent.';
comment on column nowd.delivery_attempt.detail is 'Answer of the sink.';
comment on column nowd.delivery_attempt.node is 'Number of the daemon that sent it.';
comment on column nowd.gate_decision.decision is 'Number of the decision.';
comment on column nowd.gate_decision.delivery is 'The delivery that was judged.';
comment on column nowd.gate_decision.evidence is
  'Facts that the decision is based on: now, as_of, valid_until, time of the newest clock block, date stated by the '
  'model, data read, remote clocks.';
comment on column nowd.gate_decision.subject is
  'effect (a tool call), turn (all effects of one answer with a wrong stated date), command, output, or delivery '
  '(one attempt).';
comment on column nowd.hold.accepted_by is 'User who accepted the hold.';
comment on column nowd.hold.detail is 'Explanation of the hold, for people.';
comment on column nowd.hold.hold is 'Number of the hold.';
comment on column nowd.hold.host is 'The hold applies to daemons on this host; null = to all daemons.';
comment on column nowd.hold.reason is
  'step (a clock was set by more than 24 hours), behind (a clock is behind the newest time in the ledger), restored '
  '(the ledger is older than a daemon remembers), another_ledger (a daemon remembers another ledger with this name).';
comment on column nowd.inference.budget_day is 'UTC day of the budget that pays for the call.';
comment on column nowd.inference.injected_now is
  'The inference clock: the value of now in the newest clock block of the conversation.';
comment on column nowd.inference.provider_date is
  'Clock of the provider: the Date header of its answer, in whole seconds.';
comment on column nowd.inference.purpose is
  'plan (an ordinary call); probe (asks for the date without a clock block); retry (the provider failed); larger '
  '(the answer was cut, the limit is raised); resume (the provider paused); repair (the answer was malformed); nudge '
  '(the answer was empty).';
comment on column nowd.inference.rate_limits is
  'Rate limits reported by the server: {"requests": {"limit", "remaining", "resets_in_ms"}, "tokens": …, "quota": an '
  'exhausted quota, "per_day": true}; null = not reported.';
comment on column nowd.inference.remote is 'Scheme, host and port of the server that sent provider_date.';
comment on column nowd.inference.reserved_usd is
  'Maximum cost of the call, reserved in the budget before it was sent; null = no prices are configured.';
comment on column nowd.inference.stop is 'Stop class: the meaning of stop_reason, equal for all providers.';
comment on column nowd.inference.stop_action is 'Action that nowd took after this stop.';
comment on column nowd.inference.usage_estimated is
  'True if the provider reported no complete usage: the cost is the reservation, or the reported part if that is '
  'more.';
comment on column nowd.job.lane is
  'Runs of jobs with the same lane never overlap: the concurrency_key, or the name of the job; null = runs may '
  'overlap.';
comment on column nowd.job.paused_by is 'User who paused the job.';
comment on column nowd.job.paused_reason is 'Reason of the pause.';
comment on column nowd.job.resumed_at is
  'Time of the last resume. Occurrences that were due before it are not caught up.';
comment on column nowd.job_cursor.next_local is 'Local time of next_at.';
comment on column nowd.node.loaded is
  'Job files of the daemon: job to revision. A successor reads it; without a successor it is kept for one hour after '
  'the end.';
comment on column nowd.node_beat.node is 'Number of the daemon.';
comment on column nowd.occurrence.decided_by is
  'User who skipped the occurrence or asked for its backfill; null = no user did.';
comment on column nowd.occurrence_range.count is 'Number of occurrences in the range.';
comment on column nowd.past_schedule.past is 'Number of the row.';
comment on column nowd.past_schedule.planned_until is
  'Each occurrence in (planned_from, planned_until] has a row or is part of a range. Later moments of this schedule '
  'were never planned.';
comment on column nowd.past_schedule.schedule_revision is 'Hash of the schedule.';
comment on column nowd.provider_state.credential is
  'Source of the credential, never its value: env NAME, file PATH, credential NAME, or none.';
comment on column nowd.provider_state.state is
  'closed (calls are made); open (several overloads in a row: no calls); half_open (one trial call); paused (the '
  'account has no credit).';
comment on column nowd.remote_clock.behind_high is
  'Upper bound of how far the remote clock is behind ours, by all exchanges.';
comment on column nowd.remote_clock.last_at is 'Time of the last exchange.';
comment on column nowd.request.after_run is 'Run of another job that requested this run by its success (after:).';
comment on column nowd.request.as_of_given is 'True if the request named a moment.';
comment on column nowd.request.input is 'Text of {{input}} in the prompt.';
comment on column nowd.request.scheduled_at is
  'The moment that the run is for: as_of if given, else the time of the request.';
comment on column nowd.run.cancel_by is 'User who asked to cancel the run.';
comment on column nowd.run.cancel_reason is 'Reason of the request to cancel.';
comment on column nowd.run.cancel_requested_at is 'Time of the first request to cancel; the result is in state.';
comment on column nowd.run.detail is 'Explanation of reason, for people.';
comment on column nowd.run.dispatched_boot_ns is 'Boot clock of the host (CLOCK_BOOTTIME) at dispatch, in nanoseconds.';
comment on column nowd.run.run is 'Number of the run.';
comment on column nowd.tool_call.data_oldest is 'Oldest instant in the data that the call read.';
comment on column nowd.tool_call.effect is 'Effect of the tool: read, reversible, compensable, irreversible.';
comment on column nowd.tool_call.idempotency_key is
  'Key that is derived from the occurrence and the position of the call, so that a rerun has the same key. Effects '
  'never share a key.';
comment on function nowd.accept_clock(text) is
  'Accepts the present clocks: ends the holds of a host (null: all), dispatch continues, missed occurrences are '
  'judged as usual. Returns the number of holds that it ended.';
comment on function nowd.accept_hold(text,text) is 'The common part of accept_clock and accept_ledger.';
comment on function nowd.accept_ledger(text) is
  'Accepts this ledger although daemons remember a newer one or another one. Work that ran after its backup may run '
  'again. Returns the number of holds that it ended.';
comment on function nowd.acted_on(text) is
  'Locks and returns the job with this name; raises an error with the remedy if there is none.';
comment on function nowd.backfill(text,jsonb,boolean,boolean,boolean,boolean) is
  'Plans runs for past occurrences, which nowctl computes with the identities of the schedule. Returns one row for '
  'each: new (the ledger did not know it), again (it had not run: see was), left alone (it ran, or is planned). The '
  'runs make no effect, deliver nothing and start no other job unless effects, deliver or start_followers is true. '
  'dry_run: returns the rows and changes nothing. Backfills of a paused job wait for nowd.resume.';
comment on function nowd.cancel(bigint,text) is
  'Asks to cancel a live run; its daemon stops the work under way. Returns its job. A run that made an effect ends '
  'aborted_partial, one with a cut effect ends interrupted: neither ends cancelled.';
comment on function nowd.computed(text,jsonb) is
  'Occurrences given as JSON, each once, if the schedule in force names them.';
comment on function nowd.delete_texts(bigint[]) is
  'Deletes the texts of runs. Returns their number and their stored size.';
comment on function nowd.drop_empty_months() is
  'Drops monthly partitions of clock_reading and body that are older than a month and empty. Returns their number.';
comment on function nowd.ensure_partitions(timestamp with time zone) is
  'Creates the monthly partitions of clock_reading and body for this month, the next two, and months with rows in '
  'the default partition, which it moves. Returns the number of partitions that it could not create now, because the '
  'tables are in use or too many rows would move (nowctl migrate moved all rows).';
comment on function nowd.follow_leader() is
  'Copies from the leading run to a request after it: whether a user asked, and whether deliveries are sent.';
comment on function nowd.pause(text,text) is
  'Pauses a job until nowd.resume; runs under way continue. Occurrences that become due are skipped, backfills wait, '
  'and nowd.run is refused unless even_if_paused. A pause survives restarts and edits of the job file. Returns the '
  'time of the pause.';
comment on function nowd.prune(text,integer,boolean,boolean) is
  'Applies the retention of a job to one batch of its runs: deletes older ones, or counts them (dry_run). more = '
  'call it again. The only function that deletes runs.';
comment on function nowd.prune_messages(text,integer,boolean,boolean) is
  'Deletes one batch of messages without a run (alerts, recoveries) that are older than the retention of runs of '
  'their job; job null: messages about several jobs or none, older than the longest retention. dry_run: counts them. '
  'more = call it again. Unsettled messages stay.';
comment on function nowd.refuse_draft() is 'Refuses deliveries of outputs of runs that have not succeeded.';
comment on function nowd.resume(text) is
  'Ends a pause without starting scheduled work: due occurrences that still waited are skipped (paused). Returns '
  'their number. Requested runs and backfills start now.';
comment on function nowd.settled_runs(text,bigint[],timestamp with time zone) is
  'The runs of a job that may be deleted: ended before a moment, without an effect in doubt, a delivery to send, an '
  'open alert or a waiting follower, and not the last success of the job.';
comment on function nowd.skip_next(text,text,jsonb) is
  'Skips the first future occurrence of a job that is not skipped yet and returns it: select '
  'nowd.skip_next(''standup'', ''public holiday''). A second call skips a second one; nowd.undo_skip takes back the '
  'last. candidates: the next occurrences as nowctl computes them; without them only the very next one is known.';
comment on function nowd.undo_skip(text) is
  'Takes back the latest skip of a job if its occurrence is in the future, and returns it: select '
  'nowd.undo_skip(''standup'').';
comment on function nowd.verify(timestamp with time zone,text) is
  'Checks runs claimed and occurrences planned since a moment, of one job or all. Each row is a finding: the check '
  'that failed, the place, the size of the difference. Runs during which the clock of the host was set (clock_event) '
  'are exempt from the order of clocks, deferred runs from the check of their length: select * from '
  'nowd.verify(now() - interval ''7 days'').';
comment on table nowd.alert is
  'One row per trouble with one cause, from its first sign to its recovery. A message is sent at once, again after a '
  'cooldown, and at the recovery.';
comment on table nowd.body is
  'Texts: messages to the model (only those that are new since the call before), answers, tool results, the output '
  'of the run. Compressed by Postgres, partitioned by month.';
comment on table nowd.budget_account is
  'Cost of the model calls of a job per UTC day. Each call is reserved before it is sent and settled after it; a '
  'lost call keeps its reservation. limits.usd_per_day applies to the sum.';
comment on table nowd.hold is
  'One row per hold of dispatch: no work is claimed or planned until a user accepts it (nowctl clock accept, nowctl '
  'ledger accept).';
comment on table nowd.migration is 'One row per applied migration of this schema.';
comment on table nowd.occurrence is
  'One row per planned moment of a job; identity (job, scheduled_at). Each row ends with its fate and a reason.';
comment on table nowd.remote_clock is
  'Bounds of each remote clock from HTTP exchanges, measured against one boot of one host: remote minus local time. '
  'Bounds widen by 200 ppm of their age and are dropped after an hour.';
comment on table nowd.request is
  'One row per requested run (nowctl run, select nowd.run, after:). The identity of a manual run.';
comment on table nowd.texts_deleted is
  'Progress of deleting the texts of each job (nowd.prune), so that no call reads the same runs again.';
comment on view nowd.alerts is 'Troubles for people. Open ones: select * from nowd.alerts where state = ''open''.';
comment on view nowd.calls_that_failed is
  'Failed model calls, newest first: class of failure, attempt, wait that the server asks for, and the request id '
  'for the support of the provider.';
comment on view nowd.data_freshness is
  'Data that runs have read, if data_time is declared: number of instants, number within the window of the run, age '
  'of the newest.';
comment on view nowd.holds is
  'Holds of dispatch for people. Present ones: select * from nowd.holds where accepted_at is null.';
comment on view nowd.inference_stops is
  'Stop reasons of models, in the words of the provider and as stop class, with the action of nowd; per job, '
  'provider and UTC day.';
comment on view nowd.job_standing is
  'State of a job for a claim: its lane, the kind of a live run in it, its pause, and the time of its last success. '
  'Retired jobs are absent.';
comment on view nowd.model_beliefs is
  'Dates that models believe: believed = asked without a clock block (clocks.probe); stated = given with effects and '
  'JSON outputs, after reading it.';
comment on view nowd.occurrence_fate is
  'The fate of every occurrence with its reason. Each counts once: a row with until_at later than scheduled_at '
  'stands for count occurrences between the two that have no row of their own.';
comment on view nowd.refusals is
  'Effects and outputs that the clock guard refused, with the reason, newest first: select * from nowd.refusals '
  'order by decision desc limit 20.';
comment on view nowd.requests is
  'Requested runs for people. Waiting ones: select * from nowd.requests where state = ''planned''.';
comment on view nowd.spend_by_job is
  'Cost of the model calls of each job per UTC day. amplification = model calls per run; repeated = calls that were '
  'retries; estimated = calls without a complete usage. Input includes cached and cache-writing tokens, output '
  'includes reasoning.';
comment on view nowd.upcoming is
  'Future occurrences: the planned ones, and the first one after them for each job. State: planned, not yet planned, '
  'skipped (by a user), paused (skipped unless the pause ends before; a backfill waits).';
