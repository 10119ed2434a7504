#include "surface/terminal/fate.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "surface/meanings.hpp"
#include "surface/moment.hpp"
#include "surface/run_record.hpp"
#include "surface/text.hpp"

namespace nowd {
namespace {

class Answer {
 public:
  Answer(const FateQuestion& question, const Style& style) : q_(question), style_(style) {
    job_ = row::text(part("job"), "job");
    zone_ = q_.schedule ? q_.schedule->zone : Zone::utc();
    if (!q_.schedule)
      if (const auto zone = Zone::find(row::text(part("cursor"), "zone"))) zone_ = *zone;
  }

  std::string text() {
    if (q_.missing)
      say(iso(*q_.missing) + " does not exist in " + zone_.name() + ": the clocks jump over it, to " + moment(q_.at));
    const Json* row = own_row();
    if (row != nullptr)
      of_row(*row);
    else if (const Json* range = range_row(); range != nullptr && is_occurrence() != false)
      of_range(*range);
    else
      without_row();
    manual_runs();
    return std::move(out_);
  }

 private:
  const Json& part(const char* name) const {
    static const Json nothing;
    return q_.ledger.contains(name) ? q_.ledger[name] : nothing;
  }
  void say(const std::string& sentence, Ink ink = Ink::plain) {
    // Elsewhere than on a terminal a sentence is a line, so that it can be searched for.
    const std::size_t width = style_.terminal ? static_cast<std::size_t>(fitted_width(style_)) : std::string::npos;
    for (const std::string& line : wrap(sentence, width)) out_ += paint(style_, ink, line) + "\n";
  }
  std::string moment(Instant at) const { return both_moments(zone_, at); }
  std::string subject() const { return job_ + " at " + moment(q_.at); }

  /// Unknown without a schedule.
  std::optional<bool> is_occurrence() const {
    if (!q_.schedule) return std::nullopt;
    const auto next = next_occurrence(*q_.schedule, q_.at - microseconds{1});
    return next && next->at == q_.at;
  }

  static bool is_range(const Json& row) {
    const auto until = row::instant(row, "until_at");
    return until && until != row::instant(row, "scheduled_at");
  }
  const Json* own_row() const {
    for (const Json& row : part("fate"))
      if (!is_range(row) && row::instant(row, "scheduled_at") == q_.at) return &row;
    return nullptr;
  }
  const Json* range_row() const {
    for (const Json& row : part("fate"))
      if (is_range(row)) return &row;
    return nullptr;
  }

  void of_row(const Json& row) {
    const std::string state = row::text(row, "state");
    if (state == "done" || state == "claimed") return of_run(row, state);
    if (state == "planned") return of_plan(row);
    if (state == "coalesced") return of_coalesced(row);
    if (state == "superseded")
      return say(subject() + ": superseded, a newer occurrence took its place while both waited", Ink::warn);
    say(subject() + ": " + state + ", " + reason_in_words(row::text(row, "reason")), ink_of(state));
    decided();
    if (const auto judged = row::instant(row, "judged_at"))
      say("decided at " + moment(*judged) + " by the database's clock");
    if (state == "withdrawn") say("if the schedule names it again before its time, it is planned again");
  }

  void of_run(const Json& row, const std::string& state) {
    const auto run = row::number(row, "run");
    if (!run && state == "done" && row::text(row, "reason").empty())
      return say(subject() + ": done, it ran " + std::to_string(row::number(row, "attempts").value_or(1)) +
                 (row::number(row, "attempts").value_or(1) == 1 ? " time" : " times") +
                 "; the records of that were deleted (retention)");
    if (!run)
      return say(subject() + ": " + state + ", without a run: " + reason_in_words(row::text(row, "reason")), Ink::warn);
    const std::string run_state = row::text(row, "run_state"), verdict = row::text(row, "verdict");
    const std::string kind = row::text(row, "kind") == "scheduled" ? "" : " (" + row::text(row, "kind") + ")";
    say(subject() + ": ran as run " + std::to_string(*run) + kind + ", " + run_state +
            (verdict.empty() ? "" : ", clocks " + verdict),
        ink_of(run_state));
    if (const auto dispatched = row::instant(row, "dispatched_at")) {
      const microseconds late = *dispatched - row::instant(row, "due_at").value_or(q_.at);
      say("dispatched at " + moment(*dispatched) + ", " + precise(late) +
          (late < microseconds{0} ? " early" : " late"));
    }
    if (const auto attempts = row::number(row, "attempts"); attempts && *attempts > 1)
      say("it is the last of " + std::to_string(*attempts) + " attempts");
    out_ += "next: nowctl show " + std::to_string(*run) + "\n";
  }

  void of_plan(const Json& row) {
    const Instant due = row::instant(row, "due_at").value_or(q_.at);
    if (due > q_.now)
      say(subject() + ": planned, due in " + human(due - q_.now));
    else
      say(subject() + ": planned, due for " + human(q_.now - due) + " and taken by no daemon: is nowd running?",
          Ink::warn);
    if (const auto attempts = row::number(row, "attempts"); attempts && *attempts > 0)
      say("it was tried " + std::to_string(*attempts) + (*attempts == 1 ? " time" : " times") +
          " before; its run was orphaned: its daemon died, or it was deferred");
    paused();
  }

  void of_coalesced(const Json& row) {
    say_coalesced(row);
    next_of_server();
  }

  void say_coalesced(const Json& row) {
    const Instant into = row::instant(row, "coalesced_into").value_or(q_.at);
    const auto run = row::number(part("served_by"), "run");
    say(subject() + ": coalesced, the later occurrence at " + moment(into) + " served it too" +
            (run ? ", as run " + std::to_string(*run) + " (" + row::text(part("served_by"), "run_state") + ")" : ""),
        Ink::warn);
  }

  void next_of_server() {
    const auto run = row::number(part("served_by"), "run");
    if (run) out_ += "next: nowctl show " + std::to_string(*run) + "\n";
  }

  void of_range(const Json& range) {
    const std::string state = row::text(range, "state");
    const std::string doubt = is_occurrence() ? "" : " if it is an occurrence,";
    if (state == "coalesced")
      say_coalesced(range);
    else
      say(subject() + ":" + doubt + " " + state + ", " + reason_in_words(row::text(range, "reason")), ink_of(state));
    const Instant first = row::instant(range, "scheduled_at").value_or(q_.at),
                  last = row::instant(range, "until_at").value_or(q_.at);
    say("it is one of " + std::to_string(row::number(range, "count").value_or(0)) + " from " + moment(first) + " to " +
        moment(last));
    if (state == "coalesced") next_of_server();
  }

  void without_row() {
    if (dropped_by_gap()) return;
    if (!q_.schedule)
      return say(subject() + ": no row in the ledger, and this nowctl cannot read the job's schedule", Ink::warn);
    if (std::holds_alternative<Manual>(q_.schedule->kind))
      return say(subject() +
                 ": the job has no schedule, it runs when it is asked for, or after the job that its `after` names");
    if (is_occurrence() == false) return not_an_occurrence();
    of_bare_occurrence();
  }

  bool dropped_by_gap() {
    if (!q_.schedule) return false;
    for (const DroppedSlot& dropped : dropped_slots(*q_.schedule, q_.at - days{1}, q_.at + days{1})) {
      if (q_.missing ? dropped.slot != *q_.missing : dropped.transition != q_.at) continue;
      say(job_ + ": no occurrence. Its slot " + iso(dropped.slot) + " does not exist in " + zone_.name() +
              ", the clocks jump over it at " + moment(dropped.transition) + ", and the job says gap: skip",
          Ink::warn);
      return true;
    }
    return false;
  }

  void not_an_occurrence() {
    say(subject() + ": not an occurrence of " + q_.schedule->text, Ink::warn);
    const auto before = previous_occurrence(*q_.schedule, q_.at);
    const auto after = next_occurrence(*q_.schedule, q_.at);
    if (before) say("the one before: " + moment(before->at) + "   " + rfc3339(before->at));
    if (after) say("the one after:  " + moment(after->at) + "   " + rfc3339(after->at));
    if (!after) say("the schedule has none after it");
    const Json& revision = part("revision");
    if (!revision.is_object() || !revision.contains("spec")) return;
    const std::string leader = row::text(revision.at("spec"), "after");
    if (!leader.empty()) say("besides, it runs after each success of " + leader + ", for the moment of that run");
  }

  /// The schedule names it, and the ledger has no row.
  void of_bare_occurrence() {
    const std::string state = row::text(part("job"), "state");
    const auto from = row::instant(part("cursor"), "planned_from");
    const auto through = row::instant(part("cursor"), "materialised_through");
    if (from && q_.at <= *from)
      return say(subject() + ": an occurrence of " + q_.schedule->text + ", but this schedule is in force only since " +
                 moment(*from));
    if (state != "active")
      return say(subject() + ": an occurrence of its schedule, but the job is " + state, Ink::warn);
    if (through && q_.at <= *through)
      return say(subject() +
                     ": an occurrence that should have a row in the ledger and has none. That is a fault of nowd: "
                     "please report it",
                 Ink::bad);
    if (q_.at <= q_.now)
      say(subject() + ": an occurrence that no daemon has planned yet: is nowd running?", Ink::warn);
    else
      say(subject() + ": to come in " + human(q_.at - q_.now) + ", not planned yet");
    paused();
  }

  void decided() {
    const Json& who = part("decided");
    if (!who.is_object()) return;
    const std::string why = printable(row::text(who, "why"));
    say("it was " + printable(row::text(who, "by")) + (why.empty() ? "" : ", because: " + why));
  }

  void paused() {
    if (!row::instant(part("job"), "paused_at")) return;
    say("but the job is paused by " + printable(row::text(part("job"), "paused_by")) + ": " +
            printable(row::text(part("job"), "paused_reason")),
        Ink::warn);
  }

  void manual_runs() {
    for (const Json& run : part("manual_runs"))
      say((row::text(run, "kind") == "after" ? "after another job's run for this moment: run "
                                             : "asked for by hand for this moment: run ") +
          std::to_string(row::number(run, "run").value_or(0)) + ", " + row::text(run, "state"));
  }

  const FateQuestion& q_;
  const Style& style_;
  std::string job_;
  Zone zone_ = Zone::utc();
  std::string out_;
};

}  // namespace

std::string reason_in_words(std::string_view reason) {
  if (const WordMeaning* known = meaning_of(WordOf::occurrence_reason, reason)) return std::string(known->means);
  return reason.empty() ? "no reason is recorded" : std::string(reason);
}

std::string fate_text(const FateQuestion& question, const Style& style) { return Answer(question, style).text(); }

}  // namespace nowd
