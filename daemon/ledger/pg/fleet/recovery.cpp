#include "ledger/pg/fleet/recovery.hpp"

#include <algorithm>

#include "domain/run/ending.hpp"
#include "ledger/pg/fleet/recovery.sql.hpp"
#include "ledger/pg/outbox/alerting.hpp"
#include "ledger/pg/outbox/sending.hpp"
#include "ledger/pg/session/array.hpp"

namespace nowd::pg {
namespace {

std::string asker(const std::optional<std::string>& by, const std::optional<std::string>& reason) {
  return by ? "by " + *by + ": " + reason.value_or("") : "";
}

class Ends {
 public:
  void add(const std::string& run, const OrphanEnd& end) {
    ids_.add(run);
    states_.add(to_string(end.state));
    reasons_.add(to_string(end.reason));
    details_.add(end.detail);
    again_.add(end.again ? "planned" : "done");
  }
  std::string ids() const { return ids_.literal(); }
  void write(Transaction& transaction) const {
    transaction.run(sql::end_runs,
                    {ids(), states_.literal(), reasons_.literal(), details_.literal(), again_.literal()});
  }

 private:
  Array ids_, states_, reasons_, details_, again_;
};

int end_live(Session::Context& context, const Uuid& node, const std::string& why, const Value& only) {
  const Table runs = context.transaction.run(sql::live_runs_of_node, {node, only});
  if (runs.empty()) return 0;
  Ends ends;
  std::vector<Trouble> troubles;
  for (const Values& row : runs.rows) {
    const OrphanEnd end =
        end_of({row[2] == "t", row[3] == "t", row[4] == "t", std::stoi(*row[1]), why, asker(row[7], row[8])});
    ends.add(*row[0], end);
    if (is_trouble(end) && row[6] == "f")
      troubles.push_back({AlertKind::run, *row[5], std::string(to_string(end.reason)), end.detail, *row[5],
                          RunId{std::stoll(*row[0])}, context.now});
  }
  context.transaction.run(sql::close_calls_of_runs, {ends.ids(), why});
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
  release_deliveries_of(context, node, why);
  return end_live(context, node, why, {});
}

Unserved find_unserved(Session::Context& context, const Ledger::Serving& serving) {
  Array runs, messages;
  for (const RunId run : serving.runs) runs.add(run.value);
  for (const std::int64_t message : serving.messages) messages.add(message);
  return {numbers(context.transaction.run(sql::unserved_runs, {context.node, runs.literal()})),
          numbers(context.transaction.run(sql::unserved_messages, {context.node, messages.literal()}))};
}

int end_unserved(Session::Context& context, const Unserved& these, const std::string& why) {
  if (!these.messages.empty()) release_deliveries_of(context, context.node, why, list_of(these.messages));
  return these.runs.empty() ? 0 : end_live(context, context.node, why, list_of(these.runs));
}

int wake_deferred(Session::Context& context) {
  const Table runs = context.transaction.run(sql::due_deferred_runs, {rfc3339(context.now)});
  if (runs.empty()) return 0;
  Ends ends;
  for (const Values& row : runs.rows) ends.add(*row[0], end_of_deferred(asker(row[1], row[2]), *row[3]));
  ends.write(context.transaction);
  return static_cast<int>(runs.size());
}

namespace {

/// Usage that cannot be counted exceeds every limit.
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
  for (const Values& row : transaction.run(sql::used_by_earlier_attempts, {again.literal()}).rows) {
    const RunId id{std::stoll(*row[0])};
    const auto run =
        std::find_if(runs.begin(), runs.end(), [&](const ClaimedRun& each) { return each.claim.run == id; });
    run->before = used_of(row);
  }
}

}  // namespace nowd::pg
