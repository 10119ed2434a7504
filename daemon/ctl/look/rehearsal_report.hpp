// What a rehearsal says, in words, in tables, and as JSON.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "domain/planning/judge.hpp"
#include "foundation/json.hpp"
#include "runtime/rehearsal/rehearsal.hpp"
#include "surface/text.hpp"

namespace nowd::ctl {

/// In a word: runs, late, cancelled, fails, interrupted, coalesced, skipped, missed, superseded or waits.
std::string what_becomes(const RehearsedFate& fate);
/// What there is to say beyond that word; may be empty.
std::string why_so(const RehearsedFate& fate, const Zone& zone);

/// "it runs on time", "it is skipped: a run of the job was still going when its turn came".
std::string in_a_sentence(const RehearsedFate& fate, const Zone& zone);

/// Counts of one job: word → occurrences.
using Totals = std::map<JobName, std::map<std::string, std::int64_t>>;
void add(Totals& totals, const RehearsedFate& fate);

std::string fates_table(const std::vector<RehearsedFate>& fates, const nowd::Jobs& jobs, const Style& style);
std::string totals_table(const Totals& totals, const Style& style);

Json object_of(const RehearsedFate& fate);
Json object_of(const JobName& job, const std::map<std::string, std::int64_t>& totals);

}  // namespace nowd::ctl
