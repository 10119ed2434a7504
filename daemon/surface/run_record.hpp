// One run with everything that belongs to it, as the views need it: LedgerReader::run()'s JSON with types.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "foundation/json.hpp"
#include "foundation/time/civil.hpp"
#include "foundation/time/time.hpp"

namespace nowd {

struct ModelCallRecord {
  std::int64_t seq = 0;
  std::string provider, model, model_served, remote;
  std::string state;  ///< sending | answered | lost
  std::string stop, stop_raw, stop_action, detail;
  std::string purpose, cause;
  std::string model_as_of;
  std::optional<Instant> injected_now, sent, headers, first_token, ended, provider_date;
  std::optional<Instant> recorded_at;  ///< database time; all that is known of a call that has no answer yet
  std::optional<nanoseconds> offset_low, offset_high;
  std::optional<std::int64_t> input_tokens, cached_tokens, cache_write_tokens, output_tokens, http_status;
  std::string cost_usd;
  std::int64_t attempt = 1;
  std::string retry_class, request_id;
  std::optional<nanoseconds> retry_after, server_duration;
  bool usage_estimated = false;
};

struct ToolCallRecord {
  std::int64_t seq = 0;
  bool input = false;                         ///< called by nowd before the model (inputs, when)
  std::optional<std::int64_t> inference_seq;  ///< the model call that proposed it
  std::string tool, effect, arguments, key, error, remote;
  std::string state;  ///< refused | shown | intent | confirmed | failed | unknown
  std::optional<Instant> intent, started, ended, remote_date;
  std::optional<nanoseconds> duration;
  std::optional<std::int64_t> exit_code, result_bytes, data_count;
  std::optional<Instant> data_oldest, data_newest;
  bool result_cut = false;
  bool is_effect() const { return effect != "read"; }
};

struct DeliveryRecord {
  std::int64_t delivery = 0, attempts = 0;
  std::string sink, purpose, state, reason;
  std::optional<Instant> created, next, settled;
  std::string text;  ///< of a dry run: the text that was not sent
};

struct ReadingRecord {
  std::string clock, point, source, boot_id;
  Instant at;
  std::optional<nanoseconds> uncertainty;
  std::optional<std::int64_t> boot_ns;
};

struct FindingRecord {
  std::string verdict, detail;
};

/// A decision of the guard about an effect, an output or a delivery of the run.
struct GateRecord {
  struct Objection {
    std::string rule, response, detail;
  };
  std::string subject;  ///< effect | turn | command | output | delivery
  std::string verdict;  ///< allow | ask | deny
  std::optional<std::int64_t> call, delivery, attempt;
  Instant at;  ///< host time; database time for a delivery
  std::vector<Objection> objections;
};

struct RunRecord {
  std::int64_t run = 0;
  std::string job, kind, state, reason, detail, stop;
  std::int64_t attempt = 1;
  Zone zone = Zone::utc();
  Instant scheduled_at, due_at, as_of, window_start, window_end;
  std::string authority;  ///< the clock of as_of
  std::optional<Instant> claimed_at, dispatched_at, ended_at;
  std::optional<Instant> not_before;            ///< it is deferred until then
  std::optional<nanoseconds> duration;          ///< on the boot clock
  std::optional<nanoseconds> host_uncertainty;  ///< nothing = unknown
  std::string host_sync;
  bool effects = true;
  bool dry_run = false;
  std::string verdict;
  std::vector<FindingRecord> findings;
  std::string host, nowd_version, schedule, revision, slot_kind;
  std::optional<std::int64_t> pid, request;
  std::string requested_by;
  std::optional<Instant> requested_at;
  std::vector<ModelCallRecord> model_calls;
  std::vector<ToolCallRecord> tool_calls;
  std::vector<DeliveryRecord> deliveries;
  std::vector<ReadingRecord> readings;
  std::vector<GateRecord> gates;
  std::optional<Instant> effect_at;   ///< start of the first effect or delivery
  std::optional<std::string> output;  ///< nothing: none, or no right to read bodies

  bool texts_hidden = false;  ///< details, arguments and output are left out: the database role may not read texts

  bool is_live() const { return state == "running" || state == "suspended" || state == "committing"; }
  bool is_deferred() const { return state == "suspended" && not_before; }
  bool was_requested() const { return request.has_value(); }
};

/// The record without texts that may quote a prompt, a model, a tool, a provider or a sink: for pages that need no
/// login. Dates that a model stated stay.
RunRecord without_texts(RunRecord run);

/// The start of the run's first tool call with effects. Deliveries do not count: they come after the end.
std::optional<Instant> first_effect(const RunRecord& run);

/// Requires: JSON as LedgerReader::run() gives it. A zone that this host does not know is shown as UTC.
RunRecord run_record(const Json& run);

}  // namespace nowd

// Typed access to the JSON rows of LedgerReader. A column that is null or absent is nothing.

namespace nowd::row {

std::string text(const Json& row, const char* column);  ///< empty when null
std::optional<Instant> instant(const Json& row, const char* column);
std::optional<nanoseconds> span(const Json& row, const char* column);
std::optional<std::int64_t> number(const Json& row, const char* column);
bool flag(const Json& row, const char* column);

}  // namespace nowd::row
