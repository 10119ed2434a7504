#include "ledger/memory/occurrences.hpp"

#include <algorithm>

namespace nowd::memory {

const Occurrence* Occurrences::find(const Key& key) const {
  const auto found = rows_.find(key);
  return found == rows_.end() ? nullptr : &found->second;
}

bool Occurrences::insert(const Key& key, Occurrence row) {
  const auto [place, is_new] = rows_.emplace(key, std::move(row));
  if (is_new) add_to_index(key, place->second);
  return is_new;
}

void Occurrences::change(const Key& key, const Change& change) {
  const auto found = rows_.find(key);
  if (found == rows_.end()) return;
  remove_from_index(key, found->second);
  change(found->second);
  add_to_index(key, found->second);
}

void Occurrences::erase(const Key& key) {
  const auto found = rows_.find(key);
  if (found == rows_.end()) return;
  remove_from_index(key, found->second);
  rows_.erase(found);
}

std::vector<Key> Occurrences::due_on_time(Instant now, std::size_t most, const Wanted& wanted) const {
  std::vector<Key> found;
  for (const auto& [due, job, at] : on_time_) {
    if (due > now || found.size() >= most) break;
    if (wanted(job, RunKind::scheduled)) found.emplace_back(job, at);
  }
  return found;
}

std::vector<Key> Occurrences::due_waiting(Instant now, std::size_t most, const Wanted& wanted) const {
  std::vector<Key> found;
  for (const ByDue* index : {&buffered_, &catch_ups_}) {
    std::size_t room = most;
    for (const auto& [due, job, at] : *index) {
      if (due > now || room == 0) break;
      if (!wanted(job, rows_.at({job, at}).kind)) continue;
      found.emplace_back(job, at);
      --room;
    }
  }
  return found;
}

std::vector<Key> Occurrences::due_of(const std::set<JobName>& jobs, Instant now) const {
  std::vector<std::tuple<JobName, Instant, Instant>> found;
  for (const ByDue* index : {&on_time_, &buffered_, &catch_ups_})
    for (const auto& [due, job, at] : *index) {
      if (due > now) break;
      if (jobs.count(job) > 0) found.emplace_back(job, due, at);
    }
  std::sort(found.begin(), found.end());
  std::vector<Key> keys;
  for (const auto& [job, due, at] : found) keys.emplace_back(job, at);
  return keys;
}

std::optional<Instant> Occurrences::next_due(Instant now) const {
  std::optional<Instant> next;
  for (const ByDue* index : {&on_time_, &buffered_, &catch_ups_}) {
    const auto first = index->lower_bound({now + microseconds{1}, "", Instant::min()});
    if (first != index->end() && (!next || std::get<0>(*first) < *next)) next = std::get<0>(*first);
  }
  return next;
}

std::vector<Key> Occurrences::planned_of(const JobName& job) const {
  std::vector<Key> found;
  for (auto row = rows_.lower_bound({job, Instant::min()}); row != rows_.end() && row->first.first == job; ++row)
    if (row->second.is_planned()) found.push_back(row->first);
  return found;
}

void Occurrences::add_to_index(const Key& key, const Occurrence& row) {
  if (row.is_planned()) index_of(row).emplace(row.due_at, key.first, key.second);
}

void Occurrences::remove_from_index(const Key& key, const Occurrence& row) {
  if (row.is_planned()) index_of(row).erase({row.due_at, key.first, key.second});
}

}  // namespace nowd::memory
