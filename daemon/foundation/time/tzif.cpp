#include "foundation/time/tzif.hpp"

#include <algorithm>

namespace nowd {
namespace {

/// Takes big-endian numbers and byte strings from the front. Past the end it gives zeros and is no longer ok().
class Bytes {
 public:
  explicit Bytes(std::string_view content) : rest_(content) {}

  bool ok() const { return ok_; }
  std::string_view rest() const { return rest_; }

  std::string_view take(std::size_t count) {
    if (count > rest_.size()) {
      ok_ = false;
      count = rest_.size();
    }
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  /// Two's complement, which sign extension of the shorter widths leaves to the caller's cast.
  std::uint64_t number(std::size_t width) {
    std::uint64_t value = 0;
    for (const char c : take(width)) value = value << 8 | static_cast<unsigned char>(c);
    return value;
  }
  std::size_t count() { return static_cast<std::size_t>(number(4)); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

struct Header {
  bool ok = false;
  std::size_t ut_flags = 0, standard_flags = 0, leap_seconds = 0, changes = 0, types = 0, characters = 0;

  std::size_t body_size(std::size_t time_width) const {
    return changes * (time_width + 1) + types * 6 + characters + leap_seconds * (time_width + 4) + standard_flags +
           ut_flags;
  }
};

Header take_header(Bytes& in) {
  Header header;
  const bool magic = in.take(4) == "TZif";
  const std::string_view version = in.take(16).substr(0, 1);  // then 15 reserved bytes
  header.ut_flags = in.count();
  header.standard_flags = in.count();
  header.leap_seconds = in.count();
  header.changes = in.count();
  header.types = in.count();
  header.characters = in.count();
  header.ok = in.ok() && magic && version >= "2" && header.types > 0;
  return header;
}

/// Files may list the beginning of time, which microseconds cannot reach.
Instant to_instant(std::uint64_t raw) {
  constexpr auto reach = std::chrono::duration_cast<seconds>(microseconds::max()) - days{1};
  return Instant{std::clamp(seconds{static_cast<std::int64_t>(raw)}, -reach, reach)};
}

std::optional<std::vector<ZoneReading>> take_types(Bytes& in, const Header& header) {
  struct Raw {
    seconds offset{};
    std::size_t abbreviation = 0;
  };
  std::vector<Raw> raw;
  for (std::size_t i = 0; i < header.types; ++i) {
    const seconds offset{static_cast<std::int32_t>(in.number(4))};
    in.take(1);  // is daylight time: a label that no rule here depends on
    raw.push_back({offset, static_cast<std::size_t>(in.number(1))});
  }
  const std::string_view names = in.take(header.characters);
  std::vector<ZoneReading> types;
  for (const Raw& type : raw) {
    if (type.abbreviation >= names.size()) return std::nullopt;
    const std::string_view name = names.substr(type.abbreviation);
    types.push_back({type.offset, std::string(name.substr(0, name.find('\0')))});
  }
  return types;
}

std::optional<std::string> take_footer(Bytes& in) {
  std::string_view rest = in.rest();
  if (rest.size() < 2 || rest.front() != '\n' || rest.back() != '\n') return std::nullopt;
  return std::string(rest.substr(1, rest.size() - 2));
}

}  // namespace

std::optional<CompiledZone> parse_tzif(std::string_view content) {
  Bytes in(content);
  const Header narrow = take_header(in);  // the same in 32 bits, for readers of version 1
  in.take(narrow.body_size(4));
  const Header header = take_header(in);
  if (!narrow.ok || !header.ok || header.body_size(8) > in.rest().size()) return std::nullopt;

  CompiledZone zone;
  for (std::size_t i = 0; i < header.changes; ++i) zone.changes.push_back({to_instant(in.number(8)), {}});
  const std::string_view type_of_change = in.take(header.changes);
  const auto types = take_types(in, header);
  if (!types) return std::nullopt;
  zone.first = types->front();
  for (std::size_t i = 0; i < header.changes; ++i) {
    const auto type = static_cast<unsigned char>(type_of_change[i]);
    if (type >= types->size()) return std::nullopt;
    zone.changes[i].to = (*types)[type];
    if (i > 0 && zone.changes[i].at < zone.changes[i - 1].at) return std::nullopt;
  }
  in.take(header.leap_seconds * 12 + header.standard_flags + header.ut_flags);
  const auto footer = take_footer(in);
  if (!footer) return std::nullopt;
  zone.footer = *footer;
  return zone;
}

}  // namespace nowd
