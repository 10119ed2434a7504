#include "domain/planning/unwatched.hpp"

#include "domain/planning/judge.hpp"
#include "domain/planning/plan_ahead.hpp"
#include "support/catch.hpp"

using namespace nowd;

namespace {

Instant at(std::string_view text) { return *parse_rfc3339(text); }

/// Two claims: between them each clock went on by so much.
std::optional<OccurrenceReason> between(nanoseconds database, nanoseconds boot, nanoseconds monotonic) {
  const ClaimLook before{at("2026-06-01T07:00:00Z"), Tick{seconds{100}}, seconds{100}};
  return why_unwatched(before, {before.database + std::chrono::floor<microseconds>(database), before.boot + boot,
                                before.monotonic + monotonic});
}

}  // namespace

TEST_CASE("database and boot clock went on and the monotonic one did not: the host slept") {
  CHECK(between(hours{8}, hours{8}, seconds{1}) == OccurrenceReason::suspended);
}

TEST_CASE("the database's clock moved more than time passed: it was set forward, on whichever host it is") {
  CHECK(between(hours{1}, seconds{1}, seconds{1}) == OccurrenceReason::clock_jump);
}

TEST_CASE("polls: what became late before the first one, or in a stretch without one, was not seen on time") {
  const Instant seven = at("2026-06-01T07:00:00Z");
  PollHistory polls;
  CHECK_FALSE(polls.polled_on_time(seven, seconds{90}));
  polls.record_poll(seven);
  CHECK_FALSE(polls.polled_on_time(seven - minutes{10}, seconds{90}));  // the daemon has just come back
  polls.record_poll(seven + seconds{1});
  CHECK_FALSE(polls.polled_on_time(seven - minutes{10}, seconds{90}));  // and has not judged all of it
  CHECK(polls.polled_on_time(seven - seconds{60}, seconds{90}));        // still on time when it came
  CHECK(polls.polled_on_time(seven + milliseconds{500}, seconds{0}));
  CHECK_FALSE(polls.polled_on_time(seven + seconds{2}, seconds{90}));  // nobody looked since
}

TEST_CASE("polls: an outage between two of them hides what became late in it, and nothing before it") {
  const Instant seven = at("2026-06-01T07:00:00Z");
  PollHistory polls;
  polls.record_poll(seven);
  polls.record_poll(seven + minutes{10});
  polls.record_poll(seven + minutes{10} + seconds{1});
  CHECK_FALSE(polls.polled_on_time(seven + minutes{5}, seconds{90}));
  CHECK(polls.polled_on_time(seven + minutes{9}, seconds{90}));
  CHECK(polls.polled_on_time(seven - seconds{1}, seconds{90}));
}

TEST_CASE("an outage, ours or the database's, is explained by no clock") {
  CHECK(between(hours{3}, hours{3}, hours{3}) == std::nullopt);
  CHECK(between(seconds{1}, seconds{1}, seconds{1}) == std::nullopt);
  // Slept a little in a long outage; drifted a little in a long outage.
  CHECK(between(hours{3}, hours{3}, hours{3} - minutes{5}) == std::nullopt);
  CHECK(between(hours{3} + seconds{5}, hours{3}, hours{3}) == std::nullopt);
}

TEST_CASE("a clock that was set back leaves no stretch that nobody looked at") {
  CHECK(between(-hours{1}, seconds{1}, seconds{1}) == std::nullopt);
  Stretches none;
  add_stretch(none, {at("2026-06-01T07:00:00Z"), at("2026-06-01T06:00:00Z"), OccurrenceReason::clock_jump});
  CHECK(none.empty());
}

TEST_CASE("where the host slept and its clock was set, the longer of the two is the reason") {
  CHECK(between(hours{9}, hours{8}, seconds{1}) == OccurrenceReason::suspended);
  CHECK(between(hours{20}, hours{8}, seconds{1}) == OccurrenceReason::clock_jump);
}

TEST_CASE("a stretch holds its end and not its beginning; what goes on with the same reason is one") {
  Stretches all;
  add_stretch(all, {at("2026-06-01T07:00:00Z"), at("2026-06-01T08:00:00Z"), OccurrenceReason::clock_jump});
  add_stretch(all, {at("2026-06-01T08:00:00Z"), at("2026-06-01T09:00:00Z"), OccurrenceReason::clock_jump});
  add_stretch(all, {at("2026-06-01T10:00:00Z"), at("2026-06-01T11:00:00Z"), OccurrenceReason::suspended});
  CHECK(all.size() == 2);
  CHECK(reason_at(all, at("2026-06-01T07:00:00Z")) == std::nullopt);
  CHECK(reason_at(all, at("2026-06-01T09:00:00Z")) == OccurrenceReason::clock_jump);
  CHECK(reason_at(all, at("2026-06-01T09:30:00Z")) == std::nullopt);
  CHECK(reason_at(all, at("2026-06-01T10:30:00Z")) == OccurrenceReason::suspended);
}

TEST_CASE("polls: what fell due between two looks that lie apart found nobody looking, at the later ones, too") {
  const Instant seven = at("2026-06-01T07:00:00Z");
  PollHistory polls;
  CHECK_FALSE(polls.fell_due_unpolled(seven, seven + minutes{1}));  // the first look: others may have looked
  polls.record_poll(seven);
  CHECK_FALSE(polls.fell_due_unpolled(seven + seconds{1}, seven + seconds{1}));
  CHECK(polls.fell_due_unpolled(seven + seconds{1}, seven + seconds{20}));  // this very look
  polls.record_poll(seven + seconds{20});
  polls.record_poll(seven + seconds{21});
  CHECK(polls.fell_due_unpolled(seven + seconds{1}, seven + seconds{22}));
  CHECK_FALSE(polls.fell_due_unpolled(seven, seven + seconds{22}));
  CHECK_FALSE(polls.fell_due_unpolled(seven + seconds{20}, seven + seconds{22}));
  CHECK_FALSE(polls.fell_due_unpolled(seven + seconds{21}, seven + seconds{22}));
}

TEST_CASE("what was missed says that the clock jumped, or that the host slept, where that is why nobody looked") {
  Job job;
  job.name = "j";
  job.missed.policy = MissedRules::Policy::skip;
  Candidate candidate;
  candidate.job = "j";
  candidate.scheduled_at = candidate.due_at = at("2026-06-01T07:00:00Z");
  candidate.now = at("2026-06-01T09:00:00Z");
  candidate.unwatched = OccurrenceReason::clock_jump;
  CHECK(judge({candidate}, job).at(0).reason == OccurrenceReason::clock_jump);
  candidate.unwatched = OccurrenceReason::suspended;
  CHECK(judge({candidate}, job).at(0).reason == OccurrenceReason::suspended);
  candidate.unwatched.reset();
  CHECK(judge({candidate}, job).at(0).reason == OccurrenceReason::down);
}

TEST_CASE("a long range says why in one word: the clocks', if they explain all of it") {
  Job job;
  job.name = "j";
  job.schedule.kind = Every{minutes{1}, {}};
  job.missed.policy = MissedRules::Policy::skip;
  const Instant cursor = at("2026-06-01T07:00:00Z"), now = at("2026-06-01T17:00:00Z");
  const auto reason = [&](const Stretches& unwatched) {
    return plan_ahead(job, cursor, now, now + minutes{1}, unwatched).missed.value().reason;
  };
  CHECK(reason({{cursor, now, OccurrenceReason::suspended}}) == OccurrenceReason::suspended);
  CHECK(reason({{cursor + hours{1}, now, OccurrenceReason::suspended}}) == OccurrenceReason::down);
  CHECK(reason({}) == OccurrenceReason::down);
}
