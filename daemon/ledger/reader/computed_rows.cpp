#include "ledger/reader/computed_rows.hpp"

#include <nlohmann/json.hpp>

namespace nowd {

std::string computed_rows(const ComputedOccurrences& computed) {
  Json rows = Json::array();
  for (const auto& [at, due, previous] : computed.rows) {
    Json merged = Json::array();
    for (const LocalTime slot : at.merged) merged.push_back(iso(slot));
    rows.push_back({{"scheduled_at", rfc3339(at.at)},
                    {"due_at", rfc3339(due)},
                    {"window_start", rfc3339(previous)},
                    {"slot", iso(at.slot)},
                    {"zone", computed.zone.name()},
                    {"utc_offset", std::to_string(at.offset.count()) + " seconds"},
                    {"slot_kind", to_string(at.kind)},
                    {"merged_slots", std::move(merged)},
                    {"tzdata", tzdata_version()},
                    {"schedule_revision", computed.schedule_revision}});
  }
  return dump_json(rows);
}

}  // namespace nowd
