#include "domain/planning/judge.hpp"

#include <algorithm>

namespace nowd {
namespace {

using What = Judgement::What;
using Missing = MissedRules::Policy;
using Overlapping = OverlapRules::Policy;

Judgement closed(OccurrenceState state, OccurrenceReason reason, std::optional<Instant> into = {}) {
  Judgement judgement;
  judgement.what = What::close;
  judgement.state = state;
  judgement.reason = reason;
  judgement.coalesced_into = into;
  return judgement;
}

Judgement started(Instant window_start, bool catch_up = false) {
  Judgement judgement;
  judgement.what = What::run;
  judgement.window_start = window_start;
  judgement.catch_up = catch_up;
  return judgement;
}

Judgement waiting(bool cancel_running) {
  Judgement judgement;
  judgement.what = What::buffer;
  judgement.cancel_running = cancel_running;
  return judgement;
}

bool is_requested(RunKind kind) { return kind == RunKind::manual || kind == RunKind::after; }

/// The window reaches back to the end of the last success, so that three days of outage leave no hole.
Instant window_start_of(const Candidate& candidate) {
  const Instant planned = candidate.planned_window_start.value_or(candidate.scheduled_at);
  return candidate.succeeded_through ? std::min(planned, *candidate.succeeded_through) : planned;
}

/// The due candidates of one job under judgement.
class JobJudge {
 public:
  JobJudge(const std::vector<Candidate>& due, const Job& job)
      : due_(due), job_(job), judgements_(due.size()), busy_(!due.empty() && due.front().busy) {}

  std::vector<Judgement> all() {
    for (std::size_t k = 0; k < due_.size(); ++k)
      if (due_[k].paused && !due_[k].even_if_paused)
        pause(k);
      else if (is_missed(due_[k]))
        missed_.push_back(k);
      else if (is_live(due_[k]))
        live_.push_back(k);
      else if (is_follower(due_[k]))
        followers_.push_back(k);
      else
        later_.push_back(k);
    set_leftovers_aside();
    judge_live();
    judge_missed();
    judge_followers();
    judge_later();
    return std::move(judgements_);
  }

 private:
  /// Manual runs and backfills wait for the end of the pause.
  void pause(std::size_t k) {
    if (due_[k].kind != RunKind::manual && due_[k].kind != RunKind::backfill)
      judgements_[k] = closed(OccurrenceState::skipped, OccurrenceReason::paused);
  }
  milliseconds lateness(const Candidate& candidate) const {
    return std::chrono::duration_cast<milliseconds>(candidate.now - candidate.due_at);
  }
  bool is_missed(const Candidate& candidate) const {
    return candidate.kind == RunKind::scheduled && candidate.attempts == 0 && !candidate.buffered &&
           (candidate.now - candidate.due_at > job_.missed.grace || is_unseen(candidate));
  }
  /// It would be skipped for a live run, and that run may be live only because its end could not be written.
  bool is_unseen(const Candidate& candidate) const {
    return candidate.unseen && candidate.busy && overlapping() == Overlapping::skip;
  }
  static bool is_live(const Candidate& candidate) { return candidate.kind == RunKind::scheduled; }
  static bool is_follower(const Candidate& candidate) {
    return candidate.kind == RunKind::after && candidate.attempts == 0 && !candidate.asked;
  }
  std::optional<OccurrenceReason> too_late_for(const Candidate& candidate) const {
    // A second attempt, after a crash or a deferral, may start a little later.
    const milliseconds again = candidate.attempts > 0 ? restart_window : milliseconds{0};
    return too_late(job_.missed, job_.schedule.zone, slot_day(job_.schedule, candidate.scheduled_at), candidate.due_at,
                    candidate.now - again);
  }
  static OccurrenceReason why_missed(const Candidate& candidate) {
    if (candidate.unwatched) return *candidate.unwatched;
    return candidate.seen_on_time ? OccurrenceReason::limit : OccurrenceReason::down;
  }
  bool may_overlap() const { return job_.overlap.policy == Overlapping::allow; }
  /// The live run is a catch-up, a backfill or another job's: the newest candidate waits for it.
  bool is_waited_for() const { return !due_.empty() && (due_.front().catching_up || due_.front().other_job); }
  bool ends_the_running_one() const {
    return job_.overlap.policy == Overlapping::cancel_running && due_.front().busy && !due_.front().other_job;
  }

  void run(std::size_t k, bool catch_up = false) {
    judgements_[k] = started(window_start_of(due_[k]), catch_up);
    if (!may_overlap()) busy_ = true;
  }

  /// Several on time at once are left from a short absence or a lack of capacity: only the newest runs.
  void set_leftovers_aside() {
    const Overlapping policy = job_.overlap.policy;
    if (busy_ || live_.size() < 2 || policy == Overlapping::allow || policy == Overlapping::buffer_all) return;
    const auto waited = [&](std::size_t k) { return due_[k].buffered || due_[k].attempts > 0; };
    if (std::any_of(live_.begin(), live_.end(), waited))
      return;  // the waiting one goes first, and the others overlap it
    missed_.insert(missed_.end(), live_.begin(), live_.end() - 1);
    live_ = {live_.back()};
  }

  /// On time, waiting, or a second attempt after a crash.
  void judge_live() {
    std::vector<std::size_t> waiting_now;
    for (const std::size_t k : live_) {
      const Candidate& candidate = due_[k];
      const bool again = candidate.attempts > 0;
      if (again && lateness(candidate) > std::max(job_.missed.grace, restart_window))
        judgements_[k] = closed(OccurrenceState::missed, OccurrenceReason::window);
      else if (candidate.buffered && too_late_for(candidate))
        judgements_[k] = closed(OccurrenceState::missed, *too_late_for(candidate));
      else if (!busy_)
        run(k);
      else if (!again && !(candidate.buffered && overlapping() == Overlapping::skip))
        waiting_now.push_back(k);  // a buffered one is waiting already
    }
    overlap(waiting_now);
  }

  Overlapping overlapping() const {
    const bool skips = job_.overlap.policy == Overlapping::skip;
    return skips && is_waited_for() ? Overlapping::buffer_one : job_.overlap.policy;
  }

  void overlap(const std::vector<std::size_t>& waiting_now) {
    const Overlapping policy = overlapping();
    const bool newest_only = policy == Overlapping::buffer_one || policy == Overlapping::cancel_running;
    for (std::size_t place = 0; place < waiting_now.size(); ++place) {
      Judgement& judgement = judgements_[waiting_now[place]];
      const bool newest = place + 1 == waiting_now.size();
      if (policy == Overlapping::skip)
        judgement = closed(OccurrenceState::skipped, OccurrenceReason::overlap);
      else if (newest_only)
        judgement =
            newest ? waiting(ends_the_running_one()) : closed(OccurrenceState::superseded, OccurrenceReason::none);
      else if (policy == Overlapping::buffer_all)
        judgement = place < static_cast<std::size_t>(job_.overlap.max)
                        ? waiting(false)
                        : closed(OccurrenceState::skipped, OccurrenceReason::overlap);
    }
  }

  void judge_missed() {
    if (missed_.empty()) return;
    for (const std::size_t k : missed_) judgements_[k] = closed(OccurrenceState::missed, why_missed(due_[k]));
    if (const auto heir = heir_of(missed_.back())) {
      for (const std::size_t k : missed_) coalesce(k, *heir);
      return;
    }
    if (job_.missed.policy == Missing::skip) {
      const Candidate& newest = due_[missed_.back()];
      if (is_unseen(newest) && lateness(newest) <= job_.missed.grace) judgements_[missed_.back()] = waiting(false);
      return;
    }
    const std::size_t kept = job_.missed.policy == Missing::latest
                                 ? 1
                                 : std::min(missed_.size(), static_cast<std::size_t>(std::max(job_.missed.max, 1)));
    const std::size_t dropped = missed_.size() - kept;
    for (std::size_t place = 0; place < dropped && job_.missed.policy == Missing::all; ++place)
      judgements_[missed_[place]].reason = OccurrenceReason::limit;
    for (std::size_t place = dropped; place < missed_.size(); ++place) make_up(missed_[place]);
    // The newest one, if it can still start, serves all of them.
    if (job_.missed.policy == Missing::latest && judgements_[missed_.back()].what != What::close)
      for (std::size_t place = 0; place + 1 < missed_.size(); ++place) coalesce(missed_[place], missed_.back());
  }

  /// The candidate on time that starts now and serves this missed one, too.
  std::optional<std::size_t> heir_of(std::size_t missed) const {
    if (job_.missed.policy != Missing::latest) return std::nullopt;
    for (const std::size_t k : live_)
      if (judgements_[k].what == What::run && due_[k].scheduled_at > due_[missed].scheduled_at) return k;
    return std::nullopt;
  }

  /// Starts it late, after live work, if missed.window and missed.not_after allow that.
  void make_up(std::size_t k) {
    if (const auto late = too_late_for(due_[k])) {
      judgements_[k] = closed(OccurrenceState::missed, *late);
      return;
    }
    judgements_[k] = {};
    judgements_[k].catch_up = true;
    judgements_[k].window_start = window_start_of(due_[k]);
    if (!busy_) run(k, true);
  }

  void coalesce(std::size_t k, std::size_t heir) {
    judgements_[heir].window_start = std::min(judgements_[heir].window_start, window_start_of(due_[k]));
    judgements_[k] = closed(OccurrenceState::coalesced, OccurrenceReason::none, due_[heir].scheduled_at);
  }

  /// Runs after another job's, oldest first. The newest is never lost.
  void judge_followers() {
    const Overlapping policy = job_.overlap.policy;
    const bool each = policy == Overlapping::allow || policy == Overlapping::buffer_all;
    std::size_t waiting = 0;
    for (std::size_t place = 0; place < followers_.size(); ++place) {
      const std::size_t k = followers_[place];
      const bool newest = place + 1 == followers_.size();
      if (!each && !newest)
        judgements_[k] = closed(OccurrenceState::skipped, OccurrenceReason::overlap);
      else if (!busy_)
        request(k);
      else if (policy == Overlapping::buffer_all && ++waiting > static_cast<std::size_t>(job_.overlap.max))
        judgements_[k] = closed(OccurrenceState::skipped, OccurrenceReason::overlap);
      else
        judgements_[k].cancel_running = ends_the_running_one();
    }
  }

  /// Waiting catch-ups, backfills and requests.
  void judge_later() {
    for (const std::size_t k : later_) {
      const Candidate& candidate = due_[k];
      const bool is_catch_up = candidate.kind == RunKind::catch_up;
      const auto heir = is_catch_up && candidate.attempts == 0 ? heir_of(k) : std::nullopt;
      if (const auto late = is_catch_up ? too_late_for(candidate) : std::nullopt)
        judgements_[k] = closed(OccurrenceState::missed, *late);
      else if (heir)
        coalesce(k, *heir);
      else if (!busy_ && is_requested(candidate.kind))
        request(k);
      else if (!busy_)
        run(k, true);
    }
  }

  void request(std::size_t k) {
    const Candidate& candidate = due_[k];
    judgements_[k] = started(candidate.planned_window_start  // of the run it follows
                                 ? *candidate.planned_window_start
                                 : manual_window_start(candidate, job_.schedule.zone));
    if (!may_overlap()) busy_ = true;
  }

  const std::vector<Candidate>& due_;
  const Job& job_;
  std::vector<Judgement> judgements_;
  std::vector<std::size_t> live_, missed_, followers_, later_;
  bool busy_;
};

}  // namespace

std::vector<Judgement> judge(const std::vector<Candidate>& due, const Job& job) { return JobJudge(due, job).all(); }

std::optional<OccurrenceReason> too_late(const MissedRules& rules, const Zone& zone, LocalDay day, Instant due_at,
                                         Instant now) {
  if (now - due_at <= rules.grace) return std::nullopt;
  if (now - due_at > rules.reach()) return OccurrenceReason::window;
  if (!rules.not_after) return std::nullopt;
  const LocalTime cutoff = LocalTime{day} + *rules.not_after;
  return now > zone.resolve(cutoff).first ? std::optional(OccurrenceReason::cutoff) : std::nullopt;
}

Instant manual_window_start(const Candidate& candidate, const Zone& zone) {
  if (candidate.succeeded_through && *candidate.succeeded_through < candidate.scheduled_at)
    return *candidate.succeeded_through;
  const LocalTime midnight{day_of(zone.local(candidate.scheduled_at))};
  const Resolution resolved = zone.resolve(midnight);
  return std::min(resolved.first, candidate.scheduled_at);
}

}  // namespace nowd
