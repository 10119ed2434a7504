#include "domain/delivery/alert.hpp"

#include "support/catch.hpp"

using namespace nowd;

namespace {

Instant at(std::string_view text) { return *parse_rfc3339(text); }

AlertNews failed_run() {
  AlertNews news;
  news.kind = AlertKind::run;
  news.name = "standup";
  news.reason = "limit";
  news.detail = "limits.wall: 10m have passed since dispatch";
  news.jobs = {"standup"};
  news.count = 1;
  news.first_at = news.last_at = at("2026-06-01T07:10:04Z");
  news.run = RunId{12};
  news.zone = "Europe/Berlin";
  news.scheduled_at = at("2026-06-01T07:00:00Z");
  news.dispatched_at = at("2026-06-01T07:00:04Z");
  news.state = "failed";
  news.verdict = "late";
  news.findings = {"late: dispatched 4 s after it was due (grace 2 s)"};
  return news;
}

}  // namespace

TEST_CASE("a hold says what a person has to do, and a broken file does not speak of holds") {
  AlertNews news;
  news.kind = AlertKind::held;
  news.name = "clock";
  news.reason = "step";
  news.detail = "the clock of this host was set forward by 2d 0h";
  news.count = 1;
  CHECK(alert_message(news).subject == "nowd is held: clock: step");
  CHECK(alert_message(news).text.find("To go on as it is:\n  nowctl clock accept") != std::string::npos);
  news.recovered = true;
  CHECK(alert_message(news).subject == "nowd goes on: clock");
  CHECK(alert_message(news).text.find("accept") == std::string::npos);
}

TEST_CASE("what was missed is one cause for a job, whatever the reason, and says how to make up for it") {
  const Zone berlin = Zone::find("Europe/Berlin").value();
  MissedOccurrences missed{"brief", at("2026-06-01T07:00:00Z"), at("2026-06-01T07:00:00Z"),
                           1,       OccurrenceReason::down,     {}};
  CHECK(missed_text(missed, berlin) ==
        "missed the occurrence of 2026-06-01 09:00:00 Europe/Berlin: nowd was not running");
  const auto trouble = trouble_of(missed, berlin, at("2026-06-01T08:05:00Z"));
  REQUIRE(trouble.has_value());
  CHECK(trouble->kind == AlertKind::missed);
  CHECK(trouble->job == "brief");
  missed.reason = OccurrenceReason::window;
  CHECK(trouble_of(missed, berlin, {})->cause() == trouble->cause());
  missed.last = at("2026-06-03T07:00:00Z");
  missed.count = 3;
  CHECK(missed_text(missed, berlin) ==
        "missed 3 occurrences, from 2026-06-01 09:00:00 Europe/Berlin to 2026-06-03 09:00:00 Europe/Berlin: it would "
        "have started later than missed.window allows");
  missed.served_by = at("2026-06-04T07:00:00Z");
  CHECK_FALSE(trouble_of(missed, berlin, {}).has_value());  // another one runs for them
  CHECK(missed_text(missed, berlin).ends_with("; that of 2026-06-04 09:00:00 Europe/Berlin runs for all of them"));

  AlertNews news;
  news.kind = AlertKind::missed;
  news.name = "brief";
  news.reason = "down";
  news.detail = trouble->detail;
  news.jobs = {"brief"};
  news.count = 1;
  CHECK(alert_message(news).subject == "brief did not run: down");
  CHECK(alert_message(news).text.find("nowctl backfill brief") != std::string::npos);
  news.recovered = true;
  CHECK(alert_message(news).subject == "brief runs again");
  CHECK(gathering_time(AlertKind::missed) > seconds{0});
}

TEST_CASE("one outage of a provider is one cause for all its jobs, a job's reasons are causes of their own") {
  Trouble one{AlertKind::provider, "primary", "provider_error", "", "a", {}, {}};
  Trouble other{AlertKind::provider, "primary", "stream_cut", "", "b", {}, {}};
  CHECK(one.cause() == other.cause());
  CHECK(Trouble{AlertKind::run, "a", "limit", "", "a", {}, {}}.cause() !=
        Trouble{AlertKind::run, "a", "output", "", "a", {}, {}}.cause());
  CHECK(Trouble{AlertKind::run, "a", "limit", "", "a", {}, {}}.cause() !=
        Trouble{AlertKind::run, "b", "limit", "", "b", {}, {}}.cause());
}

TEST_CASE("what many jobs hit at once is gathered, what one job hits is said at once") {
  CHECK(gathering_time(AlertKind::provider) > seconds{0});
  CHECK(gathering_time(AlertKind::run) == seconds{0});
}

TEST_CASE("a message says what failed, for which moment, which clocks disagreed, and where to look") {
  const AlertMessage message = alert_message(failed_run());
  CHECK(message.subject == "standup failed: limit");
  CHECK(message.text ==
        "standup failed: limits.wall: 10m have passed since dispatch\n"
        "\n"
        "Run 12 was for 2026-06-01 09:00:00 Europe/Berlin, dispatched 4 s later, failed.\n"
        "Its clocks:\n"
        "  late: dispatched 4 s after it was due (grace 2 s)\n"
        "Look further:\n"
        "  nowctl show 12\n"
        "  nowctl clocks 12\n");
}

TEST_CASE("a run whose clocks agreed is said to be one") {
  AlertNews news = failed_run();
  news.verdict = "aligned";
  news.findings.clear();
  CHECK(alert_message(news).text.find("Its clocks agreed.\n") != std::string::npos);
}

TEST_CASE("thirty jobs on a dead provider are named in one message") {
  AlertNews news = failed_run();
  news.kind = AlertKind::provider;
  news.name = "primary";
  news.reason = "provider_error";
  news.count = 30;
  news.jobs.clear();
  for (int k = 1; k <= 30; ++k) news.jobs.push_back("job-" + std::to_string(k));
  const AlertMessage message = alert_message(news);
  CHECK(message.subject == "provider primary fails (30 jobs): provider_error");
  CHECK(message.text.find("job-20 and 10 more\n") != std::string::npos);
  CHECK(message.text.find("Seen 30 times") != std::string::npos);
}

TEST_CASE("what goes on is told as that, and what is over as that") {
  AlertNews news = failed_run();
  news.count = 60;
  news.reported_count = 1;
  CHECK(alert_message(news).text.find("It goes on: 60 times since 2026-06-01 09:10:04 Europe/Berlin.") !=
        std::string::npos);
  news.recovered = true;
  const AlertMessage message = alert_message(news);
  CHECK(message.subject == "standup works again");
  CHECK(message.text.find("standup works again, after 60 times since") == 0);
}

TEST_CASE("each sink hears of an alert once, and the default ones where no job names any") {
  const AlertNews news = failed_run();
  CHECK(sinks_for(news, {{{"ops", "slack"}, {"ops"}}, {"all"}}) == std::vector<std::string>{"ops", "slack"});
  CHECK(sinks_for(news, {{{}, {}}, {"all"}}) == std::vector<std::string>{"all"});
  CHECK(sinks_for(news, {{}, {}}).empty());
}

TEST_CASE("of a broken sink is told through the others, and through itself only where there is no other") {
  AlertNews news = failed_run();
  news.kind = AlertKind::delivery;
  news.name = "slack";
  CHECK(sinks_for(news, {{{"slack", "ops"}}, {}}) == std::vector<std::string>{"ops"});
  CHECK(sinks_for(news, {{{"slack"}}, {"all"}}) == std::vector<std::string>{"all"});
  CHECK(sinks_for(news, {{{"slack"}}, {}}) == std::vector<std::string>{"slack"});
}
