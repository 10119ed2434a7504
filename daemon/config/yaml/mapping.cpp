#include "config/yaml/mapping.hpp"

#include <algorithm>
#include <stdexcept>

#include "foundation/text/nearest.hpp"
#include "foundation/text/words.hpp"

namespace nowd {
namespace {

bool is_known(Section section, std::string_view key) {
  const auto keys = known_keys(section);
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

/// One letter away from a key that belongs here: "provider" in nowd.yaml means providers.
bool is_misspelt(Section section, std::string_view key) {
  const auto near = nearest_name(key, all_keys(section));
  return near && edit_distance(key, *near) <= 1;
}

}  // namespace

Mapping::Mapping(const Field& field, Section section)
    : field_(field.is(Node::Kind::map) ? field : Field(nullptr, field.mark(), field.path(), field.report())),
      section_(section) {
  if (field.present() && !field_.present()) field.entries(example_of(section));  // reports what it is instead
  if (field_.present()) check_keys();
}

void Mapping::check_keys() {
  const std::string where = field_.path().empty() ? "" : " in " + field_.path();
  for (const Member& member : field_.node().members) {
    if (is_known(section_, member.key)) continue;
    if (field_.report().full()) return;
    if (const Unbuilt* later = find_unbuilt(section_, member.key)) {
      has_unbuilt_ = true;
      field_.report().error(member.mark, not_supported_yet(*later));
    } else if (const auto home = home_of(section_, member.key); !home.empty() && !is_misspelt(section_, member.key)) {
      field_.report().error(member.mark, in_quotes(member.key) + " belongs under '" + std::string(home) + ":'" + where +
                                             "; move it there");
    } else {
      const auto near = nearest_name(member.key, all_keys(section_));
      const auto known = known_keys(section_);
      field_.report().error(
          member.mark, "unknown key " + in_quotes(member.key) + where +
                           (near ? "; did you mean '" + *near + "'?" : did_you_mean("", {known.begin(), known.end()})));
    }
  }
}

Field Mapping::operator[](std::string_view key) const {
  if (!is_known(section_, key)) throw std::logic_error("known_keys lacks '" + std::string(key) + "'");
  const Member* member = field_.present() ? field_.node().find(key) : nullptr;
  return Field(member ? &member->value : nullptr, member ? member->value.mark : field_.mark(),
               joined(field_.path(), key), field_.report());
}

Field Mapping::required(std::string_view key, std::string_view remedy) const {
  Field found = (*this)[key];
  if (!found.present() && field_.present())
    field_.error("'" + std::string(key) + "' is missing; " + std::string(remedy));
  return found;
}

std::optional<std::string_view> Mapping::only_one(std::initializer_list<std::string_view> kinds,
                                                  std::string_view remedy) const {
  std::vector<std::string> found;
  for (std::string_view kind : kinds)
    if (has(kind)) found.emplace_back(kind);
  if (found.size() == 1) return *std::find(kinds.begin(), kinds.end(), found.front());
  if (found.size() > 1)
    field_.error(listed(found) + " cannot stand together; " + std::string(remedy));
  else if (field_.present() && !has_unbuilt_)  // a kind that is not built yet was reported already
    field_.error("needs one of " + listed({kinds.begin(), kinds.end()}) + "; " + std::string(remedy));
  return std::nullopt;
}

}  // namespace nowd
