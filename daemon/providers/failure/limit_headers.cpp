#include "providers/failure/limit_headers.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "foundation/text/words.hpp"
#include "providers/wire/dialect.hpp"
#include "providers/wire/wire.hpp"

namespace nowd {
namespace {

constexpr std::string_view unquoted = " \t\"";

using Headers = std::vector<std::pair<std::string, std::string>>;

std::optional<std::string_view> header(const Headers& headers, std::string_view name) {
  const auto found = std::ranges::find_if(headers, [&](const auto& one) { return one.first == name; });
  return found == headers.end() ? std::nullopt : std::optional(trimmed(found->second, unquoted));
}

std::optional<milliseconds> number_of(std::optional<std::string_view> text, double ms_each) {
  return text ? parse_wire_number(*text, ms_each) : std::nullopt;
}

std::optional<milliseconds> until(Instant at, std::optional<Instant> server_now) {
  if (!server_now) return {};
  return std::max(milliseconds{0}, std::chrono::ceil<milliseconds>(at - *server_now));
}

std::optional<Instant> date_of(const Headers& headers) {
  const auto date = header(headers, "date");
  return date ? parse_http_date(*date) : std::nullopt;
}

std::optional<milliseconds> retry_after_of(const Headers& headers, Instant received) {
  if (const auto exact = number_of(header(headers, "retry-after-ms"), 1)) return exact;
  const auto text = header(headers, "retry-after");
  return text ? retry_after(*text, date_of(headers).value_or(received)) : std::nullopt;
}

/// `server-timing: gfet4t7; dur=1234, …` (W3C): the first duration, in milliseconds.
std::optional<milliseconds> server_timing(const Headers& headers) {
  const auto text = header(headers, "server-timing");
  const std::size_t at = text ? text->find("dur=") : std::string_view::npos;
  if (at == std::string_view::npos) return {};
  const std::string_view rest = text->substr(at + 4);
  return number_of(trimmed(rest.substr(0, rest.find_first_of(",; ")), unquoted), 1);
}

std::optional<milliseconds> server_duration(const Headers& headers) {
  for (const char* name : {"openai-processing-ms", "x-envoy-upstream-service-time"})
    if (const auto duration = number_of(header(headers, name), 1)) return duration;
  return server_timing(headers);
}

std::optional<std::int64_t> count(std::optional<std::string_view> text) {
  std::int64_t value = 0;
  if (!text) return {};
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  const bool good = error == std::errc() && end == text->data() + text->size() && value >= 0;
  return good ? std::optional(value) : std::nullopt;
}

/// OpenAI's reset is a duration, Anthropic's an instant; some servers send bare seconds.
std::optional<milliseconds> reset_of(const Headers& headers, const std::string& name) {
  const auto text = header(headers, name);
  if (!text) return {};
  if (const auto duration = parse_wire_duration(*text)) return duration;
  if (const auto at = parse_rfc3339(*text)) return until(*at, date_of(headers));
  return number_of(text, 1000);
}

/// `names` returns the header of a field: x-ratelimit-FIELD-OF or anthropic-ratelimit-OF-FIELD.
template <typename Names>
void add_limit(RateLimits& limits, const Headers& headers, const std::string& of, Names names) {
  RateLimit one{.of = of,
                .limit = count(header(headers, names("limit"))),
                .remaining = count(header(headers, names("remaining"))),
                .resets_in = reset_of(headers, names("reset"))};
  if (one.limit || one.remaining || one.resets_in) limits.each.push_back(std::move(one));
}

RateLimits limits_of(const Headers& headers) {
  RateLimits limits;
  for (const std::string of : {"requests", "tokens", "input-tokens", "output-tokens"}) {
    add_limit(limits, headers, of, [&](const std::string& field) { return "x-ratelimit-" + field + "-" + of; });
    add_limit(limits, headers, of, [&](const std::string& field) { return "anthropic-ratelimit-" + of + "-" + field; });
  }
  return limits;
}

void read_quota(const Json& failure, RateLimits& limits) {
  const Json* violations = member(failure, "violations");
  if (!violations || !violations->is_array()) return;
  for (const Json& violation : *violations) {
    const std::string id = one_line(text_of(violation, "quotaId"), 200);
    const bool day = id.find("PerDay") != id.npos;
    if (limits.quota.empty() || (day && !limits.per_day)) limits.quota = id;
    limits.per_day = limits.per_day || day;
  }
}

/// {"code": 429}, {"code": "429"}, {"status": 429} or {"status_code": 429}.
int status_in(const Json& error) {
  for (const char* name : {"code", "status", "status_code"}) {
    const auto number = count_of(error, name) ? count_of(error, name) : count(text_of(error, name));
    if (number && *number >= 400 && *number < 600) return static_cast<int>(*number);
  }
  return 0;
}

/// The message in {"error": {"message"}}, {"error": "text"} or {"message"}, also inside "response" (OpenAI Responses).
std::string message_in(const Json& value) {
  if (const Json* response = member(value, "response")) return message_in(*response);
  const Json* error = member(value, "error");
  if (error && error->is_string()) return error->get<std::string>();
  return text_of(error ? *error : value, "message");
}

/// {"retry_after": 1.5}, in seconds, beside the error or inside it.
std::optional<milliseconds> wait_in(const Json& value) {
  for (const auto& [name, ms_each] : {std::pair("retry_after", 1000.0), std::pair("retry_after_seconds", 1000.0),
                                      std::pair("retryAfter", 1000.0), std::pair("retry_after_ms", 1.0)}) {
    const Json* found = member(value, name);
    if (!found || !(found->is_number() || found->is_string())) continue;
    if (const auto wait =
            parse_wire_number(found->is_string() ? found->get<std::string>() : dump_json(*found), ms_each))
      return wait;
  }
  return {};
}

/// Gemini has the wait and the quota in the body: {"error": {"details": [{"@type": "…RetryInfo"}, {"@type":
/// "…QuotaFailure"}]}}.
void read_error_body(std::string_view body, LimitNotes& notes) {
  const Result<Json> parsed = parse_json(body);
  if (!parsed) return;
  const Json& value = parsed->is_array() && !parsed->empty() ? parsed->front() : *parsed;
  const Json* error = member(value, "error");
  notes.wait_in_body = wait_in(value);
  if (!notes.wait_in_body && error) notes.wait_in_body = wait_in(*error);
  if (!notes.wait_in_body) notes.wait_in_body = wait_in_message(message_in(value));
  notes.error_status = status_in(error ? *error : value);
  const Json* details = error ? member(*error, "details") : nullptr;
  if (!details || !details->is_array()) return;
  for (const Json& detail : *details) {
    const std::string type = text_of(detail, "@type");
    if (type.ends_with("google.rpc.QuotaFailure")) read_quota(detail, notes.limits);
    if (type.ends_with("google.rpc.RetryInfo") && !notes.retry_after)
      notes.retry_after = parse_wire_duration(text_of(detail, "retryDelay"));
  }
}

}  // namespace

Json limits_json(const RateLimits& limits) {
  Json out;
  for (const RateLimit& each : limits.each) {
    Json& one = out[each.of];
    if (each.limit) one["limit"] = *each.limit;
    if (each.remaining) one["remaining"] = *each.remaining;
    if (each.resets_in) one["resets_in_ms"] = each.resets_in->count();
  }
  if (!limits.quota.empty()) out["quota"] = limits.quota;
  if (limits.per_day) out["per_day"] = true;
  return out;
}

LimitNotes limit_notes(const Headers& headers, std::string_view error_body, Instant received) {
  LimitNotes notes{.limits = limits_of(headers),
                   .retry_after = retry_after_of(headers, received),
                   .wait_in_body = {},
                   .should_retry = {},
                   .server_duration = server_duration(headers),
                   .error_status = 0};
  const auto should = header(headers, "x-should-retry");
  if (should == "true" || should == "false") notes.should_retry = should == "true";
  if (!error_body.empty()) read_error_body(error_body, notes);
  return notes;
}

namespace {

constexpr std::size_t max_read = 8 * 1024;
constexpr std::size_t max_number = 16;
constexpr double max_ms = 24.0 * 3600 * 1000;

constexpr std::array<std::string_view, 2> phrases{"Please try again in ", "Please retry in "};

/// In matching order: "ms" stands before "m", its prefix. `rank` orders by size, the largest unit first.
struct Unit {
  std::string_view name;
  double ms;
  int rank;
};
constexpr std::array<Unit, 4> units{{{"ms", 1, 3}, {"h", 3'600'000, 0}, {"m", 60'000, 1}, {"s", 1000, 2}}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Consumes "34" or "34.07", not the point at the end of a sentence.
std::optional<double> consume_number(std::string_view& text) {
  std::size_t size = 0;
  while (size < text.size() && is_digit(text[size])) ++size;
  if (size == 0) return std::nullopt;
  if (size + 1 < text.size() && text[size] == '.' && is_digit(text[size + 1]))
    for (++size; size < text.size() && is_digit(text[size]);) ++size;
  double value = 0;
  if (size > max_number) return std::nullopt;
  std::from_chars(text.data(), text.data() + size, value, std::chars_format::fixed);
  text.remove_prefix(size);
  return value;
}

const Unit* consume_unit(std::string_view& text) {
  for (const Unit& unit : units) {
    if (!text.starts_with(unit.name)) continue;
    text.remove_prefix(unit.name.size());
    return &unit;
  }
  return nullptr;
}

/// True at the end of the text or of a sentence, and before another word.
bool ends_word(std::string_view rest) {
  if (rest.empty() || rest[0] == ' ' || rest[0] == '\n') return true;
  if (rest[0] != '.' && rest[0] != ',' && rest[0] != ';' && rest[0] != '!') return false;
  return rest.size() == 1 || rest[1] == ' ' || rest[1] == '\n';
}

std::optional<milliseconds> duration_at(std::string_view text) {
  double ms = 0;
  int rank = -1;
  while (!text.empty() && is_digit(text[0])) {
    const auto number = consume_number(text);
    const Unit* unit = number ? consume_unit(text) : nullptr;
    if (unit == nullptr || unit->rank <= rank) return std::nullopt;
    rank = unit->rank;
    ms += *number * unit->ms;
  }
  if (rank < 0 || !ends_word(text) || !(ms <= max_ms)) return std::nullopt;
  return milliseconds{static_cast<std::int64_t>(std::ceil(ms))};
}

}  // namespace

std::optional<milliseconds> wait_in_message(std::string_view message) {
  message = message.substr(0, max_read);
  std::optional<std::string_view> after;
  for (const std::string_view phrase : phrases)
    for (std::size_t at = message.find(phrase); at != message.npos; at = message.find(phrase, at + phrase.size())) {
      if (after) return std::nullopt;
      after = message.substr(at + phrase.size());
    }
  return after ? duration_at(*after) : std::nullopt;
}

}  // namespace nowd
