#include "ctl/look/rehearsal.hpp"

#include <nlohmann/json.hpp>

#include "config/canonical/canonical.hpp"
#include "config/load.hpp"
#include "ctl/cli/database.hpp"
#include "surface/moment.hpp"
#include "surface/run_record.hpp"
#include "surface/terminal/fate.hpp"
#include "surface/terminal/tables.hpp"
#include "surface/text.hpp"

namespace nowd::ctl {

RunLength Standing::length(std::optional<milliseconds> fixed) const {
  return [usual = usual, fixed](const JobName& job) -> milliseconds {
    if (fixed) return *fixed;
    const auto known = usual.find(job);
    return known == usual.end() ? assumed_length : known->second;
  };
}

Standing standing_of(const std::vector<Json>& rows) {
  Standing standing;
  for (const Json& one : rows) {
    const JobName job = row::text(one, "job");
    if (row::flag(one, "paused")) standing.paused.insert(job);
    if (const auto usual = row::span(one, "usual")) standing.usual[job] = std::chrono::ceil<milliseconds>(*usual);
  }
  return standing;
}

Result<Standing> standing_in_ledger(const Globals& globals) {
  const Result<std::string> database = database_of(globals);
  if (!database) return database.error();
  Result<LedgerReader> reader = LedgerReader::open(*database);
  if (!reader) return reader.error();
  const Result<std::vector<Json>> rows = reader->standing();
  if (!rows) return rows.error();
  return standing_of(*rows);
}

JobsSnapshot jobs_of(const std::vector<Json>& rows) {
  auto jobs = std::make_shared<nowd::Jobs>();
  for (const Json& one : rows)
    if (const Result<Job> job = job_from_canonical(dump_json(one.at("spec")), nullptr)) jobs->emplace(job->name, *job);
  return jobs;
}

namespace {

constexpr const char* fate_words[] = {"runs",      "late",    "cancelled", "fails",      "interrupted",
                                      "coalesced", "skipped", "missed",    "superseded", "waits"};

microseconds lateness(const RehearsedFate& fate) {
  return fate.started && *fate.started > fate.due_at ? *fate.started - fate.due_at : microseconds{0};
}

Ink ink_of_word(const std::string& what) {
  if (what == "runs") return Ink::good;
  if (what == "fails" || what == "interrupted" || what == "missed") return Ink::bad;
  return Ink::warn;
}

void append(std::string& text, const std::string& more) {
  if (!more.empty()) text += (text.empty() ? "" : "; ") + more;
}

std::string run_in_words(const RehearsedFate& fate, const Zone& zone) {
  std::string text;
  if (fate.kind == RunKind::after) append(text, "after another job's success");
  if (lateness(fate) >= seconds{1})
    append(text, "at " + local_moment(zone, *fate.started) + ", " + human(lateness(fate)) + " late" +
                     (fate.kind == RunKind::catch_up ? ", behind live work" : ""));
  if (fate.attempts > 1) append(text, "attempt " + std::to_string(fate.attempts) + ": nowd was killed before");
  if (fate.run_state == "cancelled") append(text, "a newer occurrence takes its place");
  if (fate.run_state == "failed") append(text, "it would last longer than limits.wall");
  if (fate.run_state == "interrupted")
    append(text, "nowd was killed while its command was under way: it is not run again");
  if (fate.run_state == "running") append(text, "under way when the rehearsal ends");
  return text;
}

std::vector<TableCell> heading(const std::vector<std::string>& names) {
  std::vector<TableCell> cells;
  for (const std::string& name : names) cells.push_back({name, Ink::bold});
  return cells;
}

/// Explanation beyond fate_word(); may be empty.
std::string explain_fate(const RehearsedFate& fate, const Zone& zone) {
  std::string text;
  if (fate.count > 1) append(text, "one of " + std::to_string(fate.count) + " up to " + local_moment(zone, fate.last));
  if (fate.state == OccurrenceState::done) append(text, run_in_words(fate, zone));
  if (fate.state == OccurrenceState::coalesced)
    append(text, "served by that of " + local_moment(zone, fate.coalesced_into.value()));
  if (fate.state == OccurrenceState::superseded) append(text, "a newer occurrence took its place while both waited");
  if (fate.state == OccurrenceState::planned) append(text, "not started when the rehearsal ends");
  if (fate.state == OccurrenceState::skipped || fate.state == OccurrenceState::missed)
    append(text, reason_in_words(to_string(fate.reason)));
  return text;
}

}  // namespace

std::string fate_word(const RehearsedFate& fate) {
  if (fate.state == OccurrenceState::planned) return "waits";
  if (fate.state != OccurrenceState::done) return std::string(to_string(fate.state));
  if (fate.run_state == "cancelled" || fate.run_state == "interrupted") return fate.run_state;
  if (fate.run_state == "failed") return "fails";
  return fate.kind == RunKind::catch_up ? "late" : "runs";
}

std::string fate_sentence(const RehearsedFate& fate, const Zone& zone) {
  const std::string what = fate_word(fate), why = explain_fate(fate, zone);
  if (what == "runs") return why.empty() ? "it runs on time" : "it runs " + why;
  if (what == "late") return "it runs late: " + why;
  const bool acts = what == "fails" || what == "waits";
  return (acts ? "it " : "it is ") + what + ": " + why;
}

void add_to_totals(Totals& totals, const RehearsedFate& fate) { totals[fate.job][fate_word(fate)] += fate.count; }

std::string fates_table(const std::vector<RehearsedFate>& fates, const nowd::Jobs& jobs, const Style& style) {
  std::vector<std::vector<TableCell>> rows{heading({"UTC", "IN ITS JOB'S ZONE", "JOB", "WHAT", "WHY"})};
  for (const RehearsedFate& fate : fates) {
    const Zone& zone = jobs.at(fate.job).schedule.zone;
    const std::string what = fate_word(fate);
    rows.push_back({{rfc3339(fate.at)},
                    {local_moment(zone, fate.at)},
                    {fate.job},
                    {what, ink_of_word(what)},
                    {explain_fate(fate, zone)}});
  }
  return table_text(rows, style);
}

std::string totals_table(const Totals& totals, const Style& style) {
  std::vector<std::vector<TableCell>> rows{heading({"JOB", "OCCURRENCES"})};
  for (const char* word : fate_words) rows.front().push_back({word, Ink::bold});
  for (const auto& [job, counts] : totals) {
    std::int64_t all = 0;
    for (const auto& [word, count] : counts) all += count;
    std::vector<TableCell> cells{{job}, {std::to_string(all)}};
    for (const char* word : fate_words) {
      const auto count = counts.find(word);
      cells.push_back({count == counts.end() ? "" : std::to_string(count->second), ink_of_word(word)});
    }
    rows.push_back(std::move(cells));
  }
  return table_text(rows, style);
}

Json object_of(const RehearsedFate& fate) {
  const auto moment = [](const std::optional<Instant>& at) { return at ? Json(rfc3339(*at)) : Json(); };
  return {{"job", fate.job},
          {"scheduled_at", rfc3339(fate.at)},
          {"until_at", rfc3339(fate.last)},
          {"count", fate.count},
          {"kind", to_string(fate.kind)},
          {"what", fate_word(fate)},
          {"reason", fate.reason == OccurrenceReason::none ? Json() : Json(to_string(fate.reason))},
          {"due_at", rfc3339(fate.due_at)},
          {"started_at", moment(fate.started)},
          {"ended_at", moment(fate.ended)},
          {"lag", fate.started ? Json(std::chrono::duration<double>(lateness(fate)).count()) : Json()},
          {"attempts", fate.attempts},
          {"coalesced_into", moment(fate.coalesced_into)}};
}

Json object_of(const JobName& job, const std::map<std::string, std::int64_t>& totals) {
  Json counts = Json::object();
  for (const auto& [word, count] : totals) counts[word] = count;
  return {{"job", job}, {"totals", std::move(counts)}};
}

}  // namespace nowd::ctl
