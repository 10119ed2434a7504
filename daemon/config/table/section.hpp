// One description of each mapping of a file ("section"): a function describe(visitor, section) with a row for each key.
// Visitors read YAML, know the keys for "did you mean …?", write and read the canonical form, and make the JSON Schema.
//
// A new simple key needs three things: the member of the struct, a row in job_table.hpp or daemon_table.hpp, and its
// entry in the manual page. Tests compare the manual and config/nowd-job.schema.json with the rows. In a section that
// existing jobs have, the row is Kept::when_set, so that the revision of a job without the key stays the same.
//
//   template <class V> void describe(V& v, Retention& it) {
//     v.about("retention", "nowd-job.5", "{bodies: 30d}");
//     v.key("bodies", it.bodies, codec::Duration{hours{1}, days{36'500}}, "Texts are deleted this long after …");
//   }
//
// A visitor has these functions; the rows call them:
//   about(name, page, example)            the section's name in the manual page, and a right value for messages
//   key(name, member, codec, help, kept)  a key of the section, kept in a member
//   by_hand(name, codec, help)            a key whose value code of the section reads, kept in no member of that name
//   kept(name, member, kept)              a part of the canonical form that is no key of the section
//   choice(name, variant, codec, help)    a key that stands for one alternative of a variant
//   unbuilt(key, value, meanwhile)        a key, or one value of it, that is refused because it is not built yet
#pragma once

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "config/table/codec.hpp"
#include "config/yaml/field.hpp"

namespace nowd {

/// Whether a member is a part of the canonical form.
enum class Kept {
  always,
  when_set,   ///< only where the value differs from the default
  or_null,    ///< null where it is not set
  elsewhere,  ///< not in this section's part of the form
};

template <class T>
inline constexpr Kept usually_kept = Kept::always;
template <class T>
inline constexpr Kept usually_kept<std::optional<T>> = Kept::when_set;

struct SectionTable;

struct KeyRow {
  std::string_view name;
  const SectionTable* inside = nullptr;  ///< the table of the mapping that may stand there
  bool is_home = false;                  ///< a misplaced key of that mapping is sent there
};

/// A key that the design names but nowd does not build yet; or, with a value, one value of it. Refused, never ignored.
struct Unbuilt {
  std::string_view key;
  std::string_view value;
  std::string_view meanwhile;  ///< the remedy
  /// "'deliver' is not supported yet; …".
  std::string message() const;
};

/// The keys of one section, in the order of its rows.
struct SectionTable {
  std::string_view name;     ///< of its list of keys in the manual page, and of its definition in the JSON Schema
  std::string_view page;     ///< of the manual
  std::string_view example;  ///< a right value, for a message about a wrong one; may be empty
  std::vector<KeyRow> keys;
  std::vector<Unbuilt> unbuilt;

  bool has(std::string_view key) const { return std::ranges::find(keys, key, &KeyRow::name) != keys.end(); }
  std::vector<std::string> names() const;
  /// The names, and the keys that are not built: candidates for "did you mean …?".
  std::vector<std::string> all_names() const;
  /// The key under which a misplaced key belongs: "schedule" for `cron` in a job; empty = none.
  std::string_view home_of(std::string_view key) const;
  const Unbuilt* find_unbuilt(std::string_view key, std::string_view value = {}) const;
};

/// The tables of nowd.yaml and of a job, each once.
std::vector<const SectionTable*> all_section_tables();

template <class T>
const SectionTable& table_of();

/// The visitor that makes a SectionTable.
class TableBuilder {
 public:
  explicit TableBuilder(SectionTable& table) : table_(table) {}

  void about(std::string_view name, std::string_view page, std::string_view example = {}) {
    table_.name = name;
    table_.page = page;
    table_.example = example;
  }
  template <class T, class Codec>
  void key(std::string_view name, T&, const Codec& codec, std::string_view help, Kept = Kept::always) {
    by_hand(name, codec, help);
  }
  template <class Codec>
  void by_hand(std::string_view name, const Codec&, std::string_view) {
    table_.keys.push_back({name});
  }
  template <class T>
  void by_hand(std::string_view name, const codec::Section<T>&, std::string_view) {
    table_.keys.push_back({name, &table_of<T>(), true});
  }
  template <class T>
  void by_hand(std::string_view name, const codec::Inside<T>& codec, std::string_view) {
    table_.keys.push_back({name, &table_of<T>(), codec.is_home});
  }
  template <class T, class Variant>
  void choice(std::string_view name, Variant&, const codec::Alternative<T>&, std::string_view) {
    if constexpr (requires(TableBuilder& v, T& section) { describe(v, section); })
      table_.keys.push_back({name, &table_of<T>()});
    else
      table_.keys.push_back({name});
  }
  template <class... Ignored>
  void kept(const Ignored&...) {}
  void unbuilt(std::string_view key, std::string_view value, std::string_view meanwhile) {
    table_.unbuilt.push_back({key, value, meanwhile});
  }

 private:
  SectionTable& table_;
};

/// The table of the section that T describes.
template <class T>
const SectionTable& table_of() {
  static const SectionTable table = [] {
    SectionTable out;
    TableBuilder builder(out);
    T section{};
    describe(builder, section);
    return out;
  }();
  return table;
}

/// A mapping with a table of keys. The constructor reports unknown keys, and keys that are not built yet.
class Mapping {
 public:
  Mapping(const Field& field, const SectionTable& table);

  /// Requires: `key` is in the table; else throws std::logic_error, so that the table cannot fall behind.
  Field operator[](std::string_view key) const;
  /// Reports the absence too, at the mapping: "path: key is missing; remedy".
  Field required(std::string_view key, std::string_view remedy) const;
  bool has(std::string_view key) const { return field_.present() && field_.node().find(key) != nullptr; }
  /// The mapping as such, for messages.
  const Field& field() const { return field_; }

  bool has_unbuilt() const { return has_unbuilt_; }  ///< a key that is not built yet was reported

  /// The only one of `kinds` that is present; reports none, or more than one.
  std::optional<std::string_view> only_one(std::initializer_list<std::string_view> kinds,
                                           std::string_view remedy) const;

 private:
  void check_keys();

  Field field_;
  const SectionTable* table_;
  bool has_unbuilt_ = false;
};

/// The visitor that reads a mapping over the values that a section has already, by the codecs of its rows.
class KeyReader {
 public:
  explicit KeyReader(const Mapping& map) : map_(map) {}

  template <class T, class Codec>
  void key(std::string_view name, T& into, const Codec& codec, std::string_view, Kept = Kept::always) {
    if constexpr (requires { codec.read(map_.field()); })
      if (auto value = codec.read(map_[name])) {
        if constexpr (std::is_integral_v<T>)
          into = static_cast<T>(*value);
        else
          into = std::move(*value);
        done_.push_back(name);
      }
  }
  template <class T>
  void key(std::string_view name, T& into, const codec::Section<T>&, std::string_view, Kept = Kept::always) {
    KeyReader inner(Mapping(map_[name], table_of<T>()));
    describe(inner, into);
  }
  template <class... Ignored>
  void choice(const Ignored&...) {}
  template <class... Ignored>
  void about(const Ignored&...) {}
  template <class... Ignored>
  void by_hand(const Ignored&...) {}
  template <class... Ignored>
  void kept(const Ignored&...) {}
  template <class... Ignored>
  void unbuilt(const Ignored&...) {}

  const Mapping& map() const { return map_; }
  /// The key was present and its value right.
  bool has_read(std::string_view name) const { return std::ranges::find(done_, name) != done_.end(); }

 private:
  Mapping map_;
  std::vector<std::string_view> done_;
};

/// Reads the rows of a section from a field; the mapping is returned for keys that code reads, and for checks.
template <class T>
KeyReader read_section(const Field& field, T& section) {
  KeyReader reader(Mapping(field, table_of<T>()));
  describe(reader, section);
  return reader;
}

}  // namespace nowd
