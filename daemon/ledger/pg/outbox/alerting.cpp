#include "ledger/pg/outbox/alerting.hpp"

#include <nlohmann/json.hpp>
#include "foundation/json.hpp"
#include "foundation/random.hpp"
#include "foundation/text/utf8.hpp"
#include "ledger/pg/outbox/alerting.sql.hpp"
#include "ledger/pg/record/batch.hpp"

namespace nowd::pg {
namespace {

constexpr int max_messages_at_once = 50;

std::string cooldown() { return std::to_string(alert_cooldown.count()) + " seconds"; }

std::vector<std::string> texts_of(const std::string& json, const char* member = nullptr) {
  std::vector<std::string> out;
  const auto list = parse_json(json);
  if (!list || !list->is_array()) return out;
  for (const Json& each : *list) out.push_back((member ? each.at(member) : each).get<std::string>());
  return out;
}

AlertNews news_of(const Values& row) {
  AlertNews news;
  news.alert = std::stoll(*row[0]);
  news.kind = parse_alert_kind(*row[1]).value_or(AlertKind::run);
  news.name = *row[2];
  news.reason = *row[3];
  news.detail = *row[4];
  news.recovered = row[5] == "recovered";
  news.jobs = texts_of(*row[6]);
  news.count = std::stoll(*row[7]);
  news.reported_count = std::stoll(*row[8]);
  news.first_at = parse_timestamptz(*row[9]);
  news.last_at = parse_timestamptz(*row[10]);
  news.recovered_at = instant_of(row[11]);
  if (!row[12]) return news;
  news.run = RunId{std::stoll(*row[12])};
  news.zone = *row[13];
  news.scheduled_at = instant_of(row[14]);
  news.dispatched_at = instant_of(row[15]);
  news.state = *row[16];
  news.verdict = row[17].value_or("");
  news.findings = texts_of(*row[18], "detail");
  return news;
}

}  // namespace

void record_troubles(Transaction& transaction, const std::vector<Trouble>& troubles) {
  Columns rows;
  for (const Trouble& each : troubles)
    rows.add(each.cause(), to_string(each.kind), each.name, each.reason, clipped(each.detail, max_words), each.job,
             each.run ? std::optional(each.run->value) : std::nullopt, each.at, nanoseconds{gathering_time(each.kind)});
  rows.write(transaction, sql::record_troubles, {cooldown()});
}

void close_alerts(Transaction& transaction, const std::vector<Success>& successes) {
  Columns rows;
  for (const Success& each : successes) rows.add(each.job, each.provider, each.run, each.at);
  rows.write(transaction, sql::close_alerts_by_success, {cooldown()});
}

void close_alerts(Transaction& transaction, std::string_view kind, const std::string& name, Instant at) {
  transaction.run(sql::close_alerts_by_name, {std::string(kind), name, timestamptz(at), cooldown()});
}

void close_alerts_of_retired(Transaction& transaction, const std::string& jobs, Instant at) {
  transaction.run(sql::close_alerts_of_retired, {jobs, timestamptz(at)});
}

void queue_alert_messages(Session::Context& context, const std::string& ledger, const Outbox::SinksOf& sinks_of) {
  const Table due =
      context.transaction.run(sql::due_alerts, {rfc3339(context.now), std::to_string(max_messages_at_once)});
  if (due.empty()) return;
  Columns messages, told;
  for (const Values& row : due.rows) {
    const AlertNews news = news_of(row);
    const std::vector<std::string> sinks = sinks_of(news);
    const AlertMessage message = alert_message(news);
    const std::string once = ledger + '\0' + *row[0] + '\0' + *row[5] + '\0' + *row[7];
    for (const std::string& sink : sinks)
      messages.add(news.run ? std::optional(news.run->value) : std::nullopt,
                   news.jobs.size() == 1 ? std::optional(news.jobs.front()) : std::nullopt,
                   to_string(news.recovered ? Purpose::recovery : Purpose::alert), sink,
                   sha256_hex("nowd/1 alert" + ('\0' + once) + '\0' + sink), message.subject, message.text);
    told.add(news.alert, !sinks.empty());
  }
  messages.write(context.transaction, sql::insert_alert_messages, {rfc3339(context.now)});
  told.write(context.transaction, sql::mark_alerts_sent, {rfc3339(context.now)});
}

}  // namespace nowd::pg
