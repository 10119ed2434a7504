#include "ledger/pg/fleet/recovery.hpp"

#include <algorithm>

#include "domain/run/ending.hpp"
#include "ledger/pg/outbox/alerting.hpp"
#include "ledger/pg/outbox/sending.hpp"
#include "ledger/pg/session/array.hpp"

namespace nowd::pg {
namespace {

constexpr Statement live_runs{
    "live_runs",
    "select r.run, r.attempt - (select count(*) from nowd.run d where d.job = r.job"
    " and d.scheduled_at = r.scheduled_at and d.request is not distinct from r.request"
    " and d.not_before is not null and d.run < r.run), exists (select from nowd.tool_call t where t.run = r.run"
    " and t.effect <> 'read' and t.state in ('intent', 'unknown')) as in_doubt,"
    " exists (select from nowd.tool_call t where t.run = r.run and t.effect <> 'read'"
    " and t.state not in ('refused', 'shown') and not (t.state = 'failed' and t.started_at is null)) as acted,"
    " exists (select from nowd.inference i where i.run = r.run and i.opaque) as opaque,"
    " r.job, r.dry_run, r.cancel_by, r.cancel_reason"
    " from nowd.run r where r.node = $1 and r.state in ('running', 'committing')"
    " and ($2::bigint[] is null or r.run = any($2)) for update of r"};

// What the ledger says is this daemon's, and the daemon does not say so.
constexpr Statement unserved_runs{"unserved_runs",
                                  "select r.run from nowd.run r where r.node = $1"
                                  " and r.state in ('running', 'committing') and not r.run = any($2::bigint[])"};
constexpr Statement unserved_messages{"unserved_messages",
                                      "select d.delivery from nowd.delivery d where d.node = $1"
                                      " and d.state = 'sending' and not d.delivery = any($2::bigint[])"};

// Whoever looks first, of all daemons.
constexpr Statement due_again{"due_again",
                              "select r.run, r.cancel_by, r.cancel_reason, r.detail from nowd.run r"
                              " where r.state = 'suspended'"
                              " and (r.not_before <= $1 or r.cancel_requested_at is not null)"
                              " for update skip locked"};

constexpr Statement forget_calls{
    "forget_calls",
    "with t as (update nowd.tool_call set state = 'unknown', error = $2"
    " where run = any($1::bigint[]) and state = 'intent')"
    " update nowd.inference set state = 'lost', cost_usd = reserved_usd, usage_estimated = reserved_usd is not null"
    " where run = any($1::bigint[]) and state = 'sending'"};

constexpr Statement end_runs{
    "end_runs",
    "with d as (select * from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[])"
    " as d(run, state, reason, detail, again)),"
    // Nobody is left who counted: what it used is what its calls say.
    " m as (select d.run, count(i.seq) as calls, coalesce(sum(i.input_tokens), 0) as input,"
    " coalesce(sum(i.output_tokens), 0) as output, least(sum(i.cost_usd), 999999) as cost"
    " from d left join nowd.inference i on i.run = d.run group by d.run),"
    " t as (select d.run, count(c.run) as calls from d left join nowd.tool_call c on c.run = d.run"
    " and c.source = 'model' group by d.run),"
    " e as (update nowd.run r set state = d.state, reason = d.reason, detail = d.detail,"
    " model_calls = m.calls, tool_calls = t.calls, input_tokens = m.input, output_tokens = m.output,"
    " cost_usd = m.cost, fence = r.fence + 1, ended_at = clock_timestamp()"
    " from d join m using (run) join t using (run) where r.run = d.run"
    " returning r.job, r.scheduled_at, r.request, d.again, r.not_before is not null as put_aside),"
    " o as (update nowd.occurrence o set state = e.again, fence = o.fence + 1,"
    // What was put aside is late now, and goes behind what is on time.
    " kind = case when o.kind = 'scheduled' and e.put_aside and e.again = 'planned' then 'catch_up' else o.kind end,"
    " judged_at = clock_timestamp() from e"
    " where e.request is null and o.job = e.job and o.scheduled_at = e.scheduled_at)"
    " update nowd.request q set state = e.again, fence = q.fence + 1 from e"
    " where q.request = e.request"};

std::string asker(const std::optional<std::string>& by, const std::optional<std::string>& reason) {
  return by ? "by " + *by + ": " + reason.value_or("") : "";
}

class Ends {
 public:
  void add(const std::string& run, const OrphanEnd& end) {
    ids_.add(run);
    states_.add(to_string(end.state));
    reasons_.add(end.reason);
    details_.add(end.detail);
    again_.add(end.again ? "planned" : "done");
  }
  std::string ids() const { return ids_.literal(); }
  void write(Transaction& transaction) const {
    transaction.run(end_runs, {ids(), states_.literal(), reasons_.literal(), details_.literal(), again_.literal()});
  }

 private:
  Array ids_, states_, reasons_, details_, again_;
};

int end_live(Session::Context& context, const Uuid& node, const std::string& why, const Value& only) {
  const Table runs = context.transaction.run(live_runs, {node, only});
  if (runs.empty()) return 0;
  Ends ends;
  std::vector<Trouble> troubles;
  for (const Values& row : runs.rows) {
    const OrphanEnd end =
        end_of({row[2] == "t", row[3] == "t", row[4] == "t", std::stoi(*row[1]), why, asker(row[7], row[8])});
    ends.add(*row[0], end);
    if (is_trouble(end) && row[6] == "f")
      troubles.push_back({"run", *row[5], end.reason, end.detail, *row[5], RunId{std::stoll(*row[0])}, context.now});
  }
  context.transaction.run(forget_calls, {ends.ids(), why});
  ends.write(context.transaction);
  record_troubles(context.transaction, troubles);
  return static_cast<int>(runs.size());
}

std::set<std::int64_t> numbers(const Table& table) {
  std::set<std::int64_t> out;
  for (const Values& row : table.rows) out.insert(std::stoll(*row[0]));
  return out;
}

std::string list_of(const std::set<std::int64_t>& numbers) {
  Array array;
  for (const std::int64_t each : numbers) array.add(each);
  return array.literal();
}

}  // namespace

int end_runs_of(Session::Context& context, const Uuid& node, const std::string& why) {
  release_messages_of(context, node, why);
  return end_live(context, node, why, {});
}

Unserved unserved(Session::Context& context, const Ledger::Serving& serving) {
  Array runs, messages;
  for (const RunId run : serving.runs) runs.add(run.value);
  for (const std::int64_t message : serving.messages) messages.add(message);
  return {numbers(context.transaction.run(unserved_runs, {context.node, runs.literal()})),
          numbers(context.transaction.run(unserved_messages, {context.node, messages.literal()}))};
}

int end_unserved(Session::Context& context, const Unserved& these, const std::string& why) {
  if (!these.messages.empty()) release_messages_of(context, context.node, why, list_of(these.messages));
  return these.runs.empty() ? 0 : end_live(context, context.node, why, list_of(these.runs));
}

int wake_put_aside(Session::Context& context) {
  const Table runs = context.transaction.run(due_again, {rfc3339(context.now)});
  if (runs.empty()) return 0;
  Ends ends;
  for (const Values& row : runs.rows) ends.add(*row[0], end_of_deferred(asker(row[1], row[2]), *row[3]));
  ends.write(context.transaction);
  return static_cast<int>(runs.size());
}

namespace {

constexpr Statement used_before{
    "used_before",
    "with n as (select r.run, r.job, r.scheduled_at, r.request from nowd.run r where r.run = any($1::bigint[])),"
    " earlier as (select n.run as newest, r.* from n join nowd.run r on r.job = n.job and r.request is null"
    " and r.scheduled_at = n.scheduled_at where n.request is null and r.run < n.run"
    " union all select n.run, r.* from n join nowd.run r on r.request = n.request where r.run < n.run)"
    " select newest, sum(model_calls), sum(tool_calls), sum(input_tokens), sum(output_tokens),"
    " least(greatest(coalesce(sum(cost_usd), 0), 0), 1000000) from earlier group by newest"};

/// Beyond what can be counted nothing is left of any limit.
UsedBefore used_of(const Values& row) {
  constexpr int all_of_it = 1'000'000'000;
  try {
    return {
        std::stoi(*row[1]), std::stoi(*row[2]), {std::stoll(*row[3]), std::stoll(*row[4]), parse_usd(*row[5]).value()}};
  } catch (const std::exception&) {
    return {all_of_it, all_of_it, {}};
  }
}

}  // namespace

void add_used_before(Transaction& transaction, std::vector<ClaimedRun>& runs) {
  Array again;
  for (const ClaimedRun& run : runs)
    if (run.attempt > 1) again.add(to_string(run.claim.run));
  if (again.size() == 0) return;
  for (const Values& row : transaction.run(used_before, {again.literal()}).rows) {
    const RunId id{std::stoll(*row[0])};
    const auto run =
        std::find_if(runs.begin(), runs.end(), [&](const ClaimedRun& each) { return each.claim.run == id; });
    run->before = used_of(row);
  }
}

}  // namespace nowd::pg
