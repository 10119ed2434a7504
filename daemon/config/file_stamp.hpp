// Whether files are being changed while they are read.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "foundation/time/time.hpp"

namespace nowd {

/// Sizes and times of files and directories at one moment.
class FileStamp {
 public:
  void add(const std::string& path);
  /// Whether a file changed within the last `span`. A time in the future does not count.
  bool changed_within(milliseconds span) const;
  bool operator==(const FileStamp&) const = default;

 private:
  std::map<std::string, std::pair<std::uintmax_t, std::filesystem::file_time_type>> files_;
};

/// Of the configuration, and of the job files and directories that load_jobs() would read.
FileStamp stamp_of(const std::string& config_path, const std::vector<std::string>& jobs);

}  // namespace nowd
