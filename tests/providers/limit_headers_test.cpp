#include "providers/failure/limit_headers.hpp"

#include "support/catch.hpp"

using namespace nowd;

namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

const std::pair<std::string, std::string> date{"date", "Mon, 01 Jun 2026 07:00:00 GMT"};

const Instant received = *parse_rfc3339("2026-06-01T07:00:10Z");

LimitNotes notes_of(const Headers& headers, std::string_view body) { return limit_notes(headers, body, received); }

std::optional<milliseconds> wait(Headers headers) { return notes_of(headers, "").retry_after; }

}  // namespace

TEST_CASE("Retry-After is read in its three forms, the exact one first") {
  CHECK(wait({{"retry-after-ms", "1234"}, {"retry-after", "9"}}) == milliseconds{1234});
  CHECK(wait({{"retry-after", "20"}}) == milliseconds{20'000});
  CHECK(wait({{"retry-after", "0.25"}}) == milliseconds{250});
  CHECK(wait({{"retry-after-ms", "soon"}, {"retry-after", "2"}}) == milliseconds{2000});
  CHECK(wait({{"retry-after", "Mon, 01 Jun 2026 07:00:30 GMT"}, date}) == milliseconds{30'000});
}

TEST_CASE("a Retry-After date counts against the server's Date; without one, against when the answer came") {
  CHECK(wait({{"retry-after", "Mon, 01 Jun 2026 07:00:30 GMT"}}) == seconds{20});
  CHECK(wait({{"retry-after", "Mon, 01 Jun 2026 06:59:30 GMT"}, date}) == milliseconds{0});  // it is over
}

TEST_CASE("a Retry-After that makes no sense is none") {
  for (const char* bad : {"", "-5", "soon", "1e9", "inf", "999999999999999"})
    CHECK_FALSE(wait({{"retry-after", bad}, date}).has_value());
}

TEST_CASE("OpenAI's limits are durations from the response on") {
  const LimitNotes notes = notes_of({{"x-ratelimit-limit-requests", "5000"},
                                     {"x-ratelimit-remaining-requests", "4999"},
                                     {"x-ratelimit-reset-requests", "12ms"},
                                     {"x-ratelimit-limit-tokens", "160000"},
                                     {"x-ratelimit-remaining-tokens", "0"},
                                     {"x-ratelimit-reset-tokens", "6m0s"},
                                     {"openai-processing-ms", "742"}},
                                    "");
  CHECK(notes.limits.each == std::vector<RateLimit>{{"requests", 5000, 4999, milliseconds{12}},
                                                    {"tokens", 160'000, 0, milliseconds{360'000}}});
  CHECK(notes.server_duration == milliseconds{742});
  CHECK_FALSE(notes.retry_after.has_value());
}

TEST_CASE("Anthropic's limits are instants, taken against the server's Date") {
  const LimitNotes notes = notes_of({date,
                                     {"anthropic-ratelimit-requests-limit", "50"},
                                     {"anthropic-ratelimit-requests-remaining", "0"},
                                     {"anthropic-ratelimit-requests-reset", "2026-06-01T07:01:00Z"},
                                     {"anthropic-ratelimit-output-tokens-remaining", "8000"},
                                     {"x-envoy-upstream-service-time", "51"},
                                     {"x-should-retry", "true"}},
                                    "");
  CHECK(notes.limits.each ==
        std::vector<RateLimit>{{"requests", 50, 0, milliseconds{60'000}}, {"output-tokens", {}, 8000, {}}});
  CHECK(notes.server_duration == milliseconds{51});
  CHECK(notes.should_retry == true);
  const LimitNotes dateless = notes_of({{"anthropic-ratelimit-requests-reset", "2026-06-01T07:01:00Z"}}, "");
  CHECK(dateless.limits.each.empty());
}

TEST_CASE("Gemini's wait and its quota stand in the body of the error") {
  const std::string body = R"({"error":{"code":429,"status":"RESOURCE_EXHAUSTED","details":[
    {"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[
      {"quotaId":"GenerateRequestsPerMinutePerProjectPerModel-FreeTier"},
      {"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]},
    {"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"45.837906927s"}]}})";
  for (const std::string& text : {body, "[" + body + "]"}) {
    const LimitNotes notes = notes_of({{"server-timing", "gfet4t7; dur=1840"}}, text);
    CHECK(notes.retry_after == milliseconds{45'838});
    CHECK(notes.limits.per_day);
    CHECK(notes.limits.quota == "GenerateRequestsPerDayPerProjectPerModel-FreeTier");
    CHECK(notes.server_duration == milliseconds{1840});
  }
  CHECK(notes_of({{"retry-after", "3"}}, body).retry_after == milliseconds{3000});
}

TEST_CASE("what makes no sense says nothing") {
  const Headers odd{{"x-ratelimit-limit-tokens", "many"}, {"x-ratelimit-reset-tokens", "later"},
                    {"x-should-retry", "maybe"},          {"openai-processing-ms", "-4"},
                    {"server-timing", "cache;desc=hit"},  {"anthropic-ratelimit-tokens-limit", "-1"}};
  CHECK(notes_of(odd, "not json") == LimitNotes{});
  for (const char* body : {"null", "[]", R"({"error":7})", R"({"error":{"details":{}}})",
                           R"({"error":{"details":[7,{"@type":"google.rpc.RetryInfo","retryDelay":7},
                              {"@type":"google.rpc.QuotaFailure","violations":"x"}]}})"})
    CHECK(notes_of({}, body) == LimitNotes{});
}

TEST_CASE("a wait in a field of the error's body is one that the body names") {
  for (const char* body :
       {R"({"message":"You are being rate limited.","retry_after":20.5})",
        R"({"error":{"message":"slow down","retry_after":"20.5"}})", R"({"error":{"retry_after_ms":20500}})"}) {
    CAPTURE(body);
    CHECK(notes_of({}, body).wait_in_body == milliseconds{20'500});
  }
  for (const char* body : {R"({"retry_after":-1})", R"({"retry_after":"soon"})", R"({"retry_after":[]})"})
    CHECK_FALSE(notes_of({}, body).wait_in_body.has_value());
}

TEST_CASE("a wait in the message of an error stands beside what header and RetryInfo say, in each form of an error") {
  for (const char* body :
       {R"({"error":{"code":"rate_limit_exceeded","message":"Please try again in 1.5s."}})",
        R"([{"error":{"code":429,"message":"Please retry in 1.5s."}}])", R"({"error":"Please try again in 1.5s"})",
        R"({"message":"Please try again in 1.5s"})",
        R"({"type":"response.failed","response":{"error":{"message":"Please try again in 1.5s"}}})"}) {
    CAPTURE(body);
    const LimitNotes notes = notes_of({{"retry-after", "3"}}, body);
    CHECK(notes.retry_after == seconds{3});
    CHECK(notes.wait_in_body == milliseconds{1500});
    CHECK_FALSE(notes_of({}, body).retry_after.has_value());
  }
  CHECK_FALSE(notes_of({}, "Please try again in 1.5s").wait_in_body.has_value());
  CHECK_FALSE(notes_of({}, R"({"error":{"code":"Please try again in 1.5s","message":7}})").wait_in_body.has_value());
}
