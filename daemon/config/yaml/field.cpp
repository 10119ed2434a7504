#include "config/yaml/field.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "foundation/text/nearest.hpp"
#include "foundation/time/civil.hpp"

namespace nowd {
namespace {

std::string kind_name(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::null:
      return "empty";
    case Node::Kind::scalar:
      return "text";
    case Node::Kind::sequence:
      return "a list";
    case Node::Kind::map:
      return "a mapping";
  }
  return "empty";
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

std::string such_as(std::string_view kind, std::string_view example) {
  return std::string(kind) + (example.empty() ? "" : ", such as " + std::string(example));
}

std::optional<std::int64_t> decimal(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string joined(std::string_view path, std::string_view key) {
  return path.empty() ? std::string(key) : std::string(path) + "." + std::string(key);
}

std::string below(const std::string& folder, const std::string& path) {
  return (std::filesystem::path(folder) / path).lexically_normal().string();
}

void Field::error(std::string_view what) const {
  report_->error(mark_, path_.empty() ? std::string(what) : path_ + ": " + std::string(what));
}

void Field::warning(std::string_view what) const {
  report_->warning(mark_, path_.empty() ? std::string(what) : path_ + ": " + std::string(what));
}

void Field::error_unknown(std::string_view word, const std::vector<std::string>& known) const {
  error(in_quotes(word) + " is not known here" + did_you_mean(word, known));
}

bool Field::expect(Node::Kind kind, std::string_view what) const {
  if (!present()) return false;
  if (node_->kind == kind) return true;
  if (node_->kind == Node::Kind::null)
    error("has no value; write " + std::string(what) + ", or remove the line");
  else
    error("is " + kind_name(node_->kind) + ", but must be " + std::string(what));
  return false;
}

std::optional<std::string> Field::text() const {
  if (!expect(Node::Kind::scalar, "a text")) return std::nullopt;
  return node_->text;
}

std::optional<std::string> Field::filled_text() const {
  auto value = text();
  if (!value || value->find_first_not_of(" \t\r\n") != std::string::npos) return value;
  error("is empty; write a text, or remove the line");
  return std::nullopt;
}

std::optional<std::string> Field::name() const {
  auto value = filled_text();
  if (!value) return std::nullopt;
  if (value->size() <= 64 && std::all_of(value->begin(), value->end(), is_name_character)) return value;
  error(in_quotes(*value) + " is not a name; use letters, digits, '_', '.' and '-', at most 64 of them");
  return std::nullopt;
}

std::optional<std::string> Field::word(const std::vector<std::string>& known) const {
  auto value = filled_text();
  if (!value || std::find(known.begin(), known.end(), *value) != known.end()) return value;
  error_unknown(*value, known);
  return std::nullopt;
}

std::optional<std::int64_t> Field::integer(std::int64_t least, std::int64_t greatest) const {
  if (!expect(Node::Kind::scalar, "a whole number")) return std::nullopt;
  const auto value = decimal(node_->text);
  if (!value)
    error(in_quotes(node_->text) + " is not a whole number");
  else if (node_->quoted)
    error(in_quotes(node_->text) + " is text, because it is quoted; write the number without quotes");
  else if (*value < least || *value > greatest)
    error(node_->text + " is out of range; it must be from " + std::to_string(least) + " to " +
          std::to_string(greatest));
  else
    return value;
  return std::nullopt;
}

std::optional<bool> Field::boolean() const {
  if (!expect(Node::Kind::scalar, "true or false")) return std::nullopt;
  if (!node_->quoted && node_->text == "true") return true;
  if (!node_->quoted && node_->text == "false") return false;
  error(in_quotes(node_->text) + " is neither true nor false; write true or false, without quotes");
  return std::nullopt;
}

std::optional<milliseconds> Field::duration(milliseconds least, milliseconds greatest) const {
  if (!expect(Node::Kind::scalar, "a duration such as 90s or 5m")) return std::nullopt;
  const auto value = parse_duration(node_->text);
  if (!value)
    error(in_quotes(node_->text) + " is not a duration; write it like 90s, 5m, 2h or 1d");
  else if (*value < least || *value > greatest)
    error(in_quotes(node_->text) + " is out of range; it must be from " + human(least) + " to " + human(greatest));
  else
    return *value;
  return std::nullopt;
}

std::optional<seconds> Field::whole_seconds(seconds least, seconds greatest) const {
  const auto value = duration(least, greatest);
  if (!value) return std::nullopt;
  if (*value % seconds{1} == milliseconds{0}) return std::chrono::duration_cast<seconds>(*value);
  error(in_quotes(node_->text) + " is not a whole number of seconds; schedules count in seconds");
  return std::nullopt;
}

std::optional<std::int64_t> Field::size(std::int64_t greatest) const {
  if (!expect(Node::Kind::scalar, "a size such as 256 KiB")) return std::nullopt;
  std::string_view text = node_->text;
  std::int64_t unit = 1;
  for (const auto& [suffix, factor] : {std::pair{"KiB", 1024}, std::pair{"MiB", 1024 * 1024}})
    if (text.ends_with(suffix)) {
      text.remove_suffix(3);
      unit = factor;
    }
  while (text.ends_with(' ')) text.remove_suffix(1);
  const auto count = decimal(text);
  if (!count)
    error(in_quotes(node_->text) + " is not a size; write bytes, or a number with KiB or MiB: 256 KiB");
  else if (*count < 1 || *count > greatest / unit)
    error(in_quotes(node_->text) + " is out of range; it must be from 1 byte to " + std::to_string(greatest / 1024) +
          " KiB");
  else
    return *count * unit;
  return std::nullopt;
}

std::optional<std::vector<std::string>> Field::texts() const {
  if (is(Node::Kind::scalar)) {
    auto one = filled_text();
    return one ? std::optional(std::vector{*one}) : std::nullopt;
  }
  if (!expect(Node::Kind::sequence, "a list of texts")) return std::nullopt;
  std::vector<std::string> out;
  bool good = true;
  for (const Field& item : items()) {
    auto one = item.text();
    good = good && one;
    if (one) out.push_back(std::move(*one));
  }
  return good ? std::optional(std::move(out)) : std::nullopt;
}

std::optional<Usd> Field::usd() const {
  const auto text = filled_text();
  if (!text) return std::nullopt;
  const Result<Usd> usd = parse_usd(*text);
  if (usd) return *usd;
  error(usd.error().message);
  return std::nullopt;
}

std::optional<LocalDay> Field::day() const {
  const auto text = filled_text();
  if (!text) return std::nullopt;
  if (auto day = parse_local_day(*text)) return *day;
  error(in_quotes(*text) + " is not a date; write it like 2026-12-25");
  return std::nullopt;
}

std::optional<seconds> Field::time_of_day() const {
  const auto text = filled_text();
  if (!text) return std::nullopt;
  const auto slot = parse_local("2000-01-01T" + *text);
  if (slot) return std::chrono::duration_cast<seconds>(*slot - LocalTime{day_of(*slot)});
  error(in_quotes(*text) + " is not a time of day; write it like \"18:00\", in quotes");
  return std::nullopt;
}

std::optional<int> Field::percent() const {
  const auto text = filled_text();
  if (!text) return std::nullopt;
  const bool digits = text->size() >= 2 && text->size() <= 4 && text->back() == '%' &&
                      text->find_first_not_of("0123456789") == text->size() - 1;
  const int percent = digits ? std::stoi(*text) : 101;
  if (percent <= 100) return percent;
  error(in_quotes(*text) + " is not a percentage from 0% to 100%; write how many of the runs, as 5%");
  return std::nullopt;
}

std::optional<Json> Field::json_object() const { return expect(Node::Kind::map, "a mapping") ? json() : std::nullopt; }

std::vector<Field> Field::items(std::string_view example) const {
  std::vector<Field> out;
  if (!expect(Node::Kind::sequence, such_as("a list", example))) return out;
  for (const Node& item : node_->items)
    out.emplace_back(&item, item.mark, path_ + "[" + std::to_string(out.size()) + "]", *report_);
  return out;
}

std::vector<std::pair<const Member*, Field>> Field::entries(std::string_view example) const {
  std::vector<std::pair<const Member*, Field>> out;
  if (!expect(Node::Kind::map, such_as("a mapping", example))) return out;
  for (const Member& member : node_->members)
    out.emplace_back(&member, Field(&member.value, member.value.mark, joined(path_, member.key), *report_));
  return out;
}

}  // namespace nowd
