// Commands as sinks.
#include "delivery/exec.hpp"

#include <fstream>

#include "delivery/sender_fixture.hpp"
#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::test;
using What = SendOutcome::What;

namespace {

Sink shell(const std::string& script) { return sink_of(ExecSink{{"sh", "-c", script}}); }

}  // namespace

TEST_CASE("a command gets the text on stdin, and who and when in its environment") {
  const TemporaryFolder folder;
  const std::string out = folder / "out";
  Sending sending;
  const auto outcome =
      sending.send(sink_of(ExecSink{{"sh", "-c",
                                     "cat > \"$1\"; echo \"$2|$NOWD_PURPOSE|$NOWD_SUBJECT|$NOWD_STATE|$NOWD_VERDICT|"
                                     "$NOWD_IDEMPOTENCY_KEY|$NOWD_AS_OF|$HOME\" >> \"$1\"",
                                     "sh", out, "{{job}} {{today}}"}}));
  CHECK(outcome.what == What::delivered);
  CHECK(outcome.started.has_value());
  std::ifstream in(out);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  CHECK(text ==
        "All is well.\ndaily-standup 2026-06-01|output|daily-standup: 2026-06-01|succeeded|on_time|c0ffee00c0ffee00|"
        "2026-06-01T09:00:00+02:00|/\n");
}

TEST_CASE("an exit other than 0 means again, with the last complaint") {
  Sending sending;
  const auto outcome = sending.send(shell("echo first >&2; echo 'no route' >&2; exit 3"));
  CHECK(outcome.what == What::again);
  CHECK(outcome.detail == "exit code 3: no route");
}

TEST_CASE("a command that was killed, or had no time left, may have done its work") {
  Sending sending;
  CHECK(sending.send(shell("kill -9 $$")).what == What::unknown);
  Sink endless = shell("exec sleep 1000");
  endless.timeout = milliseconds{100};
  const auto outcome = sending.send(endless);
  CHECK(outcome.what == What::unknown);
  CHECK(holds(outcome.detail, "no end before its time was up"));
}

TEST_CASE("a command that is not there can be installed: again") {
  Sending sending;
  const auto outcome = sending.send(sink_of(ExecSink{{"/nowhere/notify"}}));
  CHECK(outcome.what == What::again);
  CHECK(holds(outcome.detail, "/nowhere/notify"));
  CHECK_FALSE(outcome.started.has_value());
}

TEST_CASE("a subject can become neither an option nor a second argument") {
  Delivery delivery = output_parcel();
  delivery.subject = "--delete everything; $(reboot)";
  const auto option = plan_command({{"notify", "{{subject}}"}}, seconds{1}, delivery, noon());
  REQUIRE(option.has_error());
  CHECK(option.error().kind == ErrorKind::refused);
  const auto behind = plan_command({{"notify", "--title={{subject}}"}}, seconds{1}, delivery, noon());
  REQUIRE(behind.has_value());
  CHECK(behind->argv == std::vector<std::string>{"notify", "--title=--delete everything; $(reboot)"});
  Sending sending;
  sending.delivery = delivery;
  CHECK(sending.send(sink_of(ExecSink{{"true", "{{subject}}"}})).what == What::failed);
}

TEST_CASE("a message without a run has no run's variables") {
  Delivery delivery = output_parcel();
  delivery.run.reset();
  const auto command = plan_command({{"notify", "[{{job}}]"}}, seconds{1}, delivery, noon());
  REQUIRE(command.has_value());
  CHECK(command->argv[1] == "[]");
  for (const auto& [name, value] : command->environment) CHECK(name != "NOWD_RUN");
}

TEST_CASE("a probe looks for the command and runs nothing") {
  const TemporaryFolder folder;
  Sending sending;
  const auto found = sending.probe(shell("touch " + (folder / "ran")));
  REQUIRE(found.has_value());
  CHECK(holds(found.value(), "/sh is executable"));
  CHECK_FALSE(std::filesystem::exists(folder / "ran"));
  CHECK(sending.probe(sink_of(ExecSink{{"nowd-no-such-command"}})).has_error());
  CHECK(sending.probe(sink_of(ExecSink{{"/etc/passwd"}})).has_error());
}

TEST_CASE("a complaint is cleaned of what nowd keeps secret before it is cut") {
  CommandResult ended;
  ended.code = 3;
  Redactor redact;
  redact.add(Secret("s3cret-value"));
  ended.errors = "the token s3cret-value is not valid\n";
  CHECK(judge(ended, redact).detail == "exit code 3: the token [redacted] is not valid");
  ended.errors = std::string(295, 'x') + "s3cret-value";
  CHECK_FALSE(holds(judge(ended, redact).detail, "s3"));
}
