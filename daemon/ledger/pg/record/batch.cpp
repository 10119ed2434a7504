#include "ledger/pg/record/batch.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "foundation/random.hpp"
#include "foundation/text/utf8.hpp"
#include "ledger/pg/record/batch.sql.hpp"
#include "ledger/pg/session/array.hpp"

namespace nowd::pg {
namespace {

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

/// Names and explanations from outside, within their limits; empty ones become NULL.
std::optional<std::string> name(const std::string& text) { return unless_empty(clipped(text, max_name)); }
std::optional<std::string> words(const std::string& text) { return unless_empty(clipped(text, max_words)); }

/// Within the bounds of numeric(14, 8).
std::optional<std::string> numeric(const std::optional<Usd>& money) {
  constexpr Usd max_amount{99'999'999'999'999};
  return money ? std::optional(to_string(std::clamp(*money, Usd{}, max_amount))) : std::nullopt;
}

std::optional<milliseconds> not_negative(const std::optional<milliseconds>& span) {
  return span ? std::optional(std::max(*span, milliseconds{0})) : std::nullopt;
}

std::optional<Instant> wall(const std::optional<Reading>& reading) {
  return reading ? std::optional(reading->wall) : std::nullopt;
}

std::int64_t boot(const Reading& reading) { return reading.boot.time_since_epoch().count(); }
std::optional<std::int64_t> boot(const std::optional<Reading>& reading) {
  return reading ? std::optional(boot(*reading)) : std::nullopt;
}

/// State of the host's clock at a reading.
std::optional<std::string> sync(const std::optional<Reading>& reading) {
  return reading ? unless_empty(reading->source) : std::nullopt;
}
std::optional<nanoseconds> uncertainty(const std::optional<Reading>& reading) {
  return reading ? reading->uncertainty : std::nullopt;
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

void BatchRows::add(RunId run, const Facts& facts) {
  if (const auto& dispatch = facts.dispatch) {
    const Reading& host = dispatch->host;
    dispatches_.add(run.value, host.wall, host.uncertainty, boot(host), host.source);
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
               offset ? std::optional(offset->low) : std::nullopt, offset ? std::optional(offset->high) : std::nullopt,
               boot(times.sent), boot(times.headers), boot(times.first_token), boot(times.ended), sync(times.sent),
               uncertainty(times.sent));
}

void BatchRows::add_call(RunId run, const CallFact& call) {
  calls_.add(run.value, call.seq, to_string(call.source), call.inference_seq, clipped(call.call_id, max_name),
             clipped(call.tool, max_name), to_string(call.effect), call.arguments, sha256_hex(call.arguments),
             unless_empty(call.idempotency_key),
             call.shown    ? "shown"
             : call.intent ? "intent"
                           : "refused",
             wall(call.intent), words(call.error), boot(call.intent), sync(call.intent), uncertainty(call.intent));
}

void BatchRows::add_outcome(RunId run, const OutcomeFact& outcome) {
  const auto& data = outcome.data;
  outcomes_.add(run.value, outcome.seq, to_string(outcome.state), wall(outcome.started), wall(outcome.ended),
                between(outcome.started, outcome.ended), name(outcome.remote), outcome.remote_date, outcome.exit_code,
                words(outcome.error), outcome.result_bytes, outcome.result_cut, data ? data->oldest : std::nullopt,
                data ? data->newest : std::nullopt, data ? std::optional(data->count) : std::nullopt,
                data ? std::optional(data->inside) : std::nullopt, boot(outcome.started), boot(outcome.ended));
}

void BatchRows::add_end(RunId run, const EndFact& end) {
  const bool ended = is_terminal(end.state);
  ends_.add(run.value, to_string(end.state), unless_empty(std::string(to_string(end.reason))), words(end.detail),
            ended ? std::optional(end.ended.wall) : std::nullopt, end.duration,
            end.stop ? std::optional(std::string(to_string(*end.stop))) : std::nullopt, to_string(worst(end.findings)),
            findings_json(end.findings), end.model_calls, end.tool_calls, end.input_tokens, end.output_tokens,
            numeric(end.cost), end.not_before, ended ? std::optional(boot(end.ended)) : std::nullopt);
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
  dispatches_.write(transaction, sql::write_dispatches);
  for (const Values& row : sending_.write(transaction, sql::write_model_calls).rows)
    today[std::stoll(*row[0])] = parse_usd(*row[1]).value();
  answers_.write(transaction, sql::write_answers);
  calls_.write(transaction, sql::write_tool_calls);
  gates_.write(transaction, sql::write_gate_decisions);
  outcomes_.write(transaction, sql::write_tool_outcomes);
  bodies_.write(transaction, sql::write_bodies);
  ends_.write(transaction, sql::write_ends);
  write_follow_ups(transaction);
  return today;
}

void BatchRows::write_follow_ups(Transaction& transaction) const {
  deliveries_.write(transaction, sql::write_deliveries);
  followers_.write(transaction, sql::request_followers);
  record_troubles(transaction, troubles_);
  close_alerts(transaction, successes_);
}

namespace {

std::set<std::int64_t> lock_owned_runs(Session::Context& context, const std::vector<RunWrite>& writes) {
  Array runs, fences, claims;
  for (const RunWrite& write : writes) {
    runs.add(write.claim.run.value);
    fences.add(write.claim.fence);
    claims.add(write.claim.claim_id);
  }
  std::set<std::int64_t> held;
  for (const Values& row :
       context.transaction.run(sql::lock_runs, {runs.literal(), fences.literal(), claims.literal()}).rows)
    held.insert(std::stoll(*row[0]));
  return held;
}

}  // namespace

std::vector<Written> write_batch(Session::Context& context, const std::vector<RunWrite>& writes) {
  const std::set<std::int64_t> held = lock_owned_runs(context, writes);
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
