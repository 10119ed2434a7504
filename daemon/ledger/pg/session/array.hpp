// Values in the form that Postgres accepts, and array literals of them for unnest($1::text[], …): one column of a
// batch. Models, tools and servers send any bytes and any numbers, so every limit on values stands here.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "foundation/time/clock.hpp"

namespace nowd::pg {

/// Limits in bytes for texts from outside: names (they may be in an index), and explanations for people.
inline constexpr std::size_t max_name = 1'000;
inline constexpr std::size_t max_words = 16'000;

/// JSON for a jsonb column: an escaped U+0000, which jsonb refuses, becomes U+FFFD. Requires: one whole JSON value.
struct JsonText {
  std::string text;
};
std::string storable(const JsonText& json);

/// An instant in the years 1 to 9999; an instant outside becomes the nearest inside.
std::string timestamptz(Instant at);

/// An interval in microseconds, at most a hundred years: a reader that counts nanoseconds can hold that.
template <class Rep, class Period>
std::string interval(std::chrono::duration<Rep, Period> span) {
  constexpr days longest{36'500};
  const auto whole = std::chrono::duration_cast<days>(span);  // of any unit, and never too large for one
  const auto bounded = whole > longest    ? microseconds{longest}
                       : whole < -longest ? microseconds{-longest}
                                          : std::chrono::duration_cast<microseconds>(span);
  return std::to_string(bounded.count()) + " microseconds";
}

/// Collects values and gives a Postgres array literal: {"a",NULL,"b"}.
class Array {
 public:
  Array& add(std::string_view text);
  Array& add_null();
  Array& add(const std::string& text) { return add(std::string_view(text)); }
  Array& add(const char* text) { return add(std::string_view(text)); }
  Array& add(const JsonText& json) { return add(std::string_view(storable(json))); }
  Array& add(std::int64_t number) { return plain(std::to_string(number)); }
  Array& add(int number) { return add(static_cast<std::int64_t>(number)); }
  Array& add(bool value) { return plain(value ? "t" : "f"); }
  Array& add(Instant at) { return plain(timestamptz(at)); }
  template <class Rep, class Period>
  Array& add(std::chrono::duration<Rep, Period> span) {
    return add(std::string_view(interval(span)));
  }
  template <class T>
  Array& add(const std::optional<T>& value) {
    return value ? add(*value) : add_null();
  }

  std::string literal() const { return "{" + body_ + "}"; }
  std::size_t size() const { return size_; }

 private:
  Array& plain(std::string_view text);  ///< for values without quotes

  std::string body_;
  std::size_t size_ = 0;
};

}  // namespace nowd::pg
