#include "surface/timeline/timeline.hpp"

#include "surface/moment.hpp"
#include "surface/text.hpp"

namespace nowd {
namespace {

std::string state_text(const RunRecord& run, Instant now) {
  if (run.is_live())
    return run.dispatched_at ? run.state + " for " + precise(now - *run.dispatched_at) : "claimed, not dispatched";
  if (run.duration) return run.state + " in " + precise(*run.duration);
  return run.state;
}

/// The run, and its verdict at the right edge.
std::string title(const RunRecord& run, Instant now, const Style& style) {
  const std::string attempt = run.attempt > 1 ? ", attempt " + std::to_string(run.attempt) : "";
  const std::string dry = run.dry_run ? ", dry run" : "";
  const std::string left =
      "run " + std::to_string(run.run) + " of " + run.job + " · " + run.kind + attempt + dry + " · ";
  const std::string state = state_text(run, now);
  const std::size_t used = display_width(left) + display_width(state) + display_width(run.verdict);
  const auto width = static_cast<std::size_t>(fitted_width(style));
  return paint(style, Ink::bold, left) + paint(style, ink_of(run.state), state) +
         std::string(used + 2 < width ? width - used : 2, ' ') + paint(style, ink_of(run.verdict), run.verdict);
}

std::string host_clock(const RunRecord& run) {
  std::string text = run.host.empty() ? "the host's clock" : "clock of " + run.host;
  text += run.host_uncertainty ? " ±" + precise(*run.host_uncertainty) : ", uncertainty unknown";
  return run.host_sync.empty() ? text : text + " (" + run.host_sync + ")";
}

/// The four clocks and the end on one line, with the gaps between neighbours.
std::string distances(const RunRecord& run) {
  std::optional<Instant> inferred;
  for (const ModelCallRecord& call : run.model_calls)
    if (call.sent && !inferred) inferred = call.sent;
  std::string text = "scheduled";
  Instant before = run.scheduled_at;
  const auto add = [&](const char* clock, std::optional<Instant> at) {
    if (!at) return;
    text += " " + signed_span(*at - before) + " " + clock;
    before = *at;
  };
  add("dispatch", run.dispatched_at);
  add("inference", inferred);
  add("effect", first_effect(run));
  add("end", run.ended_at);
  return text;
}

std::string subject_of(const GateRecord& gate) {
  std::string text = gate.subject;
  if (gate.call) text += ", call " + std::to_string(*gate.call);
  if (gate.delivery) text += ", delivery " + std::to_string(*gate.delivery);
  if (gate.attempt) text += ", attempt " + std::to_string(*gate.attempt);
  return text;
}

/// The decisions of the guard, each with its objections below it.
Lines guard_lines(const RunRecord& run, const Style& style) {
  constexpr std::size_t width = 33;
  Lines lines;
  if (!run.gates.empty()) lines.push_back(paint(style, Ink::bold, "guard, before anything leaves the run"));
  for (const GateRecord& gate : run.gates) {
    const Ink ink = gate.verdict == "deny" ? Ink::bad : Ink::plain;
    lines.push_back("  " + pad(clip(subject_of(gate), width), width + 1) + time_of_day(run.zone, gate.at, 3) + "  " +
                    paint(style, ink, gate.verdict));
    for (const GateRecord::Objection& each : gate.objections)
      for (const std::string& line : wrap(each.rule + " (" + each.response + "): " + each.detail,
                                          static_cast<std::size_t>(fitted_width(style)) - 4))
        lines.push_back("    " + paint(style, each.response == "refuse" ? Ink::bad : Ink::warn, line));
  }
  return lines;
}

}  // namespace

std::string timeline(const RunRecord& run, Instant now, const Style& style) {
  const std::vector<TimelineStep> steps = timeline_steps(run, now);
  std::string out = title(run, now, style);
  while (out.ends_with(' ')) out.pop_back();
  out += "\nfor " + zoned_moment(run.zone, run.scheduled_at) + "\n" + host_clock(run) + "\n" + distances(run) + "\n";
  const auto section = [&](const Lines& lines) {
    if (!lines.empty()) out += '\n';
    for (const std::string& line : lines) out += line + '\n';
  };
  section(draw_lanes(run, steps, style));
  section(chain_of_readings(run, steps, style));
  Lines others = other_clocks(run, style);
  if (!others.empty()) others.insert(others.begin(), paint(style, Ink::bold, "other clocks, against this host's"));
  section(others);
  section(guard_lines(run, style));
  section(verdict_lines(run, style));
  return out;
}

}  // namespace nowd
