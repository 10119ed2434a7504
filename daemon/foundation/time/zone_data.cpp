#include "foundation/time/zone_data.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>

#include "foundation/time/tzif.hpp"
#include "foundation/time/zone_names.hpp"

namespace nowd {
namespace {

// One more than the last year that is promised, because a period must end somewhere.
constexpr int last_year = 2201;

std::string path_of(std::string_view name) { return std::string(zoneinfo_directory) + "/" + std::string(name); }

Error unknown_zone(std::string_view name) {
  std::string message = "time zone '" + std::string(name) + "' is not known: ";
  if (const auto remedy = remedy_for_offset(name)) return invalid(message + *remedy);
  if (const auto nearest = nearest_zone_name(name)) return invalid(message + "did you mean " + *nearest + "?");
  return invalid(message + "write an IANA name such as Europe/Berlin");
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void append(std::vector<OffsetPeriod>& periods, const ZoneChange& change) {
  OffsetPeriod& back = periods.back();
  if (back.offset == change.to.offset && back.abbreviation == change.to.abbreviation) return;
  back.end = change.at;
  periods.push_back({change.at, Instant::max(), change.to.offset, change.to.abbreviation});
}

Result<std::shared_ptr<const Zone::Data>> read_zone(const std::string& name) {
  const std::string content = read_file(path_of(name));
  if (!content.starts_with("TZif")) return unknown_zone(name);
  const auto compiled = parse_tzif(content);
  const auto rule = compiled ? parse_posix_zone(compiled->footer) : std::nullopt;
  if (!compiled || (!rule && !compiled->footer.empty()))
    return invalid(path_of(name) + " is not a zone file of version 2 or later: install tzdata anew");

  auto data = std::make_shared<Zone::Data>();
  data->name = name;
  data->release = tzdata_version();
  data->periods.push_back({Instant::min(), Instant::max(), compiled->first.offset, compiled->first.abbreviation});
  for (const ZoneChange& change : compiled->changes) append(data->periods, change);
  if (!rule) return std::shared_ptr<const Zone::Data>(std::move(data));
  // A zone that lists no change at all is ruled by its footer since ever; nowd promises 1970 on.
  const Instant last = compiled->changes.empty() ? Instant{} : compiled->changes.back().at;
  for (const ZoneChange& change : rule->changes(last, last_year)) append(data->periods, change);
  return std::shared_ptr<const Zone::Data>(std::move(data));
}

/// Tells whether a file is still the one that was read: an upgrade of tzdata puts another in its place.
struct FileStamp {
  std::filesystem::file_time_type written;
  std::uintmax_t size = 0;
  bool operator==(const FileStamp&) const = default;
};

std::optional<FileStamp> stamp_of(const std::string& path) {
  std::error_code error;
  const FileStamp stamp{std::filesystem::last_write_time(path, error), std::filesystem::file_size(path, error)};
  if (error) return std::nullopt;
  return stamp;
}

/// Jobs share their zones. Only a memo: what is asked cannot tell whether it was remembered.
class ZoneMemo {
 public:
  Result<std::shared_ptr<const Zone::Data>> get(const std::string& name) {
    const auto stamp = stamp_of(path_of(name));
    if (!stamp) return unknown_zone(name);
    const std::lock_guard lock(mutex_);
    if (const auto found = zones_.find(name); found != zones_.end() && found->second.stamp == *stamp)
      return found->second.data;
    auto data = read_zone(name);
    if (data) zones_[name] = {*stamp, *data};
    return data;
  }

 private:
  struct Entry {
    FileStamp stamp;
    std::shared_ptr<const Zone::Data> data;
  };
  std::mutex mutex_;
  std::map<std::string, Entry> zones_;
};

}  // namespace

std::size_t Zone::Data::index(Instant at) const {
  const auto later = std::upper_bound(periods.begin(), periods.end(), at,
                                      [](Instant value, const OffsetPeriod& period) { return value < period.begin; });
  return static_cast<std::size_t>(later - periods.begin()) - 1;
}

Result<std::shared_ptr<const Zone::Data>> load_zone(std::string_view name) {
  static ZoneMemo memo;
  if (!is_zone_name_shaped(name)) return unknown_zone(name);
  return memo.get(std::string(name));
}

}  // namespace nowd
