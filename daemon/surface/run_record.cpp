#include "surface/run_record.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "surface/text.hpp"

namespace nowd {
namespace {

/// Names and messages come from providers, tools and models: nothing of them may steer a terminal.
std::string shown(const Json& row, const char* column) { return printable(row::text(row, column)); }

Zone zone_of(const std::string& name) {
  const auto zone = Zone::find(name);
  return zone ? *zone : Zone::utc();
}

ModelCallRecord model_call(const Json& row) {
  ModelCallRecord call;
  call.seq = row::number(row, "seq").value_or(0);
  call.provider = shown(row, "provider");
  call.model = shown(row, "model");
  call.model_served = shown(row, "model_served");
  call.remote = shown(row, "remote");
  call.state = row::text(row, "state");
  call.stop = row::text(row, "stop");
  call.stop_raw = shown(row, "stop_raw");
  call.stop_action = row::text(row, "stop_action");
  call.detail = shown(row, "detail");
  call.purpose = row::text(row, "purpose");
  call.cause = shown(row, "cause");
  call.model_as_of = shown(row, "model_as_of");
  call.injected_now = row::instant(row, "injected_now");
  call.sent = row::instant(row, "sent_at");
  call.headers = row::instant(row, "headers_at");
  call.first_token = row::instant(row, "first_token_at");
  call.ended = row::instant(row, "ended_at");
  call.provider_date = row::instant(row, "provider_date");
  call.recorded_at = row::instant(row, "recorded_at");
  call.offset_low = row::span(row, "offset_low");
  call.offset_high = row::span(row, "offset_high");
  call.input_tokens = row::number(row, "input_tokens");
  call.output_tokens = row::number(row, "output_tokens");
  call.http_status = row::number(row, "http_status");
  call.cost_usd = row::text(row, "cost_usd");
  call.cached_tokens = row::number(row, "cached_tokens");
  call.cache_write_tokens = row::number(row, "cache_write_tokens");
  call.attempt = row::number(row, "attempt").value_or(1);
  call.retry_class = row::text(row, "retry_class");
  call.request_id = shown(row, "request_id");
  call.retry_after = row::span(row, "retry_after");
  call.server_duration = row::span(row, "server_duration");
  call.usage_estimated = row::flag(row, "usage_estimated");
  return call;
}

ToolCallRecord tool_call(const Json& row) {
  ToolCallRecord call;
  call.seq = row::number(row, "seq").value_or(0);
  call.input = row::text(row, "source") != "model";
  call.inference_seq = row::number(row, "inference_seq");
  call.tool = shown(row, "tool");
  call.effect = row::text(row, "effect");
  call.arguments = shown(row, "arguments");
  call.key = shown(row, "idempotency_key");
  call.error = shown(row, "error");
  call.remote = shown(row, "remote");
  call.state = row::text(row, "state");
  call.intent = row::instant(row, "intent_at");
  call.started = row::instant(row, "started_at");
  call.ended = row::instant(row, "ended_at");
  call.remote_date = row::instant(row, "remote_date");
  call.duration = row::span(row, "duration");
  call.exit_code = row::number(row, "exit_code");
  call.result_bytes = row::number(row, "result_bytes");
  call.result_cut = row::flag(row, "result_cut");
  call.data_count = row::number(row, "data_count");
  call.data_oldest = row::instant(row, "data_oldest");
  call.data_newest = row::instant(row, "data_newest");
  return call;
}

DeliveryRecord delivery(const Json& row) {
  DeliveryRecord record;
  record.delivery = row::number(row, "delivery").value_or(0);
  record.attempts = row::number(row, "attempts").value_or(0);
  record.sink = shown(row, "sink");
  record.purpose = row::text(row, "purpose");
  record.state = row::text(row, "state");
  record.reason = shown(row, "reason");
  record.created = row::instant(row, "created_at");
  record.next = row::instant(row, "next_at");
  record.settled = row::instant(row, "settled_at");
  if (row.contains("text") && row["text"].is_string())
    record.text = printable(row["text"].get_ref<const std::string&>(), true);
  return record;
}

GateRecord gate(const Json& row) {
  GateRecord record;
  record.subject = row::text(row, "subject");
  record.verdict = row::text(row, "verdict");
  record.call = row::number(row, "call_seq");
  record.delivery = row::number(row, "delivery");
  record.attempt = row::number(row, "attempt");
  record.at = row::instant(row, "decided_at").value_or(Instant{});
  if (row.contains("objections") && row["objections"].is_array())
    for (const Json& each : row["objections"])
      record.objections.push_back({row::text(each, "rule"), row::text(each, "response"), shown(each, "detail")});
  return record;
}

void fill_from_run(RunRecord& record, const Json& row) {
  record.run = row::number(row, "run").value_or(0);
  record.job = row::text(row, "job");
  record.kind = row::text(row, "kind");
  record.state = row::text(row, "state");
  record.reason = shown(row, "reason");
  record.detail = shown(row, "detail");
  record.stop = row::text(row, "stop");
  record.attempt = row::number(row, "attempt").value_or(1);
  record.zone = zone_of(row::text(row, "zone"));
  record.scheduled_at = row::instant(row, "scheduled_at").value_or(Instant{});
  record.due_at = row::instant(row, "due_at").value_or(record.scheduled_at);
  record.as_of = row::instant(row, "as_of").value_or(record.scheduled_at);
  record.window_start = row::instant(row, "window_start").value_or(record.scheduled_at);
  record.window_end = row::instant(row, "window_end").value_or(record.scheduled_at);
  record.authority = row::text(row, "authority");
  record.claimed_at = row::instant(row, "claimed_at");
  record.dispatched_at = row::instant(row, "dispatched_at");
  record.ended_at = row::instant(row, "ended_at");
  record.not_before = row::instant(row, "not_before");
  record.duration = row::span(row, "duration");
  record.host_uncertainty = row::span(row, "host_uncertainty");
  record.host_sync = shown(row, "host_sync");
  record.effects = row::flag(row, "effects");
  record.dry_run = row::flag(row, "dry_run");
  record.verdict = row::text(row, "verdict");
  record.revision = row::text(row, "revision");
  record.request = row::number(row, "request");
  if (row.contains("verdicts") && row["verdicts"].is_array())
    for (const Json& finding : row["verdicts"])
      record.findings.push_back({row::text(finding, "verdict"), shown(finding, "detail")});
}

void fill_readings(RunRecord& record, const Json& rows) {
  for (const Json& row : rows)
    if (const auto at = row::instant(row, "at"))
      record.readings.push_back({row::text(row, "clock"), shown(row, "point"), shown(row, "source"),
                                 row::text(row, "boot_id"), *at, row::span(row, "uncertainty"),
                                 row::number(row, "boot_ns")});
}

}  // namespace

RunRecord without_texts(RunRecord run) {
  const auto quotes = [](std::string_view verdict) { return verdict == "contradicted"; };
  run.detail.clear();
  run.output.reset();
  for (FindingRecord& finding : run.findings)
    if (quotes(finding.verdict)) finding.detail.clear();
  for (ModelCallRecord& call : run.model_calls) {
    call.detail.clear();
    call.cause.clear();
    const std::string day = call.model_as_of.substr(0, 10);
    call.model_as_of = parse_local_day(day) ? day : "";
  }
  for (ToolCallRecord& call : run.tool_calls) {
    call.arguments.clear();
    call.error.clear();
  }
  for (DeliveryRecord& delivery : run.deliveries) {
    delivery.reason.clear();
    delivery.text.clear();
  }
  for (GateRecord& gate : run.gates)
    for (GateRecord::Objection& each : gate.objections)
      if (each.rule == "lint" || each.rule == "model_as_of") each.detail.clear();
  return run;
}

std::optional<Instant> first_effect(const RunRecord& run) {
  std::optional<Instant> first;
  for (const ToolCallRecord& call : run.tool_calls)
    if (call.is_effect() && call.started) first = std::min(first.value_or(*call.started), *call.started);
  return first;
}

RunRecord run_record(const Json& run) {
  RunRecord record;
  const auto part = [&](const char* name) -> const Json& {
    static const Json nothing;
    return run.contains(name) ? run[name] : nothing;
  };
  fill_from_run(record, part("run"));
  record.host = shown(part("node"), "host");
  record.nowd_version = shown(part("node"), "version");
  record.pid = row::number(part("node"), "pid");
  record.schedule = shown(part("revision"), "schedule");
  record.slot_kind = row::text(part("occurrence"), "slot_kind");
  record.requested_by = shown(part("request"), "requested_by");
  record.requested_at = row::instant(part("request"), "requested_at");
  for (const Json& row : part("inference")) record.model_calls.push_back(model_call(row));
  for (const Json& row : part("tool_calls")) record.tool_calls.push_back(tool_call(row));
  for (const Json& row : part("deliveries")) record.deliveries.push_back(delivery(row));
  for (const Json& row : part("gates")) record.gates.push_back(gate(row));
  record.effect_at = row::instant(part("clocks"), "effect_at");
  fill_readings(record, part("readings"));
  record.texts_hidden = row::flag(run, "texts_hidden");
  if (part("output").is_string()) record.output = printable(part("output").get_ref<const std::string&>(), true);
  return record;
}

}  // namespace nowd

namespace nowd::row {
namespace {

const Json* find(const Json& row, const char* column) {
  if (!row.is_object()) return nullptr;
  const auto found = row.find(column);
  return found == row.end() || found->is_null() ? nullptr : &*found;
}

}  // namespace

std::string text(const Json& row, const char* column) {
  const Json* value = find(row, column);
  if (value == nullptr) return {};
  return value->is_string() ? value->get<std::string>() : dump_json(*value);
}

std::optional<Instant> instant(const Json& row, const char* column) {
  const Json* value = find(row, column);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  const Result<Instant> at = parse_rfc3339(value->get_ref<const std::string&>());
  return at ? std::optional(*at) : std::nullopt;
}

std::optional<nanoseconds> span(const Json& row, const char* column) {
  const Json* value = find(row, column);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  // To the microsecond, which is all that Postgres keeps.
  return microseconds{std::llround(value->get<double>() * 1e6)};
}

std::optional<std::int64_t> number(const Json& row, const char* column) {
  const Json* value = find(row, column);
  if (value == nullptr || !value->is_number_integer()) return std::nullopt;
  return value->get<std::int64_t>();
}

bool flag(const Json& row, const char* column) {
  const Json* value = find(row, column);
  return value != nullptr && value->is_boolean() && value->get<bool>();
}

}  // namespace nowd::row
