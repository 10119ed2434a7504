#include "domain/policy/fair_queue.hpp"

#include <algorithm>

namespace nowd {
namespace {

constexpr seconds window{60};
/// How long somebody of a higher priority is expected again.
constexpr minutes expected_again{10};
constexpr std::array<double, priorities> weights{1, 4, 16};
/// Of each minute, what a priority and those below it leave free for higher ones: all but this.
constexpr std::array<int, priorities> percent_of{60, 85, 100};
constexpr int whole = 100;

std::size_t at(Priority priority) { return static_cast<std::size_t>(priority); }

constexpr std::array by_rank{Priority::high, Priority::normal, Priority::low};

}  // namespace

std::optional<std::int64_t> FairQueue::most(int kind) const {
  switch (kind) {
    case 0:
      return limits_.requests_per_minute;
    case 1:
      return limits_.input_tokens_per_minute;
    default:
      return limits_.output_tokens_per_minute;
  }
}

FairQueue::Ticket FairQueue::enter(Tick now, Priority priority, const Planned& call) {
  const std::int64_t unbounded = limits_.output_tokens_per_minute
                                     ? std::min(unbounded_output, *limits_.output_tokens_per_minute)
                                     : unbounded_output;
  auto& line = lines_[at(priority)];
  if (line.empty()) served_[at(priority)] = std::max(served_[at(priority)], now_served_);
  line.push_back({++last_, {1, call.input, call.output.value_or(unbounded)}});
  asked_[at(priority)] = now;
  return last_;
}

bool FairQueue::waits(Ticket ticket) const {
  return std::ranges::any_of(
      lines_, [&](const auto& line) { return std::ranges::find(line, ticket, &Waiting::ticket) != line.end(); });
}

void FairQueue::count(Priority priority, const Amounts& amounts, int sign) {
  for (std::size_t kind = 0; kind < kinds; ++kind) used_[at(priority)][kind] += sign * amounts[kind];
}

void FairQueue::forget(Tick now) {
  while (!past_.empty() && past_.front().at + window <= now) {
    count(past_.front().priority, past_.front().amounts, -1);
    past_.pop_front();
  }
}

std::int64_t FairQueue::used(int kind, Priority up_to) const {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i <= at(up_to); ++i) sum += used_[i][static_cast<std::size_t>(kind)];
  return sum;
}

/// What nobody has used any of has room for one call: it is larger than a share, or than a limit that was lowered.
bool FairQueue::room(const Amounts& amounts, Priority up_to, int percent) const {
  for (int kind = 0; kind < kinds; ++kind) {
    const auto limit = most(kind);
    const std::int64_t by_now = used(kind, up_to);
    if (limit && by_now > 0 && by_now + amounts[static_cast<std::size_t>(kind)] > *limit * percent / whole)
      return false;
  }
  return true;
}

bool FairQueue::keeps_free(Tick now, Priority priority) const {
  for (std::size_t i = at(priority) + 1; i < priorities; ++i)
    if (asked_[i] && now - *asked_[i] < expected_again) return true;
  return false;
}

/// A line that leaves room for higher ones lets them pass, but none of the lower ones, which would fill that room.
std::optional<Priority> FairQueue::next_line(Tick now) const {
  std::optional<Priority> next;
  for (const Priority each : by_rank) {
    const auto& line = lines_[at(each)];
    if (line.empty()) continue;
    if (keeps_free(now, each) && !room(line.front().amounts, each, percent_of[at(each)])) break;
    if (!next || served_[at(each)] < served_[at(*next)]) next = each;
  }
  return next;
}

double FairQueue::share_of_a_minute(const Amounts& amounts) const {
  double share = 0;
  for (int kind = 0; kind < kinds; ++kind)
    if (const auto limit = most(kind); limit && *limit > 0)
      share =
          std::max(share, static_cast<double>(amounts[static_cast<std::size_t>(kind)]) / static_cast<double>(*limit));
  return share;
}

void FairQueue::let_go(Tick now, Priority priority) {
  const Waiting call = lines_[at(priority)].front();
  lines_[at(priority)].pop_front();
  count(priority, call.amounts, 1);
  under_way_[call.ticket] = {priority, call.amounts[2]};
  past_.push_back({call.ticket, priority, now, {call.amounts[0], call.amounts[1], 0}});
  now_served_ = served_[at(priority)];
  served_[at(priority)] += share_of_a_minute(call.amounts) / weights[at(priority)];
}

std::vector<FairQueue::Ticket> FairQueue::grant(Tick now) {
  forget(now);
  std::vector<Ticket> out;
  for (auto next = next_line(now); next; next = next_line(now)) {
    const Waiting& call = lines_[at(*next)].front();
    if (!room(call.amounts, Priority::high, whole)) break;
    out.push_back(call.ticket);
    let_go(now, *next);
  }
  return out;
}

milliseconds FairQueue::expected_wait(Tick now, Ticket ticket) const {
  FairQueue ahead = *this;
  std::vector<Ticket> open;
  for (const auto& [each, unused] : ahead.under_way_) open.push_back(each);
  Tick then = now;
  while (ahead.waits(ticket)) {
    for (const Ticket each : open) ahead.settle(then, each, std::nullopt);
    open = ahead.grant(then);
    if (!ahead.waits(ticket) || (open.empty() && ahead.past_.empty())) break;
    if (open.empty()) then = ahead.past_.front().at + window;
  }
  return std::chrono::ceil<milliseconds>(then - now);
}

void FairQueue::settle(Tick now, Ticket ticket, const std::optional<Spent>& used) {
  const auto call = under_way_.find(ticket);
  if (call == under_way_.end()) return;
  forget(now);
  const auto [priority, reserved] = call->second;
  under_way_.erase(call);
  const std::int64_t wrote = used ? used->output : reserved;
  count(priority, {0, 0, wrote - reserved}, 1);
  if (const auto sent = std::ranges::find(past_, ticket, &Past::ticket); used && sent != past_.end()) {
    count(priority, {0, used->input - sent->amounts[1], 0}, 1);
    sent->amounts[1] = used->input;
  }
  if (wrote > 0) past_.push_back({0, priority, now, {0, 0, wrote}});
}

void FairQueue::leave(Ticket ticket) {
  for (auto& line : lines_) std::erase_if(line, [&](const Waiting& each) { return each.ticket == ticket; });
  const auto call = under_way_.find(ticket);
  if (call == under_way_.end()) return;
  count(call->second.priority, {0, 0, call->second.output}, -1);
  under_way_.erase(call);
  const auto sent = std::ranges::find(past_, ticket, &Past::ticket);
  if (sent == past_.end()) return;
  count(sent->priority, sent->amounts, -1);
  past_.erase(sent);
}

}  // namespace nowd
