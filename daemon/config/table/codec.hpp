// Codecs: how a file writes the value of a key, and within which limits. A row of a table (job_table.hpp,
// daemon_table.hpp) names one. read(field) reports a wrong value and returns nothing for it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/yaml/field.hpp"

namespace nowd::codec {

struct Text {
  auto read(const Field& field) const { return field.text(); }
};
struct FilledText {
  auto read(const Field& field) const { return field.filled_text(); }
};
struct Name {
  auto read(const Field& field) const { return field.name(); }
};
struct Texts {
  auto read(const Field& field) const { return field.texts(); }
};
struct Boolean {
  auto read(const Field& field) const { return field.boolean(); }
};
struct Integer {
  std::int64_t min, max;
  auto read(const Field& field) const { return field.integer(min, max); }
};
struct Size {
  std::int64_t max;  ///< bytes
  auto read(const Field& field) const { return field.size(max); }
};
struct Duration {
  milliseconds min, max;
  auto read(const Field& field) const { return field.duration(min, max); }
};
struct WholeSeconds {
  seconds min, max;
  auto read(const Field& field) const { return field.whole_seconds(min, max); }
};
struct TimeOfDay {
  auto read(const Field& field) const { return field.time_of_day(); }
};
struct Date {
  auto read(const Field& field) const { return field.day(); }
};
struct Money {
  auto read(const Field& field) const { return field.usd(); }
};
struct Percent {
  auto read(const Field& field) const { return field.percent(); }
};
struct JsonObject {
  auto read(const Field& field) const { return field.json_object(); }
};
/// One of a few words, kept as a text.
struct Word {
  std::vector<std::string> words;
  auto read(const Field& field) const { return field.word(words); }
};
/// One of a few words, kept as an enum.
template <class T, std::size_t size>
struct OneOf {
  const Words<T, size>& words;
  auto read(const Field& field) const { return field.choice(words); }
};

/// A mapping with a table, read by its rows.
template <class T>
struct Section {};
/// Read by code of its section. `shape` names the definition of the JSON Schema that describes the value.
struct ByHand {
  std::string_view shape = {};
};
/// Read by code too; the mapping in it has the table of T. A key of T that stands outside of it by mistake is sent
/// here, if `is_home`.
template <class T>
struct Inside {
  std::string_view shape = {};
  bool is_home = false;
};

/// One alternative of a variant: a key of which a section has exactly one.
template <class T>
struct Alternative {
  std::string_view shape = {};
};

}  // namespace nowd::codec
