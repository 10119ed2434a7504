// A secret that cannot be printed by accident, and the redaction of all secrets in what is stored, logged or shown.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace nowd {

/// A value that no formatter, stream or comparison takes. reveal() marks the few places where it leaves.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  const std::string& reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

 private:
  std::string value_;
};

/// Replaces each known secret in texts, in the forms it may take on the way: plain, URL and JSON escaped (also JSON
/// within JSON), base64 by itself or within something longer ("user:secret"), and its beginning where a text was cut
/// ("…"). A text takes time in proportion to its length, whatever it holds. Not searched for: secrets shorter than six
/// characters, and placeholders (is_placeholder): they would redact ordinary words. Copies share what they know; const
/// functions may run on several threads at once.
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

// The forms that a secret may take on its way through URLs, JSON and HTTP headers.

/// As it is, JSON escaped, URL escaped, and in base64 at each of its three offsets. Some may be equal.
std::vector<std::string> forms_of_secret(const std::string& value);

}  // namespace nowd
