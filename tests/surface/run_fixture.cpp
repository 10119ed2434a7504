#include "surface/run_fixture.hpp"
#include "support/places.hpp"

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace nowd::test {

std::string at(double seconds_after_seven) {
  const Instant seven = parse_rfc3339("2026-06-01T07:00:00Z").value();
  return rfc3339(seven + microseconds{std::llround(seconds_after_seven * 1e6)});
}

namespace {

Json first_call() {
  return {{"run", 1234},
          {"seq", 1},
          {"purpose", "plan"},
          {"provider", "primary"},
          {"model", "gpt-5.2"},
          {"model_served", "gpt-5.2-2026-01"},
          {"remote", "https://api.example.com:443"},
          {"state", "answered"},
          {"injected_now", at(0.3)},
          {"model_as_of", "2026-06-01"},
          {"sent_at", at(0.303)},
          {"headers_at", at(0.715)},
          {"first_token_at", at(0.716)},
          {"ended_at", at(3.916)},
          {"duration", 3.613},
          {"provider_date", at(0)},
          {"offset_low", -0.715},
          {"offset_high", 1.697},
          {"http_status", 200},
          {"stop_raw", "tool_calls"},
          {"stop", "tool_call"},
          {"stop_action", "run_tools"},
          {"detail", nullptr},
          {"input_tokens", 812},
          {"output_tokens", 46},
          {"cost_usd", 0.0021}};
}

Json second_call() {
  Json call = first_call();
  call.update({{"seq", 2},
               {"injected_now", at(5.2)},
               {"sent_at", at(5.203)},
               {"headers_at", at(5.615)},
               {"first_token_at", at(5.616)},
               {"ended_at", at(41.2)},
               {"duration", 35.997},
               {"provider_date", at(5)},
               {"offset_low", -0.615},
               {"offset_high", 1.797},
               {"stop_raw", "stop"},
               {"stop", "complete"},
               {"stop_action", "commit"},
               {"input_tokens", 1088},
               {"output_tokens", 214},
               {"cost_usd", 0.0053}});
  return call;
}

Json notes_input() {
  return {{"run", 1234},
          {"seq", 1},
          {"source", "input"},
          {"inference_seq", nullptr},
          {"tool", "notes"},
          {"effect", "read"},
          {"arguments", R"(["get-notes","2026-05-29T09:00:00+02:00","2026-06-01T09:00:00+02:00"])"},
          {"idempotency_key", nullptr},
          {"state", "confirmed"},
          {"intent_at", at(0.02)},
          {"started_at", at(0.021)},
          {"ended_at", at(0.033)},
          {"duration", 0.012},
          {"remote", nullptr},
          {"remote_date", nullptr},
          {"exit_code", 0},
          {"error", nullptr},
          {"result_bytes", 3480},
          {"result_cut", false},
          {"data_oldest", at(-251280)},
          {"data_newest", at(-1140)},
          {"data_count", 17}};
}

Json post_effect() {
  return {{"run", 1234},
          {"seq", 2},
          {"source", "model"},
          {"inference_seq", 1},
          {"tool", "post"},
          {"effect", "irreversible"},
          {"arguments", R"({"channel":"team","text":"Three notes today."})"},
          {"idempotency_key", "3f2a9c0d11e54a7b3f2a9c0d11e54a7b3f2a9c0d11e54a7b3f2a9c0d11e54a7b"},
          {"state", "confirmed"},
          {"intent_at", at(3.92)},
          {"started_at", at(3.925)},
          {"ended_at", at(5.19)},
          {"duration", 1.265},
          {"remote", "https://chat.example.com:443"},
          {"remote_date", at(4)},
          {"exit_code", 200},
          {"error", nullptr},
          {"result_bytes", 17},
          {"result_cut", false},
          {"data_oldest", nullptr},
          {"data_newest", nullptr},
          {"data_count", nullptr}};
}

Json reading(int seq, const char* clock, const char* point, double when, Json uncertainty, Json boot_ns,
             const char* source) {
  return {{"run", 1234},
          {"seq", seq},
          {"clock", clock},
          {"point", point},
          {"at", at(when)},
          {"uncertainty", std::move(uncertainty)},
          {"boot_ns", std::move(boot_ns)},
          {"boot_id", "boot-a"},
          {"source", source}};
}

}  // namespace

Json standup_run() {
  const Json row{{"run", 1234},
                 {"job", "standup"},
                 {"scheduled_at", at(0)},
                 {"kind", "scheduled"},
                 {"attempt", 1},
                 {"request", nullptr},
                 {"revision", std::string(64, 'a')},
                 {"claimed_at", at(0.01)},
                 {"due_at", at(0)},
                 {"as_of", at(0)},
                 {"authority", "scheduled"},
                 {"window_start", "2026-05-29T07:00:00Z"},
                 {"window_end", at(0)},
                 {"zone", "Europe/Berlin"},
                 {"effects", true},
                 {"dispatched_at", at(0.012)},
                 {"dispatched_boot_ns", 3'000'000'000},
                 {"boot_id", "boot-a"},
                 {"host_sync", "kernel-estimate"},
                 {"host_uncertainty", 0.0012},
                 {"state", "succeeded"},
                 {"reason", nullptr},
                 {"detail", nullptr},
                 {"ended_at", at(41.212)},
                 {"duration", 41.2},
                 {"stop", "complete"},
                 {"verdict", "aligned"},
                 {"verdicts", Json::array()},
                 {"model_calls", 2},
                 {"tool_calls", 1},
                 {"input_tokens", 1900},
                 {"output_tokens", 260}};
  Json run{{"run", row}, {"request", nullptr}};
  run["clocks"] = {{"run", 1234}, {"job", "standup"}};
  run["inference"] = {first_call(), second_call()};
  run["tool_calls"] = {notes_input(), post_effect()};
  run["readings"] = {reading(1, "scheduled", "due", 0, nullptr, nullptr, "schedule"),
                     reading(2, "dispatch", "start", 0.012, 0.0012, 3'000'000'000, "kernel-estimate"),
                     reading(3, "inference", "sent:1", 0.303, 0.0012, 3'291'000'000, "kernel-estimate"),
                     reading(4, "dispatch", "end", 41.212, 0.0012, 44'200'000'000, "kernel-estimate")};
  run["occurrence"] = {{"slot", "2026-06-01T09:00:00"}, {"slot_kind", "plain"}};
  run["revision"] = {{"schedule", "0 9 * * mon-fri Europe/Berlin"}, {"source", "jobs/standup.yaml:1"}};
  run["node"] = {{"host", "berlin-1"}, {"pid", 4711}, {"version", "0.1.0"}};
  run["output"] = "Three notes today.\n\n- Ada: parser done\n- Grace: clock drift\n- Linus: release";
  return run;
}

std::string golden(const std::string& name, const std::string& actual) {
  const std::string path = (test_data("surface") / name).string();
  if (std::getenv("NOWD_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << actual;
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace nowd::test
