// A secret that cannot be printed by accident, and the exact-match redaction of all secrets in what is stored or
// logged.
#pragma once

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

/// Replaces each known secret in texts, in the forms it may take on the way: plain, URL and JSON escaped, base64 by
/// itself or within something longer ("user:secret"), and its beginning where a text was cut ("…"). Secrets shorter
/// than six characters are not searched for: they would redact ordinary words.
class Redactor {
 public:
  void add(const Secret& secret);
  std::string operator()(std::string_view text) const;
  bool empty() const { return forms_.empty(); }

 private:
  std::size_t without_beginning(std::string& text, std::size_t cut) const;
  std::vector<std::string> forms_;
};

}  // namespace nowd
