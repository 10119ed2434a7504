#include "config/yaml/source_text.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "foundation/fd.hpp"
#include "foundation/text/utf8.hpp"

namespace nowd {
namespace {

bool is_control(unsigned char byte) {
  return (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7f;
}

std::string hex_byte(unsigned char byte) {
  std::array<char, 8> out{};
  std::snprintf(out.data(), out.size(), "0x%02x", byte);
  return out.data();
}

std::string fault_of(unsigned char byte) {
  if (byte == 0) return "there is a NUL byte here; is this a text file? Remove the byte, or save it as UTF-8 again";
  if (is_control(byte)) return "there is a control character (" + hex_byte(byte) + ") here; remove it";
  return "byte " + hex_byte(byte) + " is not UTF-8; save the file as UTF-8";
}

/// Of a kernel's own files (procfs, sysfs) reading may wait for ever, or have an effect.
bool is_of_the_kernel(int file) {
  struct statfs about{};
  if (::fstatfs(file, &about) != 0) return false;
  constexpr std::array<long, 9> kernel{PROC_SUPER_MAGIC,    SYSFS_MAGIC,      DEBUGFS_MAGIC,
                                       TRACEFS_MAGIC,       SECURITYFS_MAGIC, CGROUP_SUPER_MAGIC,
                                       CGROUP2_SUPER_MAGIC, BPF_FS_MAGIC,     SELINUX_MAGIC};
  return std::find(kernel.begin(), kernel.end(), static_cast<long>(about.f_type)) != kernel.end();
}

std::string system_words(int code) { return std::error_code(code, std::generic_category()).message(); }

Result<std::string> read_at_most(int file, std::size_t most) {
  std::string text(most, '\0');
  std::size_t size = 0;
  while (size < most) {
    const ssize_t count = ::read(file, text.data() + size, most - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return invalid("cannot be read: " + system_words(errno));
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  text.resize(size);
  return text;
}

}  // namespace

Result<std::string> read_source(const std::string& path) {
  if (::access(path.c_str(), F_OK) != 0 && errno == ENOENT) return invalid("no such file");
  // O_NONBLOCK: opening a pipe without a writer would wait for one.
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file) return invalid("cannot be opened: " + system_words(errno));
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return invalid("cannot be read: " + system_words(errno));
  if (!S_ISREG(status.st_mode) || is_of_the_kernel(file.get())) return invalid("not a regular file; name a YAML file");
  return read_at_most(file.get(), max_source + 1);
}

bool is_credential_file(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code unknown;
  const std::string real = fs::weakly_canonical(fs::absolute(path, unknown), unknown).string();
  const char* own = std::getenv("CREDENTIALS_DIRECTORY");
  for (const std::string& folder : {std::string("/run/credentials"), std::string(own == nullptr ? "" : own)}) {
    if (folder.empty()) continue;
    const std::string inside = fs::weakly_canonical(folder, unknown).string() + "/";
    if (real.starts_with(inside) || (path + "/").starts_with(folder + "/")) return true;
  }
  return false;
}

bool check_source(std::string_view text, Report& report) {
  if (text.size() > max_source) {
    report.error({1, 1}, "the file is larger than 1 MiB; split it, or move long texts out of it");
    return false;
  }
  Mark at{1, 1};
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const Utf8Character c = utf8_at(text, i);
    if (!c.valid || is_control(byte)) {
      report.error(at, fault_of(byte));
      return false;
    }
    i += c.length;
    at = byte == '\n' ? Mark{at.line + 1, 1} : Mark{at.line, at.column + static_cast<int>(c.length)};
  }
  return true;
}

}  // namespace nowd
