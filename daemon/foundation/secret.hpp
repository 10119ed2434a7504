// A secret that cannot be printed by accident, and the redaction of secrets in texts that are stored, logged or shown.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace nowd {

/// A value that no formatter, stream or comparison accepts. reveal() marks the few places that use it.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  const std::string& reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

 private:
  std::string value_;
};

/// Replaces each known secret in texts by "[redacted]", in every form of forms_of_secret (also in JSON within JSON),
/// and its beginning where a text was cut ("…"). Linear in the text. Secrets shorter than six characters and
/// placeholders (is_placeholder) are not searched for, because they would redact ordinary words. Copies share the
/// search tree; const functions may run on several threads at once.
class Redactor {
 public:
  void add(const Secret& secret);
  std::string operator()(std::string_view text) const;
  bool empty() const { return forms_.empty(); }

 private:
  class Search;
  std::vector<std::string> forms_;  // without backslashes, sorted, each once
  std::shared_ptr<const Search> search_;
};

/// The spellings of a secret in URLs, JSON and HTTP headers: unchanged, JSON escaped, URL escaped, and in base64, alone
/// or within a longer value ("user:secret") at each of the three offsets. Some may be equal.
std::vector<std::string> forms_of_secret(const std::string& value);

}  // namespace nowd
