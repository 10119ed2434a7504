#include "surface/terminal/inference_tables.hpp"

#include <nlohmann/json.hpp>
#include "surface/table.hpp"

namespace nowd {
namespace {

struct Column {
  const char* heading;
  const char* key;
};

/// A number that the ledger gives as one, or a text; null is empty.
std::string shown(const Json& row, const char* key) {
  const auto found = row.find(key);
  if (found == row.end() || found->is_null()) return "";
  if (!found->is_string()) return dump_json(*found);
  const auto text = found->get<std::string>();
  const bool instant = text.size() > 19 && text[10] == 'T' && text.back() == 'Z';
  return instant ? text.substr(0, 10) + " " + text.substr(11, 8) : text;
}

std::string columns_of(const std::vector<Column>& columns, const std::vector<Json>& rows, const Style& style) {
  std::vector<std::vector<TableCell>> cells(1);
  for (const Column& column : columns) cells[0].push_back({column.heading});
  for (const Json& row : rows) {
    cells.emplace_back();
    for (const Column& column : columns) cells.back().push_back({shown(row, column.key)});
  }
  return table_text(cells, style);
}

}  // namespace

std::string spend_table(const std::vector<Json>& jobs, const Style& style) {
  return columns_of({{"JOB", "job"},
                     {"RUNS", "runs"},
                     {"CALLS", "model_calls"},
                     {"PER RUN", "amplification"},
                     {"REPEATED", "repeated"},
                     {"INPUT", "input_tokens"},
                     {"CACHED", "cached_tokens"},
                     {"TO CACHE", "cache_write_tokens"},
                     {"OUTPUT", "output_tokens"},
                     {"USD", "cost_usd"},
                     {"ESTIMATED", "estimated"}},
                    jobs, style);
}

std::string stops_table(const std::vector<Json>& stops, const Style& style) {
  return columns_of({{"JOB", "job"},
                     {"PROVIDER", "provider"},
                     {"STOP", "stop"},
                     {"WORD", "stop_raw"},
                     {"ACTION", "action"},
                     {"CALLS", "calls"},
                     {"LAST RUN", "last_run"},
                     {"LAST (UTC)", "last_at"}},
                    stops, style);
}

std::string words_table(const std::vector<Json>& words, const Style& style) {
  return columns_of({{"API", "api"}, {"WORD", "word"}, {"STOP", "stop"}, {"ACTION", "action"}}, words, style);
}

}  // namespace nowd
