#include "ctl/check/host.hpp"

#include <nlohmann/json.hpp>

#include "support/catch.hpp"

using namespace nowd;
using namespace nowd::ctl;

namespace {

Instant at(const char* text) { return parse_rfc3339(text).value(); }
constexpr std::int64_t gib = std::int64_t{1} << 30;

}  // namespace

TEST_CASE("a finding is one line: how it stands, the thing, what was seen, what to do") {
  const Finding finding = found_bad("provider", "provider primary", "key refused (HTTP 401)", "renew the key");
  CHECK(finding_line(finding) == "bad  provider primary: key refused (HTTP 401); renew the key");
  CHECK(finding_line(found_ok("tzdata", "tzdata", "2026a")) == "ok   tzdata: 2026a");
  CHECK(finding_line(found_ok("tzdata", "tzdata", "20\n26a\x1b[2J")).find_first_of("\n\x1b") == std::string::npos);
  CHECK(dump_json(to_json(found_bad("provider", "p", "refused", "renew"))) ==
        R"({"check":"provider","remedy":"renew","status":"bad","thing":"p","value":"refused"})");
  CHECK(findings_summary({finding, finding, found_ok("a", "b", "c"), found_warn("a", "b", "c", "d")}) ==
        "2 bad, 1 warning, 1 ok");
}

TEST_CASE("an error's last clause is the remedy, and the thing is not said twice") {
  const Finding finding = of_error(Status::bad, "sink", "sink ops", invalid("sink ops: not there; look; install it"));
  CHECK(finding.value == "not there; look");
  CHECK(finding.remedy == "install it");
  CHECK(of_error(Status::bad, "sink", "sink ops", invalid("gone")).remedy.empty());
}

TEST_CASE("a clock that is not synchronised is worth a look") {
  CHECK(judge_sync({false, {}, "unsynchronised"}).status == Status::warn);
  const Finding good = judge_sync({true, microseconds{750}, "kernel-estimate"});
  CHECK(good.status == Status::ok);
  CHECK(good.value == "synchronised, to 750 µs by the kernel's estimate");
}

TEST_CASE("an offset that the measurement explains is none; a second is worth a look, a minute is bad") {
  CHECK(judge_offset(microseconds{300}, microseconds{400}).value == "agrees with this host's to 400 µs");
  CHECK(judge_offset(milliseconds{-900}, milliseconds{1}).status == Status::ok);
  const Finding behind = judge_offset(seconds{-2}, milliseconds{1});
  CHECK(behind.status == Status::warn);
  CHECK(behind.value == "2 s behind this host's, ± 1 ms");
  // Two seconds measured over a line that takes four say nothing.
  CHECK(judge_offset(seconds{2}, seconds{4}).status == Status::ok);
  CHECK(judge_offset(minutes{5}, milliseconds{1}).status == Status::bad);
}

TEST_CASE("less than 1 GiB or 5 % of a disk is little") {
  CHECK(judge_disk("/var/lib/nowd", 20 * gib, 100 * gib).status == Status::ok);
  CHECK(judge_disk("/var/lib/nowd", 4 * gib, 100 * gib).status == Status::warn);
  CHECK(judge_disk("/var/lib/nowd", gib - 1, 2 * gib).status == Status::warn);
}

TEST_CASE("zone data is old when its release or its files are, by whichever says more") {
  const Instant now = at("2026-03-01T00:00:00Z");
  CHECK(judge_tzdata("2026a", at("2026-01-20T00:00:00Z"), now).status == Status::ok);
  CHECK(judge_tzdata("2025a", at("2025-01-20T00:00:00Z"), now).status == Status::warn);  // by its files
  CHECK(judge_tzdata("2024b", at("2026-02-20T00:00:00Z"), now).status == Status::warn);  // by its release: copied anew
  CHECK(judge_tzdata("2025b", std::nullopt, now).status == Status::ok);
  CHECK(judge_tzdata("unknown", std::nullopt, now).status == Status::warn);
}

TEST_CASE("only root may become another user") {
  CHECK(judge_user("agent", "bob", false, "root").status == Status::bad);
  CHECK(judge_user("agent", "bob", true, "root").status == Status::ok);
  CHECK(judge_user("agent", "bob", true, "bob").status == Status::ok);
  CHECK(judge_user("agent", "bob", true, "nowd").value == "nowd runs as 'nowd' and may not become 'bob'");
  CHECK(judge_user("agent", "bob", true, std::nullopt).status == Status::warn);
}
