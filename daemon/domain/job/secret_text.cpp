#include "domain/job/secret_text.hpp"

#include <algorithm>

namespace nowd {
namespace {

Result<SecretSource> source_of(std::string_view reference) {
  const std::size_t colon = reference.find(':');
  const std::string_view kind = reference.substr(0, colon);
  const std::string name(colon == std::string_view::npos ? "" : reference.substr(colon + 1));
  if (kind == "credential" && !name.empty()) return SecretSource{SecretSource::Kind::credential, name};
  if (kind == "env" && !name.empty()) return SecretSource{SecretSource::Kind::env, name};
  return invalid("${" + std::string(reference) + "} is not known; write ${credential:NAME} or ${env:NAME}");
}

Result<std::string> reveal(std::string_view reference, const SecretReader& secrets, Redactor& redact) {
  const auto source = source_of(reference);
  if (!source) return source.error();
  const auto secret = secrets(*source);
  if (!secret) return secret.error();
  redact.add(*secret);
  return secret->reveal();
}

constexpr std::size_t kept_of_a_source = 2;  // a key that was replaced may still be echoed

}  // namespace

Result<Secret> SecretReader::operator()(const SecretSource& source) const {
  Result<Secret> secret = read_(source);
  if (!secret || secret->empty()) return secret;
  std::vector<Secret>& kept = known_->values[{source.kind, source.name}];
  const auto same = [&](const Secret& one) { return one.reveal() == secret->reveal(); };
  if (std::any_of(kept.begin(), kept.end(), same)) return secret;
  if (kept.size() == kept_of_a_source) kept.erase(kept.begin());
  kept.push_back(*secret);
  known_->all = Redactor();
  for (const auto& [unused, values] : known_->values)
    for (const Secret& value : values) known_->all.add(value);
  return secret;
}

Result<std::string> fill_secrets(std::string_view text, const TemplateValues& values, const SecretReader& secrets,
                                 Redactor& redact) {
  std::string out;
  while (true) {
    const std::size_t open = text.find("${");
    const auto before = render(text.substr(0, open), values);
    if (!before) return before.error();
    out += *before;
    if (open == std::string_view::npos) return out;
    const std::size_t close = text.find('}', open);
    if (close == std::string_view::npos) return invalid("'${' has no '}'");
    const auto secret = reveal(text.substr(open + 2, close - open - 2), secrets, redact);
    if (!secret) return secret.error();
    out += *secret;
    text.remove_prefix(close + 1);
  }
}

Result<std::string> header_value(const std::string& name, std::string_view text, const TemplateValues& values,
                                 const SecretReader& secrets, Redactor& redact) {
  if (!is_header_name(name)) return invalid("'" + name + "' is not the name of a header");
  auto value = fill_secrets(text, values, secrets, redact);
  if (!value) return Error{value.error().kind, "header " + name + ": " + value.error().message};
  // A line break here could add a foreign header.
  if (value->find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
    return refused("header " + name + ": the value has a line break or a NUL in it");
  return value;
}

std::vector<SecretSource> named_secrets(std::string_view text) {
  std::vector<SecretSource> found;
  for (std::size_t open; (open = text.find("${")) != std::string_view::npos;) {
    const std::size_t close = text.find('}', open);
    if (close == std::string_view::npos) break;
    if (const auto source = source_of(text.substr(open + 2, close - open - 2))) found.push_back(*source);
    text.remove_prefix(close + 1);
  }
  return found;
}

bool is_header_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

}  // namespace nowd
