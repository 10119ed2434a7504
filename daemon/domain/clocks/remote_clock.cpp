#include "domain/clocks/remote_clock.hpp"

#include <algorithm>

namespace nowd {
namespace {

constexpr auto lifetime = hours{1};
constexpr auto truncated_and_refreshed = seconds{2};  // Date is cut to a second, and many refresh it once a second
constexpr int min_samples = 5;
constexpr auto min_span = minutes{1};

nanoseconds distance(Tick a, Tick b) { return a < b ? b - a : a - b; }

/// 200 ppm of the age, rounded up: the drift between two bad clocks.
microseconds drift(nanoseconds age) { return std::chrono::ceil<microseconds>((age + nanoseconds{4999}) / 5000); }

bool expired(Tick at, Tick now) { return distance(at, now) > lifetime; }

std::string amount(microseconds by) {
  const auto most = days{365 * 100};  // a Date may lie in the year 9999, which nanoseconds do not reach
  return human(std::min<microseconds>(by, most));
}

std::string exchanges(int count) { return std::to_string(count) + (count == 1 ? " exchange" : " exchanges"); }

}  // namespace

std::string to_string(const RemoteOffset& offset) {
  if (offset.samples == 0) return "not observed";
  if (offset.proven_ahead_by) return amount(*offset.proven_ahead_by) + " ahead, proven by " + exchanges(offset.samples);
  if (offset.suspected_behind_by)
    return "perhaps " + amount(*offset.suspected_behind_by) + " behind, after " + exchanges(offset.samples);
  return "nothing proven by " + exchanges(offset.samples);
}

void RemoteClock::drop_before(Tick now) {
  if (samples_ > 0 && expired(last_, now)) forget();
  if (low_ && expired(low_->at, now)) low_.reset();
  if (high_ && expired(high_->at, now)) high_.reset();
  if (behind_ && expired(behind_->since, now)) behind_.reset();  // or its bound would be widened for ever
}

/// One exchange that grants a clock in time, or ahead, ends the suspicion.
void RemoteClock::suspect(Bound high) {
  if (high.value >= microseconds{0}) behind_.reset();
  if (high.value >= microseconds{0}) return;
  if (!behind_) behind_ = Behind{0, high.at, high.value};
  ++behind_->samples;
  behind_->high = std::max(behind_->high, high.value);
}

void RemoteClock::observe(const DateExchange& exchange) {
  if (!exchange.date || !exchange.uncertainty || exchange.headers < exchange.sent) return;
  if (exchange.age.value_or(seconds{0}) > seconds{0} || *exchange.uncertainty < nanoseconds{0}) return;
  drop_before(exchange.sent);

  const auto waited = std::chrono::ceil<microseconds>(exchange.headers - exchange.sent);
  const auto unsure = std::chrono::ceil<microseconds>(*exchange.uncertainty);
  const microseconds ahead = *exchange.date - exchange.sent_wall;
  const Bound new_low{ahead - waited - unsure - drift(waited), exchange.sent};
  const Bound new_high{ahead + truncated_and_refreshed + unsure, exchange.sent};

  const auto old_low = low(exchange.sent), old_high = high(exchange.sent);
  const bool contradicted = (old_low && *old_low > new_high.value) || (old_high && *old_high < new_low.value);
  if (contradicted) forget();
  if (!low_ || new_low.value >= *low(exchange.sent)) low_ = new_low;
  if (!high_ || new_high.value <= *high(exchange.sent)) high_ = new_high;
  suspect(new_high);
  if (samples_++ == 0) first_ = exchange.sent_wall;
  last_ = samples_ == 1 ? exchange.sent : std::max(last_, exchange.sent);
}

std::optional<microseconds> RemoteClock::low(Tick now) const {
  if (!low_ || expired(low_->at, now)) return std::nullopt;
  return low_->value - drift(distance(low_->at, now));
}

std::optional<microseconds> RemoteClock::high(Tick now) const {
  if (!high_ || expired(high_->at, now)) return std::nullopt;
  return high_->value + drift(distance(high_->at, now));
}

std::optional<microseconds> RemoteClock::behind(Tick now) const {
  if (!behind_ || expired(behind_->since, now)) return std::nullopt;
  if (behind_->samples < min_samples || last_ - behind_->since < min_span) return std::nullopt;
  const microseconds most = behind_->high + drift(distance(behind_->since, now));
  if (most >= microseconds{0}) return std::nullopt;
  return -most;
}

RemoteOffset RemoteClock::offset(Tick now) const {
  if (samples_ == 0 || expired(last_, now)) return {};
  RemoteOffset out{std::nullopt, behind(now), samples_, first_};
  if (const auto least = low(now); least && *least > microseconds{0}) out.proven_ahead_by = least;
  return out;
}

RemoteClockRow RemoteClock::to_row(std::string remote, Instant wall, Tick now) const {
  const auto instant = [&](Tick at) { return wall - std::chrono::round<microseconds>(now - at); };
  RemoteClockRow row;
  row.remote = std::move(remote);
  if (samples_ == 0) return row;
  row.samples = samples_;
  row.first = first_;
  row.last = instant(last_);
  if (low_) row.low = low_->value, row.low_at = instant(low_->at);
  if (high_) row.high = high_->value, row.high_at = instant(high_->at);
  if (!behind_) return row;
  row.behind_samples = behind_->samples;
  row.behind_since = instant(behind_->since);
  row.behind_high = behind_->high;
  return row;
}

RemoteClock RemoteClock::from_row(const RemoteClockRow& row, Instant wall, Tick now) {
  const auto recent = [&](const std::optional<Instant>& at) { return at && *at <= wall && wall - *at <= lifetime; };
  const auto tick = [&](Instant at) { return now - nanoseconds{wall - at}; };
  RemoteClock clock;
  if (row.samples < 1 || !row.first || !recent(row.last)) return clock;
  clock.samples_ = row.samples;
  clock.first_ = row.first;
  clock.last_ = tick(*row.last);
  if (row.low && recent(row.low_at)) clock.low_ = Bound{*row.low, tick(*row.low_at)};
  if (row.high && recent(row.high_at)) clock.high_ = Bound{*row.high, tick(*row.high_at)};
  if (row.behind_samples > 0 && row.behind_high && recent(row.behind_since))
    clock.behind_ = Behind{row.behind_samples, tick(*row.behind_since), *row.behind_high};
  return clock;
}

}  // namespace nowd
