// Where a secret comes from.
#pragma once

#include <concepts>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/prompt/template.hpp"
#include "foundation/secret.hpp"

namespace nowd {

/// Read when needed, again when the file changes; never stored.
struct SecretSource {
  enum class Kind { none, credential, file, env };
  Kind kind = Kind::none;
  std::string name;  ///< the systemd credential's name, the file's path, or the variable's name
  bool operator==(const SecretSource&) const = default;
};

// Texts of the configuration with ${credential:NAME} and ${env:NAME}: secrets are put in at the last moment, and
// remembered for redaction.

/// Reads secrets, and remembers them: they are redacted from all that a command or a model returns.
/// Copies share what they know. For one thread at a time.
class SecretReader {
 public:
  using Read = std::function<Result<Secret>(const SecretSource&)>;

  /// Where there are none to read: every secret is empty.
  SecretReader() : SecretReader([](const SecretSource&) -> Result<Secret> { return Secret(); }) {}
  template <typename R>
    requires(!std::same_as<std::remove_cvref_t<R>, SecretReader> && std::constructible_from<Read, R>)
  SecretReader(R read) : read_(std::move(read)), known_(std::make_shared<Known>()) {}

  Result<Secret> operator()(const SecretSource& source) const;
  /// The secrets that were read so far: of each source its present value and the one before.
  const Redactor& known() const { return known_->all; }

 private:
  struct Known {
    std::map<std::pair<SecretSource::Kind, std::string>, std::vector<Secret>> values;
    Redactor all;
  };
  Read read_;
  std::shared_ptr<Known> known_;
};

/// Fills a text: its {{tokens}} and its secrets. Only the configuration's own text names secrets: "${…}" in the value
/// of a token is text. Each secret read is added to `redact`. Errors never hold a value: an unknown ${…}, an unreadable
/// secret.
Result<std::string> fill_secrets(std::string_view text, const TemplateValues& values, const SecretReader& secrets,
                                 Redactor& redact);

/// The same for one header value. Errors name the header; also a CR, LF or NUL.
Result<std::string> header_value(const std::string& name, std::string_view text, const TemplateValues& values,
                                 const SecretReader& secrets, Redactor& redact);

/// The secrets that a text names, in their order; other ${…} are passed over.
std::vector<SecretSource> named_secrets(std::string_view text);

/// A field name by RFC 9110, 5.1.
bool is_header_name(std::string_view name);

}  // namespace nowd
