#include "foundation/secret.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

namespace nowd {
namespace {

constexpr std::size_t shortest_searched = 6;
constexpr std::string_view cut_mark = "…";
constexpr std::string_view replacement = "[redacted]";

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

std::string json_escaped(const std::string& value, bool slashes) {
  const std::string quoted = nlohmann::json(value).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  std::string out;
  for (const char c : quoted.substr(1, quoted.size() - 2)) out += slashes && c == '/' ? "\\/" : std::string(1, c);
  return out;
}

std::vector<std::string> forms_of(const std::string& value) {
  constexpr std::string_view upper = "0123456789ABCDEF", lower = "0123456789abcdef";
  constexpr std::string_view unreserved = "-._~", in_paths = "-._~/";
  std::vector<std::string> forms{value,
                                 json_escaped(value, false),
                                 json_escaped(value, true),
                                 url_escaped(value, upper, unreserved),
                                 url_escaped(value, lower, unreserved),
                                 url_escaped(value, upper, in_paths),
                                 base64(value)};
  for (const std::size_t before : {0U, 1U, 2U}) {
    forms.push_back(base64_within(value, before));
    forms.push_back(url_safe(forms.back()));
  }
  return forms;
}

/// As std::string::find, which looks at every occurrence of the first character: these texts are long.
std::size_t place_of(const std::string& text, const std::string& form, std::size_t from) {
  if (from >= text.size()) return std::string::npos;
  const void* at = ::memmem(text.data() + from, text.size() - from, form.data(), form.size());
  return at == nullptr ? std::string::npos : static_cast<std::size_t>(static_cast<const char*>(at) - text.data());
}

/// How much of the form's beginning ends at `end`, if it is long enough to be no accident; else 0.
std::size_t beginning_at(std::string_view text, std::size_t end, std::string_view form) {
  for (std::size_t size = std::min(end, form.size() - 1); size >= shortest_searched; --size)
    if (text[end - 1] == form[size - 1] && text.substr(end - size, size) == form.substr(0, size)) return size;
  return 0;
}

}  // namespace

void Redactor::add(const Secret& secret) {
  const std::string& value = secret.reveal();
  if (value.size() < shortest_searched) return;
  for (std::string& form : forms_of(value))
    if (form.size() >= shortest_searched && std::find(forms_.begin(), forms_.end(), form) == forms_.end())
      forms_.push_back(std::move(form));
  // Longest first: a short form may be part of a longer one.
  std::sort(forms_.begin(), forms_.end(), [](const auto& a, const auto& b) { return a.size() > b.size(); });
}

std::string Redactor::operator()(std::string_view text) const {
  std::string out(text);
  for (const std::string& form : forms_)
    for (std::size_t at = place_of(out, form, 0); at != std::string::npos;
         at = place_of(out, form, at + replacement.size()))
      out.replace(at, form.size(), replacement);
  if (forms_.empty()) return out;
  for (std::size_t cut = out.find(cut_mark); cut != std::string::npos; cut = out.find(cut_mark, cut + cut_mark.size()))
    cut = without_beginning(out, cut);
  return out;
}

/// A server's words may have been cut inside a secret.
std::size_t Redactor::without_beginning(std::string& text, std::size_t cut) const {
  std::size_t longest = 0;
  for (const std::string& form : forms_) longest = std::max(longest, beginning_at(text, cut, form));
  if (longest == 0) return cut;
  text.replace(cut - longest, longest, replacement);
  return cut - longest + replacement.size();
}

}  // namespace nowd
