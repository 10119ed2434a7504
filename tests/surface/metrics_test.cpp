// /metrics, read again by a checker of the exposition format's rules (what `promtool check metrics` would say).
#include "surface/metrics.hpp"

#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "support/catch.hpp"

using namespace nowd;

namespace {

struct Sample {
  std::string name, labels, le;
  double value = 0;
};

/// Faults, one a line; empty = none.
class Lint {
 public:
  std::string check(const std::string& text) {
    if (!text.ends_with('\n')) fault("does not end in a line feed");
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) read(line);
    close();
    return faults_;
  }

 private:
  void fault(const std::string& what) { faults_ += what + "\n"; }

  void read(const std::string& line) {
    static const std::regex help("# HELP ([a-z_][a-z0-9_]*) \\S.*"), type("# TYPE ([a-z_][a-z0-9_]*) (\\w+)");
    std::smatch found;
    if (std::regex_match(line, found, help)) {
      close();
      name_ = found[1];
      if (!seen_.insert(name_).second) fault(name_ + ": comes twice");
    } else if (std::regex_match(line, found, type)) {
      if (found[1] != name_) fault(line + ": does not follow its HELP");
      type_ = found[2];
      if (type_ == "counter" && !name_.ends_with("_total")) fault(name_ + ": a counter without _total");
      if (type_ != "counter" && name_.ends_with("_total")) fault(name_ + ": _total, and no counter");
    } else {
      sample(line);
    }
  }

  void sample(const std::string& line) {
    static const std::regex form(R"re(([a-z_][a-z0-9_]*)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? (\S+))re");
    std::smatch found;
    if (!std::regex_match(line, found, form)) return fault(line + ": is no sample");
    Sample one{found[1], found[2], "", std::stod(found[3])};
    if (!series_.insert(one.name + "{" + one.labels + "}").second) fault(line + ": comes twice");
    if (type_ != "histogram" && one.name != name_) fault(line + ": is not of the family " + name_);
    static const std::regex bound(R"re(,le="([^"]*)"$)re");
    if (std::regex_search(one.labels, found, bound)) {
      one.le = found[1];
      one.labels = found.prefix();
    }
    samples_.push_back(one);
  }

  /// A histogram: cumulative buckets with growing bounds, +Inf at last, which is the count.
  void close() {
    std::map<std::string, std::vector<Sample>> buckets;
    std::map<std::string, double> counts, sums;
    for (const Sample& one : samples_) {
      if (type_ == "counter" && one.value < 0) fault(one.name + ": a counter below 0");
      if (type_ != "histogram") continue;
      if (one.name == name_ + "_bucket") buckets[one.labels].push_back(one);
      if (one.name == name_ + "_count") counts[one.labels] = one.value;
      if (one.name == name_ + "_sum") sums[one.labels] = one.value;
    }
    for (const auto& [labels, row] : buckets) {
      for (std::size_t i = 1; i < row.size(); ++i) {
        if (row[i].value < row[i - 1].value) fault(labels + ": buckets are not cumulative");
        if (row[i].le != "+Inf" && std::stod(row[i].le) <= std::stod(row[i - 1].le)) fault(labels + ": bounds");
      }
      if (row.back().le != "+Inf" || !counts.contains(labels) || counts[labels] != row.back().value)
        fault(labels + ": +Inf is not the count");
      if (!sums.contains(labels)) fault(labels + ": no sum");
    }
    if (counts.size() != buckets.size()) fault(name_ + ": a count without buckets");
    samples_.clear();
  }

  std::string faults_, name_, type_;
  std::set<std::string> seen_, series_;
  std::vector<Sample> samples_;
};

Instant moment(double after) {
  return parse_rfc3339("2026-06-01T07:00:00Z").value() + microseconds{static_cast<std::int64_t>(after * 1e6)};
}

EndedRun ended(std::int64_t run, double dispatched) {
  EndedRun out;
  out.run = RunId{run};
  out.job = "standup";
  out.state = "succeeded";
  out.verdict = dispatched > 90 ? "late" : "aligned";
  out.scheduled = true;
  out.scheduled_at = out.due_at = moment(0);
  out.dispatched_at = moment(dispatched);
  out.inferred_at = moment(dispatched + 0.3);
  return out;
}

DaemonGauges everything() {
  DaemonGauges gauges;
  gauges.version = "0.1.0";
  gauges.started = moment(-3600);
  gauges.ledger_reachable = gauges.serving = true;
  gauges.runs_under_way = 2;
  gauges.beat_age = milliseconds{1250};
  gauges.providers = {{"primary", true}, {"spare", false}};
  gauges.remotes = {{"primary", "https://api.example.com:443", seconds{3}}, {"back\\up\"", "http://[::1]:80", {}}};
  gauges.sinks = {"slack", "ops"};
  const Json slack{{"sink", "slack"}, {"messages", 3}, {"age", 12.5}},
      gone{{"sink", "gone"}, {"messages", 2}, {"age", 1}}, lost{{"sink", "lost"}, {"messages", 1}, {"age", 900}};
  gauges.ledger = Json{{"due", 1}, {"due_age", 0.25}, {"outbox", {slack, gone, lost}}};
  return gauges;
}

RunCounters counted_runs() {
  RunCounters counters;
  EndedRun first = ended(1, 0.012), second = ended(2, 250.012), third = ended(3, -0.5);
  first.effect_at = moment(3.9);
  second.to_deliver = true;
  counters.ended(first);
  counters.ended(second);
  counters.ended(third);
  counters.refused("standup", "valid_for");
  counters.sent("slack", "again", RunId{2}, std::nullopt);
  counters.sent("slack", "delivered", RunId{2}, moment(260));
  counters.sent("slack", "delivered", RunId{2}, moment(270));
  return counters;
}

bool has(const std::string& text, const std::string& line) { return text.find(line + "\n") != std::string::npos; }

}  // namespace

TEST_CASE("what is served keeps the rules of the exposition format") {
  CHECK(Lint().check(metrics_text(counted_runs(), everything())) == "");
  CHECK(Lint().check(metrics_text({}, {})) == "");  // at the very start, with the database away
}

TEST_CASE("the checker sees what is wrong") {
  const std::string head = "# HELP nowd_x Help.\n# TYPE nowd_x ";
  CHECK(!Lint().check(head + "counter\nnowd_x 1\n").empty());
  CHECK(!Lint().check(head + "gauge\nnowd_x 1\nnowd_x 2\n").empty());
  CHECK(!Lint().check(head + "gauge\nnowd_y 1\n").empty());
  CHECK(!Lint().check(head + "gauge\nnowd_x{a=\"b\"c\"} 1\n").empty());
  CHECK(!Lint().check(head + "histogram\nnowd_x_bucket{a=\"b\",le=\"+Inf\"} 1\nnowd_x_sum{a=\"b\"} 1\n").empty());
  CHECK(!Lint().check(head + "gauge\nnowd_x 1").empty());
}

TEST_CASE("runs, verdicts, refusals and gaps are counted by job") {
  const std::string text = metrics_text(counted_runs(), everything());
  CHECK(has(text, R"(nowd_runs_total{job_name="standup",state="succeeded"} 3)"));
  CHECK(has(text, R"(nowd_run_verdicts_total{job_name="standup",verdict="late"} 1)"));
  CHECK(has(text, R"(nowd_guard_refusals_total{job_name="standup",rule="valid_for"} 1)"));
  CHECK(has(text, R"(nowd_delivery_attempts_total{sink="slack",outcome="delivered"} 2)"));
  CHECK(has(text, R"(nowd_clock_gap_seconds_count{job_name="standup",gap="scheduled_to_dispatch"} 3)"));
  CHECK(has(text, R"(nowd_clock_gap_seconds_bucket{job_name="standup",gap="scheduled_to_dispatch",le="0.025"} 2)"));
  CHECK(has(text, R"(nowd_clock_gap_seconds_sum{job_name="standup",gap="scheduled_to_dispatch"} 250.024)"));
  CHECK(has(text, R"(nowd_run_lateness_seconds{job_name="standup"} 0)"));
}

TEST_CASE("the first attempt that started is the effect of a run that only delivers; later ones are not") {
  const std::string text = metrics_text(counted_runs(), everything());
  CHECK(has(text, R"(nowd_clock_gap_seconds_count{job_name="standup",gap="scheduled_to_effect"} 2)"));
  CHECK(has(text, R"(nowd_clock_gap_seconds_sum{job_name="standup",gap="scheduled_to_effect"} 263.9)"));
}

TEST_CASE("a manual run counts, but is late for nothing") {
  RunCounters counters;
  EndedRun manual = ended(7, 90'000);
  manual.scheduled = false;
  counters.ended(manual);
  CHECK(counters.runs().size() == 1);
  CHECK(counters.gaps().empty());
  CHECK(counters.lateness().empty());
}

TEST_CASE("labels come from the configuration alone, and are escaped") {
  const std::string text = metrics_text(counted_runs(), everything());
  CHECK(has(text, R"(nowd_outbox_messages{sink="other"} 3)"));
  CHECK(has(text, R"(nowd_outbox_oldest_age_seconds{sink="other"} 900)"));
  CHECK(has(text, R"(nowd_outbox_messages{sink="ops"} 0)"));
  CHECK(text.find("lost") == std::string::npos);
  CHECK(has(text, R"(nowd_provider_available{provider="primary"} 1)"));
  CHECK(has(text, R"(nowd_provider_available{provider="spare"} 0)"));
  CHECK(has(text, R"(nowd_remote_clock_ahead_seconds{provider="back\\up\"",remote="http://[::1]:80"} 0)"));
  CHECK(label_value("a\nb") == "a\\nb");
}

TEST_CASE("while the database is away there are no gauges of it, rather than old ones") {
  DaemonGauges gauges = everything();
  gauges.ledger.reset();
  gauges.ledger_reachable = false;
  const std::string text = metrics_text(counted_runs(), gauges);
  CHECK(has(text, "nowd_ledger_reachable 0"));
  CHECK(text.find("nowd_outbox") == std::string::npos);
  CHECK(has(text, R"(nowd_runs_total{job_name="standup",state="succeeded"} 3)"));
}

TEST_CASE("every gap falls into the buckets at and above it") {
  GapHistogram gaps;
  gaps.add(milliseconds{5});  // at the first bound, which is inclusive
  gaps.add(days{3});
  CHECK(gaps.counts.front() == 1);
  CHECK(gaps.counts.back() == 1);
  CHECK(gaps.count == 2);
}
