#include "ledger/pg/outbox/alerting.hpp"

#include <nlohmann/json.hpp>
#include "foundation/json.hpp"
#include "foundation/random.hpp"
#include "foundation/text/utf8.hpp"
#include "ledger/pg/record/batch.hpp"

namespace nowd::pg {
namespace {

constexpr int max_messages_at_once = 50;

// One row per cause while it is open: what comes in one batch is put together first, because an insert may meet a row
// only once. A cause that comes back before its recovery was told was never over for those who hear of it: it is the
// same row again, so that the last word they heard is true.
constexpr Statement note_troubles{
    "note_troubles",
    "with t as (select cause, (array_agg(kind))[1] as kind, (array_agg(name))[1] as name,"
    " (array_agg(reason order by at desc))[1] as reason, (array_agg(detail order by at desc))[1] as detail,"
    " coalesce(array_agg(distinct job) filter (where job <> ''), '{}') as jobs, count(*) as n, min(at) as first_at,"
    " max(at) as last_at, max(run) as last_run, max(gather) as gather"
    " from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[],"
    " $8::timestamptz[], $9::interval[]) as t(cause, kind, name, reason, detail, job, run, at, gather) group by cause),"
    " again as (update nowd.alert a set state = 'open', recovered_at = null, recovered_run = null, count = a.count + "
    "t.n,"
    " reason = t.reason, detail = t.detail, last_at = t.last_at, last_run = coalesce(t.last_run, a.last_run),"
    " notify_at = a.told_at + $10::interval,"
    " jobs = (select coalesce(array_agg(distinct j), '{}') from unnest(a.jobs || t.jobs) j)"
    " from t where a.alert = (select max(p.alert) from nowd.alert p where p.cause = t.cause) and a.state = 'recovered'"
    " and a.notify_at is not null and a.told_at is not null returning a.cause)"
    " insert into nowd.alert as a"
    " (cause, kind, name, reason, detail, jobs, count, first_at, last_at, last_run, notify_at)"
    " select cause, kind, name, reason, detail, jobs, n, first_at, last_at, last_run, greatest(last_at + gather,"
    " (select max(p.told_at) from nowd.alert p where p.cause = t.cause and p.recovery_told_at is null) + $10::interval)"
    " from t where not exists (select from again where again.cause = t.cause) order by cause"
    " on conflict (cause) where state = 'open' do update set count = a.count + excluded.count,"
    " reason = excluded.reason, detail = excluded.detail, last_at = excluded.last_at,"
    " last_run = coalesce(excluded.last_run, a.last_run), notify_at = coalesce(a.notify_at, a.told_at + $10::interval),"
    " jobs = (select coalesce(array_agg(distinct j), '{}') from unnest(a.jobs || excluded.jobs) j)"};

// Who was never told that it is broken need not hear that it works. The word of a recovery that comes soon after that
// of another is held back: a cause that comes and goes is told of as broken until it has been over for a while.
constexpr Statement close_by_success{
    "close_by_success",
    "update nowd.alert a set state = 'recovered', recovered_at = s.at, recovered_run = s.run,"
    " notify_at = case when a.told_at is not null then greatest(s.at, (select max(p.recovery_told_at) from nowd.alert p"
    " where p.cause = a.cause) + $5::interval) end"
    " from unnest($1::text[], $2::text[], $3::bigint[], $4::timestamptz[]) as s(job, provider, run, at)"
    " where a.state = 'open' and ((a.kind in ('run', 'missed') and a.name = s.job)"
    " or (a.kind = 'provider' and a.name = s.provider))"};

constexpr Statement close_by_name{"close_by_name",
                                  "update nowd.alert a set state = 'recovered', recovered_at = $3,"
                                  " notify_at = case when a.told_at is not null then greatest($3::timestamptz,"
                                  " (select max(p.recovery_told_at) from nowd.alert p where p.cause = a.cause)"
                                  " + $4::interval) end"
                                  " where a.state = 'open' and a.kind = $1 and a.name = $2"};

// A job that left the files has no trouble any more, and nobody waits for word of it.
constexpr Statement close_retired{
    "close_alerts_of_retired",
    "update nowd.alert a set state = 'recovered', recovered_at = $2, notify_at = null where a.state = 'open'"
    " and ((a.kind in ('run', 'missed') and a.name = any($1::text[])) or (a.kind = 'provider' and a.jobs && $1::text[]"
    " and not exists (select from nowd.job j where j.job = any(a.jobs) and j.state <> 'retired')))"};

constexpr Statement alerts_due{
    "alerts_due",
    "with a as materialized (select a.*, coalesce(a.recovered_run, a.last_run) as about from nowd.alert a"
    " where a.notify_at <= $1 order by a.notify_at limit $2 for update skip locked)"
    " select a.alert, a.kind, a.name, a.reason, a.detail, a.state, array_to_json(a.jobs), a.count, a.told_count,"
    " a.first_at, a.last_at, a.recovered_at, r.run, r.zone, r.scheduled_at, r.dispatched_at, r.state, r.verdict,"
    " r.verdicts, a.cause from a left join nowd.run r on r.run = a.about order by a.alert"};

constexpr Statement mark_told{
    "mark_told",
    "update nowd.alert a set notify_at = null, told_count = a.count,"
    " told_at = case when a.state = 'open' and d.told then $3::timestamptz else a.told_at end,"
    " recovery_told_at = case when a.state = 'recovered' and d.told then $3::timestamptz end"
    " from unnest($1::bigint[], $2::boolean[]) as d(alert, told) where a.alert = d.alert"};

constexpr Statement insert_messages{
    "insert_alert_messages",
    "insert into nowd.delivery (run, job, purpose, sink, key, subject, text, next_at, created_at, expires_at)"
    " select run, job, purpose, sink, key, subject, text, $8, $8, $8::timestamptz + interval '24 hours'"
    " from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])"
    " as d(run, job, purpose, sink, key, subject, text) on conflict (key) do nothing"};

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
  Columns rows(9);
  for (const Trouble& each : troubles)
    rows.add(each.cause(), to_string(each.kind), each.name, each.reason, clipped(each.detail, max_words), each.job,
             each.run ? std::optional(each.run->value) : std::nullopt, each.at, nanoseconds{gathering_time(each.kind)});
  rows.write(transaction, note_troubles, {cooldown()});
}

void close_alerts(Transaction& transaction, const std::vector<Success>& successes) {
  Columns rows(4);
  for (const Success& each : successes) rows.add(each.job, each.provider, each.run, each.at);
  rows.write(transaction, close_by_success, {cooldown()});
}

void close_alerts(Transaction& transaction, std::string_view kind, const std::string& name, Instant at) {
  transaction.run(close_by_name, {std::string(kind), name, timestamptz(at), cooldown()});
}

void close_alerts_of_retired(Transaction& transaction, const std::string& jobs, Instant at) {
  transaction.run(close_retired, {jobs, timestamptz(at)});
}

void tell_alerts(Session::Context& context, const std::string& ledger, const Outbox::SinksOf& sinks_of) {
  const Table due = context.transaction.run(alerts_due, {rfc3339(context.now), std::to_string(max_messages_at_once)});
  if (due.empty()) return;
  Columns messages(7), told(2);
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
  messages.write(context.transaction, insert_messages, {rfc3339(context.now)});
  told.write(context.transaction, mark_told, {rfc3339(context.now)});
}

}  // namespace nowd::pg
