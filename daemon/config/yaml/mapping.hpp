// A YAML mapping read against its table of keys.
#pragma once

#include <initializer_list>
#include <optional>
#include <string_view>

#include "config/yaml/field.hpp"
#include "config/yaml/keys.hpp"

namespace nowd {

/// A mapping with a table of keys. Unknown keys, and keys not built yet, are reported when it is made.
class Mapping {
 public:
  Mapping(const Field& field, Section section);

  /// Requires: `key` is in known_keys(section); throws std::logic_error else, so that the table cannot fall behind.
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
  Section section_;
  bool has_unbuilt_ = false;
};

}  // namespace nowd
