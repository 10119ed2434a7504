#include "surface/row.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

namespace nowd::row {
namespace {

const Json* find(const Json& row, const char* column) {
  if (!row.is_object()) return nullptr;
  const auto found = row.find(column);
  return found == row.end() || found->is_null() ? nullptr : &*found;
}

}  // namespace

std::string text(const Json& row, const char* column) {
  const Json* value = find(row, column);
  if (value == nullptr) return {};
  return value->is_string() ? value->get<std::string>() : dump_json(*value);
}

std::optional<Instant> instant(const Json& row, const char* column) {
  const Json* value = find(row, column);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  const Result<Instant> at = parse_rfc3339(value->get_ref<const std::string&>());
  return at ? std::optional(*at) : std::nullopt;
}

std::optional<nanoseconds> span(const Json& row, const char* column) {
  const Json* value = find(row, column);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  // To the microsecond, which is all that Postgres keeps.
  return microseconds{std::llround(value->get<double>() * 1e6)};
}

std::optional<std::int64_t> number(const Json& row, const char* column) {
  const Json* value = find(row, column);
  if (value == nullptr || !value->is_number_integer()) return std::nullopt;
  return value->get<std::int64_t>();
}

bool flag(const Json& row, const char* column) {
  const Json* value = find(row, column);
  return value != nullptr && value->is_boolean() && value->get<bool>();
}

}  // namespace nowd::row
