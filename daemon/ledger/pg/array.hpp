// Array literals for unnest($1::text[], …): one column of a batch.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "foundation/clock.hpp"

namespace nowd::pg {

/// Collects values and gives a Postgres array literal: {"a",NULL,"b"}. Texts lose NUL (replaced by U+FFFD), because
/// Postgres cannot store it.
class Array {
 public:
  Array& add(std::string_view text);
  Array& add_null();
  Array& add(const std::string& text) { return add(std::string_view(text)); }
  Array& add(const char* text) { return add(std::string_view(text)); }
  Array& add(std::int64_t number) { return plain(std::to_string(number)); }
  Array& add(int number) { return add(static_cast<std::int64_t>(number)); }
  Array& add(bool value) { return plain(value ? "t" : "f"); }
  Array& add(Instant at) { return plain(rfc3339(at)); }
  Array& add(nanoseconds interval);  ///< as an interval, to the microsecond
  template <class T>
  Array& add(const std::optional<T>& value) {
    return value ? add(*value) : add_null();
  }

  std::string literal() const { return "{" + body_ + "}"; }
  std::size_t size() const { return size_; }

 private:
  Array& plain(std::string_view text);  ///< what needs no quotes

  std::string body_;
  std::size_t size_ = 0;
};

/// Text as Postgres can store it: valid UTF-8 without NUL; what is not is replaced by U+FFFD.
std::string storable(std::string_view text);

}  // namespace nowd::pg
