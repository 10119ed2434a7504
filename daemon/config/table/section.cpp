#include "config/table/section.hpp"

#include <stdexcept>

#include "config/table/daemon_table.hpp"
#include "config/table/job_table.hpp"
#include "foundation/text/nearest.hpp"
#include "foundation/text/words.hpp"

namespace nowd {
namespace {

/// One letter away from a key that belongs here: "provider" in nowd.yaml means providers.
bool is_misspelt(const SectionTable& table, std::string_view key) {
  const auto near = nearest_name(key, table.all_names());
  return near && edit_distance(key, *near) <= 1;
}

void add_tables(const SectionTable& table, std::vector<const SectionTable*>& out) {
  if (std::ranges::find(out, &table) != out.end()) return;
  out.push_back(&table);
  for (const KeyRow& key : table.keys)
    if (key.inside != nullptr) add_tables(*key.inside, out);
}

}  // namespace

std::vector<const SectionTable*> all_section_tables() {
  std::vector<const SectionTable*> out;
  add_tables(table_of<Config>(), out);
  add_tables(table_of<Job>(), out);
  return out;
}

std::string Unbuilt::message() const {
  return "'" + std::string(key) + (value.empty() ? "" : ": " + std::string(value)) + "' is not supported yet; " +
         std::string(meanwhile);
}

std::vector<std::string> SectionTable::names() const {
  std::vector<std::string> out;
  for (const KeyRow& key : keys) out.emplace_back(key.name);
  return out;
}

std::vector<std::string> SectionTable::all_names() const {
  std::vector<std::string> out = names();
  for (const Unbuilt& one : unbuilt)
    if (one.value.empty()) out.emplace_back(one.key);
  return out;
}

std::string_view SectionTable::home_of(std::string_view key) const {
  for (const KeyRow& row : keys)
    if (row.is_home && row.inside->has(key)) return row.name;
  return {};
}

const Unbuilt* SectionTable::find_unbuilt(std::string_view key, std::string_view value) const {
  for (const Unbuilt& one : unbuilt)
    if (one.key == key && one.value == value) return &one;
  return nullptr;
}

Mapping::Mapping(const Field& field, const SectionTable& table)
    : field_(field.is(Node::Kind::map) ? field : Field(nullptr, field.mark(), field.path(), field.report())),
      table_(&table) {
  if (field.present() && !field_.present()) field.entries(table.example);  // reports the kind of the value
  if (field_.present()) check_keys();
}

void Mapping::check_keys() {
  const std::string where = field_.path().empty() ? "" : " in " + field_.path();
  for (const Member& member : field_.node().members) {
    if (table_->has(member.key)) continue;
    if (field_.report().full()) return;
    if (const Unbuilt* later = table_->find_unbuilt(member.key)) {
      has_unbuilt_ = true;
      field_.report().error(member.mark, later->message());
    } else if (const auto home = table_->home_of(member.key); !home.empty() && !is_misspelt(*table_, member.key)) {
      field_.report().error(member.mark, in_quotes(member.key) + " belongs under '" + std::string(home) + ":'" + where +
                                             "; move it there");
    } else {
      const auto near = nearest_name(member.key, table_->all_names());
      field_.report().error(member.mark,
                            "unknown key " + in_quotes(member.key) + where +
                                (near ? "; did you mean '" + *near + "'?" : did_you_mean("", table_->names())));
    }
  }
}

Field Mapping::operator[](std::string_view key) const {
  if (!table_->has(key))
    throw std::logic_error("the table of " + std::string(table_->name) + " lacks '" + std::string(key) + "'");
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
