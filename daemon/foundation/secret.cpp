#include "foundation/secret.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace nowd {
namespace {

constexpr std::size_t shortest_searched = 6;

std::string base64(const std::string& value) {
  std::string out(4 * ((value.size() + 2) / 3) + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                      reinterpret_cast<const unsigned char*>(value.data()), static_cast<int>(value.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

std::string url_escaped(const std::string& value) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (byte < 128 && std::isalnum(byte)) || c == '-' || c == '.' || c == '_' || c == '~';
    if (plain)
      out += c;
    else
      out += {'%', digits[byte >> 4], digits[byte & 15]};
  }
  return out;
}

}  // namespace

void Redactor::add(const Secret& secret) {
  const std::string& value = secret.reveal();
  if (value.size() < shortest_searched) return;
  std::string json = nlohmann::json(value).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  for (std::string form : {value, base64(value), url_escaped(value), json.substr(1, json.size() - 2)})
    if (std::find(forms_.begin(), forms_.end(), form) == forms_.end()) forms_.push_back(std::move(form));
  // Longest first: a short form may be part of a longer one.
  std::sort(forms_.begin(), forms_.end(), [](const auto& a, const auto& b) { return a.size() > b.size(); });
}

std::string Redactor::operator()(std::string_view text) const {
  std::string out(text);
  for (const std::string& form : forms_)
    for (std::size_t at = out.find(form); at != std::string::npos; at = out.find(form, at + 10))
      out.replace(at, form.size(), "[redacted]");
  return out;
}

}  // namespace nowd
