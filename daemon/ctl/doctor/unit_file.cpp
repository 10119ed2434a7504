#include "ctl/doctor/unit_file.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

namespace nowd::ctl {
namespace {

/// The highest priority last (systemd.unit(5)).
constexpr const char* unit_directories[] = {"/lib/systemd/system", "/usr/lib/systemd/system",
                                            "/usr/local/lib/systemd/system", "/run/systemd/system",
                                            "/etc/systemd/system"};

std::string trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  return first == std::string_view::npos ? ""
                                         : std::string(text.substr(first, text.find_last_not_of(" \t\r") - first + 1));
}

std::string read_all(const std::filesystem::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

void read_unit(std::string_view text, UnitCredentials& into) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t equals = line.find('=');
    if (line.starts_with('#') || line.starts_with(';') || equals == std::string::npos) continue;
    const std::string key = trimmed(std::string_view(line).substr(0, equals));
    const std::string value = trimmed(std::string_view(line).substr(equals + 1));
    const bool loads = key == "LoadCredential" || key == "LoadCredentialEncrypted";
    const bool sets = key == "SetCredential" || key == "SetCredentialEncrypted";
    if ((!loads && !sets) || value.empty()) continue;
    const std::size_t colon = value.find(':');
    into[value.substr(0, colon)] = loads && colon != std::string::npos ? value.substr(colon + 1) : "";
  }
}

Unit find_unit(const std::string& root) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  Unit unit;
  std::string text;
  std::map<std::string, std::string> drop_ins;  // a later directory's file hides an earlier one of the same name
  for (const char* directory : unit_directories) {
    const fs::path file = fs::path(root + directory) / "nowd.service";
    if (fs::exists(file, ignored)) {
      unit.found = true;
      text = read_all(file);
    }
    for (fs::directory_iterator each(fs::path(file.string() + ".d"), ignored), end; each != end;
         each.increment(ignored))
      if (each->path().extension() == ".conf") drop_ins[each->path().filename().string()] = read_all(each->path());
  }
  read_unit(text, unit.credentials);
  for (const auto& [name, drop_in] : drop_ins) read_unit(drop_in, unit.credentials);
  return unit;
}

}  // namespace nowd::ctl
