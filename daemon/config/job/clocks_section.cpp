#include "config/job/clocks_section.hpp"

#include "foundation/text/nearest.hpp"

namespace nowd {
namespace {

constexpr milliseconds max_validity{days{366}};
constexpr milliseconds max_skew{days{1}};

/// "5%".
std::optional<int> read_percent(const Field& field) {
  const auto text = field.filled_text();
  if (!text) return std::nullopt;
  const bool digits = text->size() >= 2 && text->size() <= 4 && text->back() == '%' &&
                      text->find_first_not_of("0123456789") == text->size() - 1;
  const int percent = digits ? std::stoi(*text) : 101;
  if (percent <= 100) return percent;
  field.error(in_quotes(*text) + " is not a percentage from 0% to 100%; write how many of the runs, as 5%");
  return std::nullopt;
}

void read_rules(const Mapping& map, Job& job) {
  ClockRules& rules = job.clocks;
  assign(rules.as_of, map["as_of"].choice(authority_words));
  if (auto valid = map["valid_for"].duration(seconds{1}, max_validity)) job.valid_for = *valid;
  if (auto fresh = map["fresh"].duration(seconds{1}, max_validity)) rules.fresh = *fresh;
  assign(rules.rollover, map["rollover"].choice(firm_response_words));
  assign(rules.skew, map["skew"].duration(milliseconds{0}, max_skew));
  assign(rules.on_skew, map["on_skew"].choice(firm_response_words));
  assign(rules.model_as_of, map["model_as_of"].choice(stating_words));
  assign(rules.data, map["data"].choice(response_words));
  assign(rules.lint, map["lint"].choice(response_words));
  if (auto percent = read_percent(map["probe"])) rules.probe_percent = *percent;
}

}  // namespace

void read_clocks(const Field& field, Job& job) {
  if (!field.present()) return;
  if (field.is(Node::Kind::map)) return read_rules(Mapping(field, Section::job_clocks), job);
  const auto word = field.filled_text();
  if (!word) return;
  if (const auto preset = clock_preset(*word))
    job.clocks = *preset;
  else
    field.error_unknown(*word, {"strict", "standard", "observe"});
}

}  // namespace nowd
