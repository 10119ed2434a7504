#include "config/file_stamp.hpp"

#include <algorithm>

#include "config/load.hpp"

namespace nowd {
namespace fs = std::filesystem;

void FileStamp::add(const std::string& path) {
  std::error_code failed;
  const auto time = fs::last_write_time(path, failed);
  if (failed) return;
  const auto size = fs::file_size(path, failed);  // of a directory: none
  files_[path] = {failed ? 0 : size, time};
}

bool FileStamp::changed_within(milliseconds span) const {
  const auto now = fs::file_time_type::clock::now();
  return std::any_of(files_.begin(), files_.end(), [&](const auto& file) {
    const auto age = now - file.second.second;
    return age < span && age > -span;
  });
}

FileStamp stamp_of(const std::string& config_path, const std::vector<std::string>& jobs) {
  FileStamp stamp;
  stamp.add(config_path);
  for (const std::string& path : jobs) stamp.add(path);
  for (const std::string& file : job_files(jobs)) stamp.add(file);
  return stamp;
}

}  // namespace nowd
