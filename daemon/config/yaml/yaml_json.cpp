// YAML values as JSON: parameters, JSON Schemas and arguments, which nowd passes on.
#include <algorithm>
#include <charconv>
#include <cmath>

#include "config/yaml/field.hpp"

namespace nowd {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Digits with an optional sign.
bool looks_whole(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

/// [-+]? ( .digits | digits [ .digits? ] ) [ e[-+]?digits ], as the core schema has it.
bool looks_decimal(std::string_view text) {
  auto digits = [&text] {
    std::size_t count = 0;
    while (count < text.size() && is_digit(text[count])) ++count;
    text.remove_prefix(count);
    return count;
  };
  auto skip = [&text](std::string_view any) {
    const bool there = !text.empty() && any.find(text.front()) != std::string_view::npos;
    if (there) text.remove_prefix(1);
    return there;
  };
  skip("+-");
  const std::size_t before = digits();
  const std::size_t after = skip(".") ? digits() : 0;
  if (before + after == 0) return false;
  if (!skip("eE")) return text.empty();
  skip("+-");
  return digits() > 0 && text.empty();
}

template <class T>
std::optional<T> number(std::string_view text, int base = 10) {
  if (text.starts_with('+')) text.remove_prefix(1);
  T value{};
  std::from_chars_result result{};
  if constexpr (std::is_floating_point_v<T>)
    result = std::from_chars(text.data(), text.data() + text.size(), value);
  else
    result = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (result.ec != std::errc{} || result.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<Json> whole(const Field& field, std::string_view text) {
  const std::string_view digits = text.substr(is_digit(text.front()) ? 0 : 1);
  if (digits.size() > 1 && digits.front() == '0')
    field.error(in_quotes(text) + " has a leading zero; quote it if it is text, drop the zero if it is a number");
  else if (auto value = number<std::int64_t>(text))
    return Json(*value);
  else
    field.error(in_quotes(text) + " is too large for a number; quote it if it is text");
  return std::nullopt;
}

std::optional<Json> decimal(const Field& field, std::string_view text) {
  const auto value = number<double>(text);
  if (value && std::isfinite(*value)) return Json(*value);
  field.error(in_quotes(text) + " is out of range for a number; quote it if it is text");
  return std::nullopt;
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

bool is_not_finite(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return is_one_of(text, {".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"});
}

std::optional<Json> json_of_scalar(const Field& field) {
  const Node& node = field.node();
  const std::string& text = node.text;
  if (node.quoted || text.empty()) return Json(text);
  if (is_one_of(text, {"true", "True", "TRUE"})) return Json(true);
  if (is_one_of(text, {"false", "False", "FALSE"})) return Json(false);
  if (is_not_finite(text)) {
    field.error(in_quotes(text) + " has no form in JSON; use a number, or quote it if it is text");
    return std::nullopt;
  }
  if (looks_whole(text)) return whole(field, text);
  if (looks_decimal(text)) return decimal(field, text);
  if (text.starts_with("0x") || text.starts_with("0o"))
    if (auto value = number<std::int64_t>(text.substr(2), text[1] == 'x' ? 16 : 8)) return Json(*value);
  return Json(text);
}

std::optional<Json> json_of_sequence(const Field& field) {
  Json out = Json::array();
  bool good = true;
  for (const Field& item : field.items()) {
    auto value = item.json();
    good = good && value;
    if (value) out.push_back(std::move(*value));
  }
  return good ? std::optional(std::move(out)) : std::nullopt;
}

std::optional<Json> json_of_map(const Field& field) {
  Json out = Json::object();
  bool good = true;
  for (const auto& [member, entry] : field.entries()) {
    auto value = entry.json();
    good = good && value;
    if (value) out[member->key] = std::move(*value);
  }
  return good ? std::optional(std::move(out)) : std::nullopt;
}

}  // namespace

std::optional<Json> Field::json() const {
  if (!present()) return std::nullopt;
  switch (node_->kind) {
    case Node::Kind::null:
      return Json();
    case Node::Kind::scalar:
      return json_of_scalar(*this);
    case Node::Kind::sequence:
      return json_of_sequence(*this);
    case Node::Kind::map:
      return json_of_map(*this);
  }
  return std::nullopt;
}

}  // namespace nowd
