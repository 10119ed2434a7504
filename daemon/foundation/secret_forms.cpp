#include "foundation/secret_forms.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

namespace nowd {
namespace {

std::string base64(const std::string& value) {
  std::string out(4 * ((value.size() + 2) / 3) + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                      reinterpret_cast<const unsigned char*>(value.data()), static_cast<int>(value.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

/// What base64 makes of the value behind `before` other bytes ("Bearer …", "user:…") and before whatever follows: the
/// characters that depend on nothing but the value.
std::string base64_within(const std::string& value, std::size_t before) {
  static constexpr std::size_t mixed_at_start[] = {0, 2, 3};
  static constexpr std::size_t mixed_at_end[] = {0, 3, 2};
  const std::string whole = base64(std::string(before, '\0') + value);
  const std::size_t from = mixed_at_start[before];
  return whole.substr(from, whole.size() - from - mixed_at_end[(before + value.size()) % 3]);
}

std::string url_safe(std::string base64) {
  std::replace(base64.begin(), base64.end(), '+', '-');
  std::replace(base64.begin(), base64.end(), '/', '_');
  return base64;
}

std::string url_escaped(const std::string& value, std::string_view digits, std::string_view kept) {
  std::string out;
  for (char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 128 && std::isalnum(byte)) || kept.find(c) != kept.npos)
      out += c;
    else
      out += {'%', digits[byte >> 4], digits[byte & 15]};
  }
  return out;
}

std::string json_escaped(const std::string& value, bool ascii) {
  const std::string quoted = nlohmann::json(value).dump(-1, ' ', ascii, nlohmann::json::error_handler_t::replace);
  return quoted.substr(1, quoted.size() - 2);
}

/// As encoders write it that make JSON fit for HTML (Go's, PHP's).
std::string html_safe(const std::string& json) {
  std::string out;
  for (const char c : json) {
    if (c == '<' || c == '>' || c == '&' || c == '\'')
      out += std::string("\\u00") + (c == '<' ? "3c" : c == '>' ? "3e" : c == '&' ? "26" : "27");
    else
      out += c;
  }
  return out;
}

}  // namespace

std::vector<std::string> forms_of_secret(const std::string& value) {
  constexpr std::string_view upper = "0123456789ABCDEF", lower = "0123456789abcdef";
  constexpr std::string_view unreserved = "-._~", in_paths = "-._~/";
  std::vector<std::string> forms{value,
                                 json_escaped(value, true),
                                 json_escaped(value, false),
                                 html_safe(json_escaped(value, true)),
                                 url_escaped(value, upper, unreserved),
                                 url_escaped(value, lower, unreserved),
                                 url_escaped(value, upper, in_paths),
                                 url_escaped(value, lower, in_paths),
                                 base64(value)};
  for (const std::size_t before : {0U, 1U, 2U}) {
    forms.push_back(base64_within(value, before));
    forms.push_back(url_safe(forms.back()));
  }
  return forms;
}

}  // namespace nowd
