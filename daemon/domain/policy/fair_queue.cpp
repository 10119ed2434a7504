#include "domain/policy/fair_queue.hpp"

#include <algorithm>

namespace nowd {
namespace {

constexpr seconds window{60};
/// After a call, its priority is expected to call again within this time.
constexpr minutes expected_again{10};
constexpr std::array<double, priorities> weights{1, 4, 16};
/// Percentage of the limit that this priority and lower ones may use while higher ones are active.
constexpr std::array<int, priorities> max_percent{60, 85, 100};
constexpr int whole = 100;

std::size_t at(Priority priority) { return static_cast<std::size_t>(priority); }

constexpr std::array by_rank{Priority::high, Priority::normal, Priority::low};

}  // namespace

std::optional<std::int64_t> FairQueue::limit_of(int kind) const {
  switch (kind) {
    case 0:
      return limits_.requests_per_minute;
    case 1:
      return limits_.input_tokens_per_minute;
    default:
      return limits_.output_tokens_per_minute;
  }
}

FairQueue::Ticket FairQueue::join(Tick now, Priority priority, const Planned& call) {
  const std::int64_t unbounded = limits_.output_tokens_per_minute
                                     ? std::min(unbounded_output, *limits_.output_tokens_per_minute)
                                     : unbounded_output;
  auto& queue = queues_[at(priority)];
  if (queue.empty()) served_[at(priority)] = std::max(served_[at(priority)], now_served_);
  queue.push_back({++last_, {1, call.input, call.output.value_or(unbounded)}});
  last_join_[at(priority)] = now;
  return last_;
}

bool FairQueue::is_waiting(Ticket ticket) const {
  return std::ranges::any_of(
      queues_, [&](const auto& queue) { return std::ranges::find(queue, ticket, &Waiting::ticket) != queue.end(); });
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

std::int64_t FairQueue::usage(int kind, Priority up_to) const {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i <= at(up_to); ++i) sum += used_[i][static_cast<std::size_t>(kind)];
  return sum;
}

/// An idle limit always admits one call, even one larger than its share or than a lowered limit.
bool FairQueue::fits(const Amounts& amounts, Priority up_to, int percent) const {
  for (int kind = 0; kind < kinds; ++kind) {
    const auto limit = limit_of(kind);
    const std::int64_t by_now = usage(kind, up_to);
    if (limit && by_now > 0 && by_now + amounts[static_cast<std::size_t>(kind)] > *limit * percent / whole)
      return false;
  }
  return true;
}

bool FairQueue::keeps_free(Tick now, Priority priority) const {
  for (std::size_t i = at(priority) + 1; i < priorities; ++i)
    if (last_join_[i] && now - *last_join_[i] < expected_again) return true;
  return false;
}

/// A queue that leaves capacity free for higher ones lets them pass, but not the lower ones, which would use it.
std::optional<Priority> FairQueue::next_queue(Tick now) const {
  std::optional<Priority> next;
  for (const Priority each : by_rank) {
    const auto& queue = queues_[at(each)];
    if (queue.empty()) continue;
    if (keeps_free(now, each) && !fits(queue.front().amounts, each, max_percent[at(each)])) break;
    if (!next || served_[at(each)] < served_[at(*next)]) next = each;
  }
  return next;
}

double FairQueue::share_of_a_minute(const Amounts& amounts) const {
  double share = 0;
  for (int kind = 0; kind < kinds; ++kind)
    if (const auto limit = limit_of(kind); limit && *limit > 0)
      share =
          std::max(share, static_cast<double>(amounts[static_cast<std::size_t>(kind)]) / static_cast<double>(*limit));
  return share;
}

void FairQueue::grant_first(Tick now, Priority priority) {
  const Waiting call = queues_[at(priority)].front();
  queues_[at(priority)].pop_front();
  count(priority, call.amounts, 1);
  under_way_[call.ticket] = {priority, call.amounts[2]};
  past_.push_back({call.ticket, priority, now, {call.amounts[0], call.amounts[1], 0}});
  now_served_ = served_[at(priority)];
  served_[at(priority)] += share_of_a_minute(call.amounts) / weights[at(priority)];
}

std::vector<FairQueue::Ticket> FairQueue::grant_calls(Tick now) {
  forget(now);
  std::vector<Ticket> out;
  for (auto next = next_queue(now); next; next = next_queue(now)) {
    const Waiting& call = queues_[at(*next)].front();
    if (!fits(call.amounts, Priority::high, whole)) break;
    out.push_back(call.ticket);
    grant_first(now, *next);
  }
  return out;
}

milliseconds FairQueue::expected_wait(Tick now, Ticket ticket) const {
  FairQueue ahead = *this;
  std::vector<Ticket> open;
  for (const auto& [each, unused] : ahead.under_way_) open.push_back(each);
  Tick then = now;
  while (ahead.is_waiting(ticket)) {
    for (const Ticket each : open) ahead.settle(then, each, std::nullopt);
    open = ahead.grant_calls(then);
    if (!ahead.is_waiting(ticket) || (open.empty() && ahead.past_.empty())) break;
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
  for (auto& queue : queues_) std::erase_if(queue, [&](const Waiting& each) { return each.ticket == ticket; });
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
