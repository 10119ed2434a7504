#include "config/clocks_section.hpp"

namespace nowd {
namespace {

constexpr milliseconds longest_validity{days{366}};

}  // namespace

void read_clocks(const Field& field, Section section, Job& job) {
  if (!field.present()) return;
  if (field.is(Node::Kind::map)) {
    const Mapping map(field, Section::job_clocks);
    if (auto valid = map["valid_for"].duration(seconds{1}, longest_validity)) job.valid_for = *valid;
    return;
  }
  const auto word = field.filled_text();
  if (!word || *word == "observe") return;
  if (const Unbuilt* later = find_unbuilt(section, "clocks", *word))
    field.report().error(field.mark(), not_supported_yet(*later));
  else
    field.error_unknown(*word, {"strict", "standard", "observe"});
}

}  // namespace nowd
