#include "domain/gates/guard.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace nowd {
namespace {

/// Allowance for data that its source stamps "now" with a clock that is slightly ahead of ours.
constexpr minutes source_clock_tolerance{1};

std::string local(const RunTime& run, Instant at) { return rfc3339(run.zone.local(at), run.zone.offset(at)); }

/// "2026-06-01 09:00" in the run's zone, with seconds unless they are zero. The message names the zone once.
std::string clock_text(const RunTime& run, Instant at) {
  std::string text = iso(run.zone.local(at));
  text.resize(std::min(text.find('.'), text.size()));
  std::ranges::replace(text, 'T', ' ');
  if (text.ends_with(":00")) text.resize(text.size() - 3);
  return text;
}

std::string window_text(const RunTime& run) {
  return clock_text(run, run.window_start) + " to " + clock_text(run, run.window_end) + " (" + run.zone.name() + ")";
}

std::optional<Objection> valid_for(const GuardInputs& in) {
  if (in.now.wall < in.valid_until) return std::nullopt;
  return Objection{GateRule::valid_for,
                   in.rules.expiry,
                   {Verdict::expired, "expired: this run's effects were valid until " + local(in.run, in.valid_until) +
                                          ", and it is " + local(in.run, in.now.wall)}};
}

std::optional<Objection> fresh(const GuardInputs& in) {
  if (!in.rules.fresh || !in.prompted) return std::nullopt;
  const nanoseconds age = in.now.boot - in.prompted->boot;
  if (age <= *in.rules.fresh) return std::nullopt;
  return Objection{GateRule::fresh,
                   Response::refuse,
                   {Verdict::aligned, "the newest clock block that the model had was " + human(age) +
                                          " old (clocks.fresh: " + human(*in.rules.fresh) + ")"}};
}

std::optional<Objection> rollover(const GuardInputs& in) {
  auto finding = rolled_over(in.run, in.now.wall);
  if (!finding) return std::nullopt;
  // A person who starts a run of another day by hand, with effects, knows that the effects land today.
  const bool by_hand = in.run.kind == RunKind::backfill || in.run.kind == RunKind::manual;
  return Objection{GateRule::rollover, by_hand ? std::min(in.rules.rollover, Response::flag) : in.rules.rollover,
                   std::move(*finding)};
}

bool nothing_inside(const DataTimes& times) { return times.count > 0 && times.inside == 0; }

DataTimes all_of(const std::vector<DataSeen>& data) {
  DataTimes all;
  for (const DataSeen& each : data) all = merge(all, each.times);
  return all;
}

std::string span_text(const DataTimes& times, const RunTime& run) {
  return "from " + clock_text(run, *times.oldest) + " to " + clock_text(run, *times.newest);
}

}  // namespace

Json evidence_of(const GuardInputs& in) {
  Json data = Json::array();
  for (const DataSeen& each : in.data)
    data.push_back({{"source", each.source}, {"count", each.times.count}, {"inside", each.times.inside}});
  Json remotes = Json::array();
  for (const RemoteSkew& each : in.remotes)
    remotes.push_back({{"remote", each.remote}, {"ahead_ns", each.ahead.count()}});
  Json out = {
      {"now", rfc3339(in.now.wall)}, {"as_of", rfc3339(in.run.as_of)}, {"valid_until", rfc3339(in.valid_until)}};
  if (in.prompted) out["prompted"] = rfc3339(in.prompted->wall);
  if (!data.empty()) out["data"] = std::move(data);
  if (!remotes.empty()) out["remotes"] = std::move(remotes);
  return out;
}

std::optional<Objection> object_to_data(const ClockRules& rules, const std::vector<DataSeen>& data,
                                        const RunTime& run) {
  const auto stale = [&](const std::string& source, const DataTimes& times) {
    return Objection{GateRule::data,
                     rules.data,
                     {Verdict::stale, "stale: no instant from " + source + " lies in the window " + window_text(run) +
                                          ": it is " + span_text(times, run)}};
  };
  for (const DataSeen& each : data)
    if (each.input && nothing_inside(each.times)) return stale("input " + each.source, each.times);
  const DataTimes all = all_of(data);
  if (nothing_inside(all)) return stale("was read", all);
  if (all.inside == all.count) return std::nullopt;
  return Objection{GateRule::data,
                   std::min(rules.data, Response::flag),
                   {Verdict::stale, "stale: " + std::to_string(all.count - all.inside) + " of " +
                                        std::to_string(all.count) + " instants in the inputs lie outside the window " +
                                        window_text(run) + ": they are " + span_text(all, run)}};
}

std::optional<Objection> object_to_skew(const ClockRules& rules, const std::vector<RemoteSkew>& remotes) {
  const auto worst = std::max_element(remotes.begin(), remotes.end(),
                                      [](const RemoteSkew& a, const RemoteSkew& b) { return a.ahead < b.ahead; });
  if (worst == remotes.end() || worst->ahead <= rules.skew) return std::nullopt;
  return Objection{
      GateRule::skew,
      rules.on_skew,
      {Verdict::skewed, "skewed: the clock of " + worst->remote + " is proven to be " + human(worst->ahead) +
                            " ahead of this host's (clocks.skew: " + human(rules.skew) + ")"}};
}

std::vector<Objection> objections_to(const GuardInputs& in) {
  std::vector<Objection> out;
  for (auto each : {valid_for(in), fresh(in), rollover(in), object_to_skew(in.rules, in.remotes),
                    object_to_data(in.rules, in.data, in.run)})
    if (each && each->response != Response::none) out.push_back(std::move(*each));
  return out;
}

DataWindow data_window(const RunTime& run, milliseconds grace, Instant now) {
  const bool by_schedule = run.kind != RunKind::backfill;
  const bool on_time = by_schedule && run.dispatched_at - run.scheduled_at <= grace + (run.due_at - run.scheduled_at);
  return {run.window_start, on_time ? std::max(run.window_end, now + source_clock_tolerance) : run.window_end};
}

std::string data_line(const std::vector<DataSeen>& data, const Zone& zone) {
  std::string out;
  for (const DataSeen& each : data) {
    const DataTimes& times = each.times;
    out += (out.empty() ? "data: " : "; ") + each.source + " ";
    if (times.count == 0) {
      out += "gave nothing with a time";
      continue;
    }
    const auto at = [&](Instant instant) { return rfc3339(zone.local(instant), zone.offset(instant)); };
    out += "from " + at(*times.oldest) + " to " + at(*times.newest) + ", " +
           (times.inside == times.count ? "all" : std::to_string(times.inside) + " of " + std::to_string(times.count)) +
           " in the window";
  }
  return out;
}

}  // namespace nowd
