#include "ledger/pg/session/json_rows.hpp"
#include "ledger/pg/session/session.sql.hpp"

#include <charconv>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace nowd::pg {
namespace {

constexpr std::string_view utc_suffix = "+00:00";

/// The session's zone is UTC, so every instant ends in +00:00 (but not 'infinity').
void to_zulu(Json& value) {
  std::string& text = value.get_ref<std::string&>();
  if (text.ends_with(utc_suffix)) text.replace(text.size() - utc_suffix.size(), utc_suffix.size(), "Z");
}

struct Unit {
  char name;
  std::int64_t date_part;  ///< microseconds before "T"
  std::int64_t time_part;  ///< and after it ("M" is months or minutes)
};
constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t day = 86'400 * second;
constexpr Unit units[] = {{'Y', 360 * day, 0}, {'M', 30 * day, 60 * second}, {'W', 7 * day, 0},
                          {'D', day, 0},       {'H', 0, 3'600 * second},     {'S', 0, second}};

std::int64_t unit_size(char name, bool behind_t) {
  for (const Unit& unit : units)
    if (unit.name == name) return behind_t ? unit.time_part : unit.date_part;
  return 0;
}

}  // namespace

double interval_seconds(std::string_view iso) {
  const auto fail = [&] { throw std::runtime_error("not an ISO 8601 interval: '" + std::string(iso) + "'"); };
  if (!iso.starts_with('P')) fail();
  std::string_view rest = iso.substr(1);
  std::int64_t sum = 0;
  bool behind_t = false;
  while (!rest.empty()) {
    if (rest.front() == 'T') {
      behind_t = true;
      rest.remove_prefix(1);
      continue;
    }
    double count = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), count);
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    const std::int64_t size = rest.empty() ? 0 : unit_size(rest.front(), behind_t);
    if (error != std::errc{} || size == 0) fail();
    rest.remove_prefix(1);
    sum += std::llround(count * static_cast<double>(size));
  }
  return static_cast<double>(sum) / static_cast<double>(second);  // summed in microseconds: 4.012, not 4.0120000001
}

JsonRows::JsonRows(Transaction& transaction) {
  for (const Values& row : transaction.run(sql::read_columns).rows) {
    Columns& columns = relations_[row[0].value()];
    if (row[2] == "interval") columns.intervals.insert(row[1].value());
    if (row[2] == "timestamp with time zone") columns.instants.insert(row[1].value());
    if (row[4] == "t")
      columns.readable += (columns.readable.empty() ? "" : ", ") + row[3].value();
    else
      columns.hides = true;
  }
}

/// "from {tool_call} t" becomes "from (select run, seq, … from nowd.tool_call) t".
const char* JsonRows::filled(const Statement& statement) const {
  const std::string_view sql = statement.sql;
  const std::size_t open = sql.find('{'), close = sql.find('}');
  if (open == std::string_view::npos || close == std::string_view::npos) return statement.sql;
  std::string& out = filled_[statement.name];
  const std::string relation(sql.substr(open + 1, close - open - 1));
  out = std::string(sql.substr(0, open)) + "(select " + relations_.at(relation).readable + " from nowd." + relation +
        ")" + std::string(sql.substr(close + 1));
  return out.c_str();
}

std::vector<Json> JsonRows::read(Transaction& transaction, const Statement& statement, const std::string& relation,
                                 const Values& values) const {
  const Columns& columns = relations_.at(relation);
  std::vector<Json> rows;
  for (const Values& row : transaction.run({statement.name, filled(statement)}, values).rows) {
    Json object = Json::parse(row.at(0).value());
    for (auto& [name, value] : object.items()) {
      if (!value.is_string()) continue;
      if (columns.instants.contains(name))
        to_zulu(value);
      else if (columns.intervals.contains(name))
        value = interval_seconds(value.get_ref<const std::string&>());
    }
    rows.push_back(std::move(object));
  }
  return rows;
}

Json JsonRows::first(Transaction& transaction, const Statement& statement, const std::string& relation,
                     const Values& values) const {
  std::vector<Json> rows = read(transaction, statement, relation, values);
  return rows.empty() ? Json() : std::move(rows.front());
}

}  // namespace nowd::pg
