#include "ledger/pg/outbox/sending.hpp"

#include "foundation/text/utf8.hpp"
#include "ledger/pg/outbox/alerting.hpp"
#include "ledger/pg/record/batch.hpp"
#include "ledger/pg/session/array.hpp"

namespace nowd::pg {
namespace {

constexpr Statement expire{"expire_messages",
                           "update nowd.delivery d set state = 'expired', next_at = null, settled_at = $1,"
                           " reason = 'its validity passed' || coalesce('; last: ' || d.reason, '')"
                           " where d.state = 'pending' and d.next_at <= $1 and d.expires_at <= $1"
                           " returning d.sink, d.job, d.run, d.subject, d.reason, d.attempts, d.delivery"};

// The guard's decision on each attempt to deliver an output, with what it was decided from.
constexpr Statement note_denied{
    "note_denied",
    "insert into nowd.gate_decision (run, subject, delivery, attempt, verdict, objections, evidence, decided_at)"
    " select d.run, 'delivery', d.delivery, d.attempts + 1, 'deny', jsonb_build_array(jsonb_build_object('rule',"
    " 'valid_for', 'response', 'refuse', 'verdict', 'expired', 'detail', 'expired: its validity passed before it could"
    " be delivered')), jsonb_build_object('now', $2::timestamptz, 'valid_until', d.expires_at), $2"
    " from nowd.delivery d where d.delivery = any($1::bigint[]) and d.purpose = 'output'"};

// Allowed when it was taken; what its sink's clock has shown is known to the sender alone.
constexpr Statement note_kept_back{
    "note_kept_back",
    "insert into nowd.gate_decision (run, subject, delivery, attempt, verdict, objections, evidence, decided_at)"
    " select d.run, 'delivery', d.delivery, $2::integer, 'deny', jsonb_build_array(jsonb_build_object('rule', 'skew',"
    " 'response', 'refuse', 'verdict', 'skewed', 'detail', $3::text)), jsonb_build_object('now', $4::timestamptz), $4"
    " from nowd.delivery d where d.delivery = $1::bigint"};

constexpr Statement take{
    "take_messages",
    "with c as materialized (select d.delivery from nowd.delivery d where d.state = 'pending' and d.next_at <= $1"
    " and not d.sink = any($3::text[]) order by d.next_at limit $2 for update skip locked),"
    " t as (update nowd.delivery d set state = 'sending', next_at = null, node = $5, attempts = d.attempts + 1,"
    " repeatable = not d.sink = any($4::text[]) from c where d.delivery = c.delivery returning d.*),"
    " a as (insert into nowd.delivery_attempt (delivery, attempt, node, intent_at)"
    " select delivery, attempts, $5, $1 from t),"
    " g as (insert into nowd.gate_decision (run, subject, delivery, attempt, verdict, evidence, decided_at)"
    " select run, 'delivery', delivery, attempts, 'allow',"
    " jsonb_build_object('now', $1::timestamptz, 'valid_until', expires_at), $1 from t where purpose = 'output')"
    " select t.delivery, t.sink, t.purpose, t.key, t.subject, coalesce(t.text, b.content, ''), t.attempts, "
    "t.expires_at,"
    " r.run, r.job, r.kind, r.attempt, r.zone, r.scheduled_at, r.due_at, r.as_of, r.window_start, r.window_end,"
    " r.dispatched_at, r.state, r.verdict, coalesce(t.reason, '')"
    " from t left join nowd.run r on r.run = t.run"
    " left join nowd.body b on t.purpose = 'output' and b.run = t.run and b.part = 'output' order by t.delivery"};

constexpr Statement next_look{
    "next_message",
    "select least((select min(d.next_at) from nowd.delivery d where d.state = 'pending' and d.next_at > $1),"
    " (select min(a.notify_at) from nowd.alert a where a.notify_at is not null))"};

constexpr Statement settle{
    "settle_message",
    "with d as (update nowd.delivery d set state = $4, next_at = $5::timestamptz, node = null, reason = $6,"
    " settled_at = case when $4 = 'pending' then null else $7::timestamptz end"
    " where d.delivery = $1::bigint and d.attempts = $2::integer and d.node = $3 and d.state = 'sending'"
    " returning d.delivery, d.sink, d.job, d.run)"
    " update nowd.delivery_attempt a set started_at = $8::timestamptz, ended_at = $9::timestamptz,"
    " duration = $10::interval, outcome = $11, detail = $6, remote = $12, remote_date = $13::timestamptz"
    " from d where a.delivery = d.delivery and a.attempt = $2::integer returning d.job, d.run"};

constexpr Statement release{
    "release_messages",
    "with d as (update nowd.delivery d set state = case when d.repeatable then 'pending' else 'unknown' end,"
    " next_at = case when d.repeatable then $2::timestamptz end, node = null, reason = $3,"
    " settled_at = case when d.repeatable then null else $2::timestamptz end"
    " where d.node = $1 and d.state = 'sending' and ($4::bigint[] is null or d.delivery = any($4)) returning d.*),"
    " a as (update nowd.delivery_attempt a set outcome = 'lost', detail = $3 from d"
    " where a.delivery = d.delivery and a.attempt = d.attempts)"
    " select d.sink, d.job, d.run from d where d.state = 'unknown'"};

Trouble trouble_with(const std::string& sink, std::string reason, std::string detail, const Value& job,
                     const Value& run, Instant at) {
  Trouble trouble{AlertKind::delivery, sink, std::move(reason), std::move(detail), job.value_or(""), {}, at};
  if (run) trouble.run = RunId{std::stoll(*run)};
  return trouble;
}

void expire_what_is_late(Session::Context& context) {
  std::vector<Trouble> troubles;
  Array expired;
  for (const Values& row : context.transaction.run(expire, {rfc3339(context.now)}).rows) {
    expired.add(static_cast<std::int64_t>(std::stoll(*row[6])));
    troubles.push_back(trouble_with(
        *row[0], "expired",
        "'" + *row[3] + "' was not delivered in time, after " + *row[5] + " attempts, and will not be: " + *row[4],
        row[1], row[2], context.now));
  }
  if (expired.size() > 0) context.transaction.run(note_denied, {expired.literal(), rfc3339(context.now)});
  record_troubles(context.transaction, troubles);
}

RunTime run_time_of(const Values& row) {
  RunTime time;
  time.run = RunId{std::stoll(*row[8])};
  time.job = *row[9];
  time.kind = parse_run_kind(*row[10]).value_or(RunKind::scheduled);
  time.attempt = std::stoi(*row[11]);
  if (const auto zone = Zone::find(*row[12])) time.zone = *zone;
  time.scheduled_at = parse_timestamptz(*row[13]);
  time.due_at = parse_timestamptz(*row[14]);
  time.as_of = parse_timestamptz(*row[15]);
  time.window_start = parse_timestamptz(*row[16]);
  time.window_end = parse_timestamptz(*row[17]);
  time.dispatched_at = instant_of(row[18]).value_or(time.scheduled_at);
  return time;
}

QueuedDelivery queued_of(const Values& row) {
  QueuedDelivery out;
  out.sink = *row[1];
  out.expires_at = parse_timestamptz(*row[7]);
  Delivery& delivery = out.delivery;
  delivery.delivery = std::stoll(*row[0]);
  delivery.purpose = parse_purpose(*row[2]).value();
  delivery.key = *row[3];
  delivery.subject = *row[4];
  delivery.text = *row[5];
  delivery.attempt = std::stoi(*row[6]);
  if (row[8]) delivery.run = run_time_of(row);
  delivery.run_state = row[19].value_or("");
  delivery.verdict = row[20].value_or("");
  delivery.last_detail = *row[21];
  return out;
}

std::string list_of(const std::set<std::string>& names) {
  Array array;
  for (const std::string& name : names) array.add(name);
  return array.literal();
}

Value wall(const std::optional<Reading>& reading) {
  return reading ? std::optional(timestamptz(reading->wall)) : std::nullopt;
}

std::string_view outcome_word(SendOutcome::What what) {
  constexpr std::string_view words[] = {"delivered", "again", "failed", "unknown"};
  return words[static_cast<std::size_t>(what)];
}

Value duration_of(const SendOutcome& outcome) {
  if (!outcome.started || !outcome.ended) return std::nullopt;
  return interval(outcome.ended->boot - outcome.started->boot);
}

}  // namespace

Outbox::Taken take_messages(Session::Context& context, const Outbox::Sending& sending) {
  expire_what_is_late(context);
  Outbox::Taken taken;
  taken.database_now = context.now;
  const std::string now = rfc3339(context.now);
  const Values asked{now, std::to_string(sending.limit), list_of(sending.busy), list_of(sending.once), context.node};
  if (sending.limit > 0)
    for (const Values& row : context.transaction.run(take, asked).rows) taken.messages.push_back(queued_of(row));
  taken.next_at = instant_of(context.transaction.run(next_look, {now}).rows.at(0)[0]);
  return taken;
}

void settle_message(Session::Context& context, const QueuedDelivery& sent, const SendOutcome& outcome,
                    const DeliveryStep& step) {
  const Instant at = outcome.ended ? outcome.ended->wall : context.now;
  const std::string detail = clipped(outcome.detail, max_words);
  const Table settled = context.transaction.run(
      settle, {std::to_string(sent.delivery.delivery), std::to_string(sent.delivery.attempt), context.node,
               std::string(to_string(step.state)), step.next_at ? Value(timestamptz(*step.next_at)) : Value(), detail,
               timestamptz(at), wall(outcome.started), wall(outcome.ended), duration_of(outcome),
               std::string(outcome_word(outcome.what)), clipped(outcome.remote, max_name),
               outcome.remote_date ? Value(timestamptz(*outcome.remote_date)) : Value()});
  if (settled.empty()) return;
  if (outcome.denied)
    context.transaction.run(note_kept_back, {std::to_string(sent.delivery.delivery),
                                             std::to_string(sent.delivery.attempt), detail, rfc3339(context.now)});
  if (step.state == DeliveryState::delivered) return close_alerts(context.transaction, "delivery", sent.sink, at);
  if (step.state == DeliveryState::pending) return;
  if (step.state == DeliveryState::expired) {
    Array expired;
    expired.add(sent.delivery.delivery);
    context.transaction.run(note_denied, {expired.literal(), rfc3339(context.now)});
  }
  record_troubles(
      context.transaction,
      {trouble_with(sent.sink, std::string(to_string(step.state)),
                    "'" + sent.delivery.subject + "': " + std::string(to_string(step.state)) + ": " + outcome.detail,
                    settled.rows[0][0], settled.rows[0][1], at)});
}

void release_messages_of(Session::Context& context, const Uuid& node, const std::string& why, const Value& only) {
  std::vector<Trouble> troubles;
  for (const Values& row : context.transaction.run(release, {node, rfc3339(context.now), why, only}).rows)
    troubles.push_back(trouble_with(*row[0], "unknown", why + " while a message was being sent: it may have arrived",
                                    row[1], row[2], context.now));
  record_troubles(context.transaction, troubles);
}

}  // namespace nowd::pg
