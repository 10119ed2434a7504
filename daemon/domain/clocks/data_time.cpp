#include "domain/clocks/data_time.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

namespace nowd {
namespace {

constexpr std::string_view header_prefix = "header:";

using Segments = std::vector<std::string>;

/// The zone of local times, and the window to compare with.
struct Frame {
  const Zone& zone;
  DataWindow window;
};

DataTimes found(Instant first, Instant last, const Frame& frame) {
  return {first, last, 1, 0, last >= frame.window.start && first < frame.window.end ? 1 : 0};
}
DataTimes found(Instant at, const Frame& frame) { return found(at, at, frame); }
DataTimes unreadable() { return {std::nullopt, std::nullopt, 0, 1}; }

/// Unix time by its size: 1e8 to 1e11 are seconds (1973 to 5138), from there to the year 9999 milliseconds. Less is
/// something else (20260601 is a date, not a day in 1970), more is another unit.
DataTimes unix_time(double value, const Frame& frame) {
  constexpr double min_seconds = 1e8;
  constexpr double min_milliseconds = 1e11;
  constexpr double end_milliseconds = 253'402'300'800'000;
  if (!(value >= min_seconds && value < end_milliseconds)) return unreadable();
  const double in_microseconds = value < min_milliseconds ? value * 1e6 : value * 1e3;
  return found(Instant{microseconds{std::llround(in_microseconds)}}, frame);
}

std::optional<double> as_number(std::string_view text) {
  const bool plain = !text.empty() && text.size() <= 32 &&
                     text.find_first_not_of("0123456789.") == std::string_view::npos && text.front() != '.';
  if (!plain || std::count(text.begin(), text.end(), '.') > 1) return std::nullopt;
  return std::stod(std::string(text));
}

/// A local time that a zone repeats is two instants: the data may be as old as the first and as new as the second.
DataTimes local_time(LocalTime local, const Frame& frame) {
  const Resolution resolved = frame.zone.resolve(local);
  switch (resolved.what) {
    case Resolution::Case::unique:
    case Resolution::Case::nonexistent:
      return found(resolved.first, frame);
    case Resolution::Case::ambiguous:
      return found(resolved.first, resolved.second, frame);
  }
  return unreadable();
}

/// A date has no time of day: it is in the window if a part of the day is.
DataTimes whole_day(LocalDay day, const Frame& frame) {
  DataTimes at_midnight = local_time(LocalTime{day}, frame);
  const Instant last = frame.zone.resolve(LocalTime{day + days{1}}).first - microseconds{1};
  at_midnight.inside = found(*at_midnight.oldest, last, frame).inside;
  return at_midnight;
}

DataTimes time_in_text(std::string_view text, const Frame& frame) {
  if (const auto at = parse_rfc3339(text)) return found(*at, frame);
  if (const auto day = parse_local_day(text)) return whole_day(*day, frame);
  if (const auto local = parse_local(text)) return local_time(*local, frame);
  if (const auto number = as_number(text)) return unix_time(*number, frame);
  return unreadable();
}

DataTimes time_in_value(const Json& value, const Frame& frame) {
  if (value.is_string()) return time_in_text(value.get_ref<const std::string&>(), frame);
  if (value.is_number()) return unix_time(value.get<double>(), frame);
  return unreadable();
}

/// "~1" is "/", "~0" is "~"; other uses of "~" are faults.
std::optional<std::string> unescape(std::string_view segment) {
  std::string out;
  for (std::size_t i = 0; i < segment.size(); ++i) {
    if (segment[i] != '~') {
      out += segment[i];
      continue;
    }
    const char code = i + 1 < segment.size() ? segment[++i] : '\0';
    if (code != '0' && code != '1') return std::nullopt;
    out += code == '0' ? '~' : '/';
  }
  return out;
}

std::optional<Segments> split(std::string_view pointer) {
  Segments segments;
  while (!pointer.empty()) {
    if (pointer.front() != '/') return std::nullopt;
    pointer.remove_prefix(1);
    const std::size_t end = std::min(pointer.find('/'), pointer.size());
    auto segment = unescape(pointer.substr(0, end));
    if (!segment) return std::nullopt;
    segments.push_back(std::move(*segment));
    pointer.remove_prefix(end);
  }
  return segments;
}

/// An array index by RFC 6901: digits without leading zeros. Nothing if it is none or is past the end.
const Json* element(const Json& array, const std::string& segment) {
  const bool digits =
      !segment.empty() && segment.size() <= 9 && segment.find_first_not_of("0123456789") == std::string::npos;
  if (!digits || (segment.size() > 1 && segment.front() == '0')) return nullptr;
  const auto index = static_cast<std::size_t>(std::stoul(segment));
  return index < array.size() ? &array[index] : nullptr;
}

const Json* child(const Json& value, const std::string& segment) {
  if (value.is_array()) return element(value, segment);
  if (!value.is_object()) return nullptr;
  const auto member = value.find(segment);
  return member == value.end() ? nullptr : &*member;
}

DataTimes collect(const Json& value, const Segments& segments, std::size_t depth, const Frame& frame) {
  if (depth == segments.size()) return time_in_value(value, frame);
  if (segments[depth] != "*") {
    const Json* next = child(value, segments[depth]);
    return next == nullptr ? DataTimes{} : collect(*next, segments, depth + 1, frame);
  }
  DataTimes all;
  if (!value.is_structured()) return all;
  for (const Json& next : value) all = merge(all, collect(next, segments, depth + 1, frame));
  return all;
}

bool is_header_name(std::string_view name) {
  const auto token = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  };
  return !name.empty() && std::all_of(name.begin(), name.end(), token);
}

}  // namespace

DataTimes data_times(const Json& document, std::string_view pointer, const Zone& zone, DataWindow window) {
  if (pointer.starts_with(header_prefix)) return {};
  const auto segments = split(pointer);
  return segments ? collect(document, *segments, 0, {zone, window}) : unreadable();
}

DataTimes data_time_of(std::string_view text, const Zone& zone, DataWindow window) {
  const Frame frame{zone, window};
  if (const auto at = parse_http_date(text)) return found(*at, frame);
  return time_in_text(text, frame);
}

DataTimes merge(const DataTimes& a, const DataTimes& b) {
  DataTimes out = a;
  if (b.oldest && (!out.oldest || *b.oldest < *out.oldest)) out.oldest = b.oldest;
  if (b.newest && (!out.newest || *b.newest > *out.newest)) out.newest = b.newest;
  out.count += b.count;
  out.unreadable += b.unreadable;
  out.inside += b.inside;
  return out;
}

std::optional<std::string> check_data_time(std::string_view pointer) {
  const std::string quoted = "data_time '" + std::string(pointer) + "'";
  if (pointer.starts_with(header_prefix)) {
    if (is_header_name(pointer.substr(header_prefix.size()))) return std::nullopt;
    return quoted + " names no header; write header:NAME, as header:Last-Modified";
  }
  if (!pointer.starts_with('/')) return quoted + " is neither a JSON pointer such as /notes/*/at nor header:NAME";
  if (!split(pointer)) return quoted + " has a '~' that is neither ~0 (for ~) nor ~1 (for /)";
  return std::nullopt;
}

}  // namespace nowd
