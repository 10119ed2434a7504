// Typed reading of a YAML tree: each read checks its value and reports a fault in it; reading goes on after a fault.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>
#include "config/yaml/yaml_tree.hpp"
#include "domain/model/money.hpp"
#include "foundation/json.hpp"
#include "foundation/time/time.hpp"

namespace nowd {

/// The words for the values of an enum: one list for reading and writing.
template <class T, std::size_t size>
using Words = std::array<std::pair<std::string_view, T>, size>;

/// Requires: the list is complete.
template <class T, std::size_t size>
std::string word_of(const Words<T, size>& words, T value) {
  for (const auto& [word, meaning] : words)
    if (meaning == value) return std::string(word);
  return "";
}

template <class T, std::size_t size>
std::optional<T> meaning_of(const Words<T, size>& words, std::string_view word) {
  for (const auto& [known, meaning] : words)
    if (known == word) return meaning;
  return std::nullopt;
}

/// A value and its name ("limits.wall"), or the absence of one. A read gives nothing if the value is absent or wrong;
/// only the latter is reported.
class Field {
 public:
  Field(const Node* node, Mark mark, std::string path, Report& report)
      : node_(node), mark_(mark), path_(std::move(path)), report_(&report) {}

  bool present() const { return node_ != nullptr; }
  bool is(Node::Kind kind) const { return present() && node_->kind == kind; }
  const Node& node() const { return *node_; }  ///< Requires: present()
  Mark mark() const { return mark_; }
  const std::string& path() const { return path_; }
  Report& report() const { return *report_; }

  /// Reports "path: message", at this value.
  void error(std::string_view what) const;
  void warning(std::string_view what) const;

  std::optional<std::string> text() const;         ///< any scalar, as written; may be empty
  std::optional<std::string> filled_text() const;  ///< not empty
  std::optional<std::string> name() const;         ///< [a-zA-Z0-9_.-]{1,64}
  std::optional<std::int64_t> integer(std::int64_t least, std::int64_t greatest) const;
  std::optional<bool> boolean() const;
  std::optional<milliseconds> duration(milliseconds least, milliseconds greatest) const;
  std::optional<seconds> whole_seconds(seconds least, seconds greatest) const;
  /// "4096", "256 KiB" or "1 MiB".
  std::optional<std::int64_t> size(std::int64_t greatest) const;
  std::optional<std::vector<std::string>> texts() const;  ///< a list of texts, or one text
  std::optional<Usd> usd() const;                         ///< an amount in US dollars
  std::optional<LocalDay> day() const;                    ///< "2026-12-25"
  std::optional<seconds> time_of_day() const;             ///< "18:00", since midnight
  std::optional<int> percent() const;                     ///< "0%" to "100%"
  /// Any value, by YAML 1.2's core schema: plain null, true, false and numbers have their type, all else is text
  /// ("yes" too). Values without a form in JSON (.inf, .nan), and numbers that can be read in two ways (0123), are
  /// reported.
  std::optional<Json> json() const;
  std::optional<Json> json_object() const;

  std::optional<std::string> word(const std::vector<std::string>& known) const;  ///< one of a few

  /// One of a few words, as its meaning.
  template <class T, std::size_t size>
  std::optional<T> choice(const Words<T, size>& words) const {
    const auto word = filled_text();
    if (!word) return std::nullopt;
    std::vector<std::string> known;
    for (const auto& [name, value] : words) {
      if (*word == name) return value;
      known.emplace_back(name);
    }
    error_unknown(*word, known);
    return std::nullopt;
  }
  /// "path: 'word' is not known; did you mean …".
  void error_unknown(std::string_view word, const std::vector<std::string>& known) const;

  /// The items of a list; a value that is no list is reported. `example` is a right one, for that message.
  std::vector<Field> items(std::string_view example = {}) const;
  /// Of a mapping with free names, in their order; a field's mark is its value's.
  std::vector<std::pair<const Member*, Field>> entries(std::string_view example = {}) const;

 private:
  bool expect(Node::Kind kind, std::string_view what) const;

  const Node* node_;
  Mark mark_;
  std::string path_;
  Report* report_;
};

/// Overwrites a default with a value that was read.
template <class T, class U>
void assign(T& into, std::optional<U> value) {
  if (value) into = std::move(*value);
}

std::string joined(std::string_view path, std::string_view key);

/// `path`, or below `folder` if it is relative.
std::string below(const std::string& folder, const std::string& path);

}  // namespace nowd
