// A run machine with a job of one read tool and one effect, and events to feed it.
#pragma once

#include "domain/run/run_machine.hpp"

namespace nowd::test {

inline Instant instant(std::string_view text) { return *parse_rfc3339(text); }

inline Reading reading(Instant wall, milliseconds boot, std::string source = "kernel-estimate") {
  return {wall, milliseconds{1}, Tick{boot}, "boot", std::move(source)};
}

/// 09:00 in Berlin, dispatched 4 s late; every event is one second after the last.
struct MachineFixture {
  RunPlan plan;
  Reading now = reading(instant("2026-06-01T07:00:04Z"), seconds{1000});

  MachineFixture() {
    plan.job.name = "standup";
    plan.job.prompt = "Summarise {{today}}.";
    plan.job.provider = "primary";
    plan.job.clocks = clock_preset("observe").value();  // the guard has tests of its own
    plan.job.limits.wall = minutes{10};
    plan.job.schedule.zone = *Zone::find("Europe/Berlin");
    plan.time.run = RunId{7};
    plan.time.job = "standup";
    plan.time.zone = plan.job.schedule.zone;
    plan.time.scheduled_at = plan.time.due_at = plan.time.as_of = plan.time.window_end =
        instant("2026-06-01T07:00:00Z");
    plan.time.window_start = instant("2026-05-29T07:00:00Z");
    plan.time.dispatched_at = now.wall;
    plan.time.dispatched_tick = now.boot;
    plan.time.wall_limit = plan.job.limits.wall;
    plan.ledger = "ledger";
    plan.model = "m";
    plan.tools = {{{"look", "reads", Json::object()}, Effect::read},
                  {{"post", "acts", Json::object()}, Effect::irreversible}};
    plan.arguments = [](const std::string&, const std::string& raw, Now) { return parse_json(raw); };
    plan.output_fault = [](const std::string&) { return std::optional<std::string>(); };
  }

  RunStep dispatch(RunMachine& machine) { return machine.on(Dispatched{now, now.wall}, now); }

  RunStep next(RunMachine& machine, RunEvent event) {
    now.wall += seconds{1};
    now.boot += seconds{1};
    return machine.on(std::move(event), now);
  }

  Now moment() const { return {now.wall, now.boot}; }
};

inline ModelAnswered answer(Stop stop, std::string text = "", std::vector<ProposedCall> calls = {}) {
  ModelAnswered answered;
  answered.reply.stop = stop;
  answered.reply.text = std::move(text);
  answered.reply.calls = std::move(calls);
  answered.reply.usage = Usage{10, 0, 5, 0};
  return answered;
}
inline ModelAnswered proposes(std::vector<ProposedCall> calls) { return answer(Stop::tool_call, "", std::move(calls)); }

inline ToolAnswered tool(CallState state, std::string result, std::string error = "") {
  ToolAnswered answered;
  answered.outcome.state = state;
  answered.outcome.result = std::move(result);
  answered.outcome.error = std::move(error);
  answered.outcome.started = answered.outcome.ended = reading(instant("2026-06-01T07:00:06Z"), seconds{1002});
  return answered;
}

inline const EndFact& end_of(const RunStep& step) { return step.facts.end.value(); }

}  // namespace nowd::test
