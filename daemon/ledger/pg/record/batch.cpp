#include "ledger/pg/record/batch.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "foundation/random.hpp"
#include "foundation/text/utf8.hpp"
#include "ledger/pg/session/array.hpp"

namespace nowd::pg {
namespace {

constexpr Statement write_dispatches{
    "write_dispatches",
    "update nowd.run r set dispatched_at = d.at, dispatched_boot_ns = d.boot_ns, boot_id = d.boot_id, host_sync = "
    "d.source,"
    " host_uncertainty = d.uncertainty"
    " from unnest($1::bigint[], $2::timestamptz[], $3::interval[], $4::bigint[], $5::text[], $6::text[])"
    " as d(run, at, uncertainty, boot_ns, boot_id, source) where r.run = d.run"};

// The day is the transaction's: a row and its account agree on it.
constexpr Statement write_sending{
    "write_sending",
    "with s as (insert into nowd.inference (run, seq, provider, model, opaque, purpose, cause, reserved_usd, attempt,"
    " budget_day)"
    " select u.*, case when u.reserved is not null then (now() at time zone 'UTC')::date end"
    " from unnest($1::bigint[], $2::int[], $3::text[], $4::text[], $5::boolean[], $6::text[], $7::text[],"
    " $8::numeric[], $9::int[]) as u(run, seq, provider, model, opaque, purpose, cause, reserved, attempt)"
    " returning run, reserved_usd, budget_day),"
    " p as (select r.job, s.budget_day as day, sum(s.reserved_usd) as usd from s join nowd.run r using (run)"
    " where s.reserved_usd is not null group by 1, 2 order by 1, 2),"
    " b as (insert into nowd.budget_account as b (job, day, reserved_usd) select job, day, least(usd, 9999999999) from "
    "p"
    " on conflict (job, day) do update set"
    " reserved_usd = least(b.reserved_usd + excluded.reserved_usd, 9999999999),"
    " changed_at = clock_timestamp() returning b.job, least(b.reserved_usd + b.spent_usd, 1000000) as usd)"
    " select s.run, b.usd from s join nowd.run r using (run) join b on b.job = r.job where s.reserved_usd is not null"};

constexpr Statement write_answers{
    "write_answers",
    "with a as (update nowd.inference i set state = 'answered', model_served = a.model_served, remote = a.remote,"
    " injected_now = a.injected_now, sent_at = a.sent_at, headers_at = a.headers_at, first_token_at = a.first_token_at,"
    " ended_at = a.ended_at, duration = a.duration, provider_date = a.provider_date,"
    " offset_low = a.offset_low, offset_high = a.offset_high,"
    " http_status = a.http_status, request_id = a.request_id, request_sha256 = a.request_sha256, stop_raw = a.stop_raw,"
    " stop = a.stop, stop_action = a.stop_action, detail = a.detail, input_tokens = a.input_tokens,"
    " cached_tokens = a.cached_tokens, output_tokens = a.output_tokens, reasoning_tokens = a.reasoning_tokens,"
    " model_as_of = a.model_as_of, cost_usd = a.cost_usd, usage_estimated = a.usage_estimated,"
    " cache_write_tokens = a.cache_write_tokens, server_duration = a.server_duration, retry_class = a.retry_class,"
    " retry_after = a.retry_after, rate_limits = a.rate_limits"
    " from unnest($1::bigint[], $2::int[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[],"
    " $7::timestamptz[], $8::timestamptz[], $9::timestamptz[], $10::interval[], $11::timestamptz[], $12::int[],"
    " $13::text[], $14::text[], $15::text[], $16::text[], $17::text[], $18::text[], $19::bigint[], $20::bigint[],"
    " $21::bigint[], $22::bigint[], $23::text[], $24::numeric[], $25::boolean[], $26::bigint[], $27::interval[],"
    " $28::text[], $29::interval[], $30::jsonb[],"
    " $31::interval[], $32::interval[])"
    " as a(run, seq, model_served, remote, injected_now, sent_at, headers_at, first_token_at, ended_at, duration,"
    " provider_date, http_status, request_id, request_sha256, stop_raw, stop, stop_action, detail, input_tokens,"
    " cached_tokens, output_tokens, reasoning_tokens, model_as_of, cost_usd, usage_estimated, cache_write_tokens,"
    " server_duration, retry_class, retry_after, rate_limits, offset_low, offset_high)"
    " where i.run = a.run and i.seq = a.seq returning i.run, i.budget_day, i.reserved_usd, i.cost_usd),"
    " p as (select r.job, a.budget_day as day, sum(a.reserved_usd) as reserved, sum(coalesce(a.cost_usd, 0)) as cost"
    " from a join nowd.run r using (run) where a.reserved_usd is not null group by 1, 2)"
    " update nowd.budget_account b set reserved_usd = greatest(b.reserved_usd - p.reserved, 0),"
    " spent_usd = least(b.spent_usd + p.cost, 9999999999),"
    " changed_at = clock_timestamp() from p where b.job = p.job and b.day = p.day"};

constexpr Statement write_calls{
    "write_calls",
    "insert into nowd.tool_call (run, seq, source, inference_seq, call_id, tool, effect, arguments, arguments_sha256,"
    " idempotency_key, state, intent_at, error)"
    " select * from unnest($1::bigint[], $2::int[], $3::text[], $4::int[], $5::text[], $6::text[], $7::text[], "
    "$8::text[],"
    " $9::text[], $10::text[], $11::text[], $12::timestamptz[], $13::text[])"};

constexpr Statement write_outcomes{
    "write_outcomes",
    "update nowd.tool_call t set state = o.state, started_at = o.started_at, ended_at = o.ended_at, duration = "
    "o.duration,"
    " remote = o.remote, remote_date = o.remote_date, exit_code = o.exit_code, error = o.error,"
    " result_bytes = o.result_bytes, result_cut = o.result_cut, data_oldest = o.data_oldest, data_newest = "
    "o.data_newest,"
    " data_count = o.data_count, data_inside = o.data_inside"
    " from unnest($1::bigint[], $2::int[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::interval[], "
    "$7::text[],"
    " $8::timestamptz[], $9::int[], $10::text[], $11::bigint[], $12::boolean[], $13::timestamptz[], $14::timestamptz[],"
    " $15::bigint[], $16::bigint[])"
    " as o(run, seq, state, started_at, ended_at, duration, remote, remote_date, exit_code, error, result_bytes,"
    " result_cut, data_oldest, data_newest, data_count, data_inside) where t.run = o.run and t.seq = o.seq"};

constexpr Statement write_gates{
    "write_gates",
    "insert into nowd.gate_decision (run, subject, call_seq, verdict, objections, evidence, decided_at)"
    " select * from unnest($1::bigint[], $2::text[], $3::int[], $4::text[], $5::jsonb[], $6::jsonb[],"
    " $7::timestamptz[])"};

constexpr Statement write_bodies{"write_bodies",
                                 "insert into nowd.body (run, part, seq, content)"
                                 " select * from unnest($1::bigint[], $2::text[], $3::int[], $4::text[])"};

constexpr Statement write_readings{
    "write_readings",
    "insert into nowd.clock_reading (run, seq, clock, point, at, uncertainty, boot_ns, boot_id, source)"
    " select * from unnest($1::bigint[], $2::int[], $3::text[], $4::text[], $5::timestamptz[], $6::interval[],"
    " $7::bigint[], $8::text[], $9::text[])"};

constexpr Statement write_ends{
    "write_ends",
    // No model call goes on once its run has ended.
    "with e as (update nowd.run r set state = e.state, reason = e.reason, detail = e.detail, ended_at = e.ended_at,"
    " not_before = e.not_before, duration = e.duration, stop = e.stop, verdict = e.verdict, verdicts = e.verdicts, "
    "model_calls = e.model_calls,"
    " tool_calls = e.tool_calls, input_tokens = e.input_tokens, output_tokens = e.output_tokens, cost_usd = e.cost_usd"
    " from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::interval[], $7::text[],"
    " $8::text[], $9::jsonb[], $10::int[], $11::int[], $12::bigint[], $13::bigint[],"
    " $14::numeric[], $15::timestamptz[]) as e(run, state, reason, detail, ended_at, duration, stop, verdict, verdicts,"
    " model_calls, tool_calls, input_tokens, output_tokens, cost_usd, not_before) where r.run = e.run"
    " returning r.run, r.job, r.scheduled_at, r.request, r.reason, r.state = 'suspended' as put_aside),"
    " i as (update nowd.inference i set state = 'lost', cost_usd = i.reserved_usd,"
    " usage_estimated = i.reserved_usd is not null from e where i.run = e.run and i.state = 'sending'),"
    " o as (update nowd.occurrence o set state = case when e.reason = 'nothing_to_do' then 'skipped'"
    " when e.reason in ('window', 'cutoff') then 'missed' else 'done' end,"
    " reason = case when e.reason in ('nothing_to_do', 'window', 'cutoff') then e.reason end, judged_at = "
    "clock_timestamp() from e"
    " where e.request is null and o.job = e.job and o.scheduled_at = e.scheduled_at and o.state = 'claimed'"
    " and not e.put_aside)"
    " update nowd.request q set state = 'done' from e where q.request = e.request and not e.put_aside"};

constexpr Statement write_deliveries{
    "write_deliveries",
    "insert into nowd.delivery (run, job, purpose, sink, key, subject, text, state, next_at, settled_at, created_at,"
    " expires_at) select d.run, r.job, d.purpose, d.sink, d.key, d.subject, d.shown,"
    " case when d.shown is null then 'pending' else 'shown' end, case when d.shown is null then d.created_at end,"
    " case when d.shown is not null then d.created_at end, d.created_at, d.expires_at"
    " from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[],"
    " $8::timestamptz[]) as d(run, purpose, sink, key, subject, shown, created_at, expires_at)"
    " join nowd.run r on r.run = d.run on conflict (key) do nothing"};

// A follower is for the same moment and window, and may do what its leader might.
constexpr Statement ask_followers{
    "ask_followers",
    "insert into nowd.request (job, scheduled_at, as_of_given, effects, after_run, window_start, requested_by)"
    " select f.job, r.as_of, true, r.effects, r.run, r.window_start, 'after ' || r.job"
    " from unnest($1::bigint[], $2::text[]) as f(run, job) join nowd.run r on r.run = f.run"
    " join nowd.job j on j.job = f.job and j.state = 'active' on conflict do nothing"};

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

/// What somebody else called something, and what is said of it.
std::optional<std::string> name(const std::string& text) { return unless_empty(clipped(text, max_name)); }
std::optional<std::string> words(const std::string& text) { return unless_empty(clipped(text, max_words)); }

/// As numeric(14, 8) holds it.
std::optional<std::string> numeric(const std::optional<Usd>& money) {
  constexpr Usd most{99'999'999'999'999};
  return money ? std::optional(to_string(std::clamp(*money, Usd{}, most))) : std::nullopt;
}

std::optional<milliseconds> not_negative(const std::optional<milliseconds>& span) {
  return span ? std::optional(std::max(*span, milliseconds{0})) : std::nullopt;
}

std::optional<Instant> wall(const std::optional<Reading>& reading) {
  return reading ? std::optional(reading->wall) : std::nullopt;
}

/// Durations come from the boot clock, never from subtracting two wall times.
std::optional<nanoseconds> between(const std::optional<Reading>& from, const std::optional<Reading>& to) {
  if (!from || !to) return std::nullopt;
  return to->boot - from->boot;
}

JsonText objections_json(const std::vector<Objection>& objections) {
  Json list = Json::array();
  for (const Objection& each : objections)
    list.push_back({{"rule", to_string(each.rule)},
                    {"response", to_string(each.response)},
                    {"verdict", to_string(each.finding.verdict)},
                    {"detail", clipped(each.finding.detail, max_words)}});
  return {dump_json(list)};
}

JsonText findings_json(const std::vector<Finding>& findings) {
  Json list = Json::array();
  for (const Finding& finding : findings)
    list.push_back({{"verdict", to_string(finding.verdict)}, {"detail", clipped(finding.detail, max_words)}});
  return {dump_json(list)};
}

}  // namespace

Table Columns::write(Transaction& transaction, const Statement& statement, const Values& further) const {
  if (empty()) return {};
  Values values;
  for (const Array& column : columns_) values.emplace_back(column.literal());
  values.insert(values.end(), further.begin(), further.end());
  return transaction.run(statement, values);
}

BatchRows::BatchRows()
    : dispatches_(6),
      sending_(9),
      answers_(32),
      calls_(13),
      gates_(7),
      outcomes_(16),
      bodies_(4),
      readings_(9),
      ends_(15),
      deliveries_(8),
      followers_(2) {}

void BatchRows::add(RunId run, const Facts& facts) {
  if (const auto& dispatch = facts.dispatch) {
    const Reading& host = dispatch->host;
    dispatches_.add(run.value, host.wall, host.uncertainty, host.boot.time_since_epoch().count(), host.boot_id,
                    host.source);
  }
  for (const SendingFact& call : facts.sending)
    sending_.add(run.value, call.seq, call.provider, call.model, call.opaque, to_string(call.purpose),
                 words(call.cause), numeric(call.reserved), call.attempt);
  for (const AnswerFact& answer : facts.answers) add_answer(run, answer);
  for (const CallFact& call : facts.calls) add_call(run, call);
  for (const GateFact& gate : facts.gates)
    gates_.add(run.value, to_string(gate.subject), gate.call_seq, gate.allowed ? "allow" : "deny",
               objections_json(gate.objections), JsonText{dump_json(gate.evidence)}, gate.at);
  for (const OutcomeFact& outcome : facts.outcomes) add_outcome(run, outcome);
  for (const BodyFact& body : facts.bodies) bodies_.add(run.value, to_string(body.part), body.seq, body.content);
  for (const ReadingFact& reading : facts.readings) add_reading(run, reading);
  if (facts.end) add_end(run, *facts.end);
}

void BatchRows::add_answer(RunId run, const AnswerFact& answer) {
  const ModelReply& reply = answer.reply;
  const ExchangeTimes& times = answer.times;
  const ServerNotes& notes = answer.notes;
  const auto offset = offset_interval(times);
  const auto usage = [&](std::int64_t Usage::* member) {
    return reply.usage ? std::optional((*reply.usage).*member) : std::nullopt;
  };
  answers_.add(run.value, answer.seq, name(reply.model_served), name(answer.remote), answer.injected_now,
               wall(times.sent), wall(times.headers), wall(times.first_token), wall(times.ended),
               between(times.sent, times.ended), times.remote_date,
               answer.http_status == 0 ? std::nullopt : std::optional(answer.http_status), name(reply.request_id),
               unless_empty(answer.request_sha256), name(reply.stop_raw), to_string(reply.stop),
               to_string(answer.action), words(reply.detail), usage(&Usage::input), usage(&Usage::cached),
               usage(&Usage::output), usage(&Usage::reasoning),
               answer.model_as_of ? std::optional(clipped(*answer.model_as_of, max_name)) : std::nullopt,
               numeric(answer.cost), answer.usage_estimated, usage(&Usage::cache_write), not_negative(notes.duration),
               notes.failed ? std::optional(std::string(to_string(*notes.failed))) : std::nullopt,
               not_negative(notes.retry_after),
               notes.limits.is_object() ? std::optional(JsonText{dump_json(notes.limits)}) : std::nullopt,
               offset ? std::optional(offset->low) : std::nullopt, offset ? std::optional(offset->high) : std::nullopt);
}

void BatchRows::add_call(RunId run, const CallFact& call) {
  calls_.add(run.value, call.seq, to_string(call.source), call.inference_seq, clipped(call.call_id, max_name),
             clipped(call.tool, max_name), to_string(call.effect), call.arguments, sha256_hex(call.arguments),
             unless_empty(call.idempotency_key),
             call.shown       ? "shown"
             : call.intent_at ? "intent"
                              : "refused",
             call.intent_at, words(call.error));
}

void BatchRows::add_outcome(RunId run, const OutcomeFact& outcome) {
  const auto& data = outcome.data;
  outcomes_.add(run.value, outcome.seq, to_string(outcome.state), wall(outcome.started), wall(outcome.ended),
                between(outcome.started, outcome.ended), name(outcome.remote), outcome.remote_date, outcome.exit_code,
                words(outcome.error), outcome.result_bytes, outcome.result_cut, data ? data->oldest : std::nullopt,
                data ? data->newest : std::nullopt, data ? std::optional(data->count) : std::nullopt,
                data ? std::optional(data->inside) : std::nullopt);
}

void BatchRows::add_reading(RunId run, const ReadingFact& reading) {
  readings_.add(run.value, reading.seq, to_string(reading.clock), reading.point, reading.at, reading.uncertainty,
                reading.boot ? std::optional(reading.boot->time_since_epoch().count()) : std::nullopt,
                unless_empty(reading.boot_id), reading.source);
}

void BatchRows::add_end(RunId run, const EndFact& end) {
  const bool ended = is_terminal(end.state);
  ends_.add(run.value, to_string(end.state), unless_empty(end.reason), words(end.detail),
            ended ? std::optional(end.ended.wall) : std::nullopt, end.duration,
            end.stop ? std::optional(std::string(to_string(*end.stop))) : std::nullopt, to_string(worst(end.findings)),
            findings_json(end.findings), end.model_calls, end.tool_calls, end.input_tokens, end.output_tokens,
            numeric(end.cost), end.not_before);
  add_follow_ups(run, end);
}

void BatchRows::add_follow_ups(RunId run, const EndFact& end) {
  for (const DeliveryFact& each : end.deliveries)
    deliveries_.add(run.value, to_string(each.purpose), each.sink, each.key, clipped(each.subject, max_name),
                    each.shown, each.created_at, each.expires_at);
  for (const JobName& follower : end.followers) followers_.add(run.value, follower);
  if (end.trouble) troubles_.push_back(*end.trouble);
  if (end.closes_alerts_of) successes_.push_back({*end.closes_alerts_of, end.provider, run.value, end.ended.wall});
}

std::map<std::int64_t, Usd> BatchRows::write(Transaction& transaction) const {
  std::map<std::int64_t, Usd> today;
  dispatches_.write(transaction, write_dispatches);
  for (const Values& row : sending_.write(transaction, write_sending).rows)
    today[std::stoll(*row[0])] = parse_usd(*row[1]).value();
  answers_.write(transaction, write_answers);
  calls_.write(transaction, write_calls);
  gates_.write(transaction, write_gates);
  outcomes_.write(transaction, write_outcomes);
  bodies_.write(transaction, write_bodies);
  readings_.write(transaction, write_readings);
  ends_.write(transaction, write_ends);
  write_follow_ups(transaction);
  return today;
}

void BatchRows::write_follow_ups(Transaction& transaction) const {
  deliveries_.write(transaction, write_deliveries);
  followers_.write(transaction, ask_followers);
  record_troubles(transaction, troubles_);
  close_alerts(transaction, successes_);
}

namespace {

// `ended_at is null` is "not terminal" by a CHECK; the states themselves would lead the planner to the partial index of
// live runs, all of which it would read for each row; one that was put aside is nobody's. The check of fence and claim
// id holds under the run's row lock until the commit: no later statement of this transaction can write to a run that
// was taken away in between.
constexpr Statement hold_runs{
    "hold_runs",
    "select r.run from unnest($1::bigint[], $2::bigint[], $3::uuid[]) as c(run, fence, claim_id)"
    " join nowd.run r on r.run = c.run and r.fence = c.fence and r.claim_id = c.claim_id"
    " and r.ended_at is null and r.not_before is null for no key update of r"};

std::set<std::int64_t> hold(Session::Context& context, const std::vector<RunWrite>& writes) {
  Array runs, fences, claims;
  for (const RunWrite& write : writes) {
    runs.add(write.claim.run.value);
    fences.add(write.claim.fence);
    claims.add(write.claim.claim_id);
  }
  std::set<std::int64_t> held;
  for (const Values& row :
       context.transaction.run(hold_runs, {runs.literal(), fences.literal(), claims.literal()}).rows)
    held.insert(std::stoll(*row[0]));
  return held;
}

}  // namespace

std::vector<Written> write_batch(Session::Context& context, const std::vector<RunWrite>& writes) {
  const std::set<std::int64_t> held = hold(context, writes);
  BatchRows rows;
  std::vector<Written> written;
  for (const RunWrite& write : writes) {
    const bool ours = held.count(write.claim.run.value) > 0;
    if (ours) rows.add(write.claim.run, write.facts);
    written.push_back({!ours, {}});
  }
  const std::map<std::int64_t, Usd> today = rows.write(context.transaction);
  for (std::size_t i = 0; i < writes.size(); ++i)
    if (const auto found = today.find(writes[i].claim.run.value); found != today.end())
      written[i].spent_today = found->second;
  return written;
}

}  // namespace nowd::pg
