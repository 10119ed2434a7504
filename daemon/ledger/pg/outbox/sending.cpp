#include "ledger/pg/outbox/sending.hpp"

#include "foundation/text/utf8.hpp"
#include "ledger/pg/outbox/alerting.hpp"
#include "ledger/pg/outbox/sending.sql.hpp"
#include "ledger/pg/record/batch.hpp"
#include "ledger/pg/session/array.hpp"

namespace nowd::pg {
namespace {

Trouble trouble_with(const std::string& sink, std::string reason, std::string detail, const Value& job,
                     const Value& run, Instant at) {
  Trouble trouble{AlertKind::delivery, sink, std::move(reason), std::move(detail), job.value_or(""), {}, at};
  if (run) trouble.run = RunId{std::stoll(*run)};
  return trouble;
}

void expire_what_is_late(Session::Context& context) {
  std::vector<Trouble> troubles;
  Array expired;
  for (const Values& row : context.transaction.run(sql::expire_deliveries, {rfc3339(context.now)}).rows) {
    expired.add(static_cast<std::int64_t>(std::stoll(*row[6])));
    troubles.push_back(trouble_with(
        *row[0], "expired",
        "'" + *row[3] + "' was not delivered in time, after " + *row[5] + " attempts, and will not be: " + *row[4],
        row[1], row[2], context.now));
  }
  if (expired.size() > 0)
    context.transaction.run(sql::record_expired_decisions, {expired.literal(), rfc3339(context.now)});
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

Outbox::Taken take_deliveries(Session::Context& context, const Outbox::Sending& sending) {
  expire_what_is_late(context);
  Outbox::Taken taken;
  taken.database_now = context.now;
  const std::string now = rfc3339(context.now);
  const Values asked{now, std::to_string(sending.limit), list_of(sending.busy), list_of(sending.once), context.node};
  if (sending.limit > 0)
    for (const Values& row : context.transaction.run(sql::claim_deliveries, asked).rows)
      taken.messages.push_back(queued_of(row));
  taken.next_at = instant_of(context.transaction.run(sql::next_delivery, {now}).rows.at(0)[0]);
  return taken;
}

void settle_delivery(Session::Context& context, const QueuedDelivery& sent, const SendOutcome& outcome,
                     const DeliveryStep& step) {
  const Instant at = outcome.ended ? outcome.ended->wall : context.now;
  const std::string detail = clipped(outcome.detail, max_words);
  const Table settled = context.transaction.run(
      sql::settle_delivery,
      {std::to_string(sent.delivery.delivery), std::to_string(sent.delivery.attempt), context.node,
       std::string(to_string(step.state)), step.next_at ? Value(timestamptz(*step.next_at)) : Value(), detail,
       timestamptz(at), wall(outcome.started), wall(outcome.ended), duration_of(outcome),
       std::string(outcome_word(outcome.what)), clipped(outcome.remote, max_name),
       outcome.remote_date ? Value(timestamptz(*outcome.remote_date)) : Value()});
  if (settled.empty()) return;
  if (outcome.denied)
    context.transaction.run(
        sql::record_skewed_decision,
        {std::to_string(sent.delivery.delivery), std::to_string(sent.delivery.attempt), detail, rfc3339(context.now)});
  if (step.state == DeliveryState::delivered) return close_alerts(context.transaction, "delivery", sent.sink, at);
  if (step.state == DeliveryState::pending) return;
  if (step.state == DeliveryState::expired) {
    Array expired;
    expired.add(sent.delivery.delivery);
    context.transaction.run(sql::record_expired_decisions, {expired.literal(), rfc3339(context.now)});
  }
  record_troubles(
      context.transaction,
      {trouble_with(sent.sink, std::string(to_string(step.state)),
                    "'" + sent.delivery.subject + "': " + std::string(to_string(step.state)) + ": " + outcome.detail,
                    settled.rows[0][0], settled.rows[0][1], at)});
}

void release_deliveries_of(Session::Context& context, const Uuid& node, const std::string& why, const Value& only) {
  std::vector<Trouble> troubles;
  for (const Values& row :
       context.transaction.run(sql::release_deliveries, {node, rfc3339(context.now), why, only}).rows)
    troubles.push_back(trouble_with(*row[0], "unknown", why + " while a message was being sent: it may have arrived",
                                    row[1], row[2], context.now));
  record_troubles(context.transaction, troubles);
}

}  // namespace nowd::pg
