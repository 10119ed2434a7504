#include "config/source_text.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>

namespace nowd {
namespace {

/// The length of the UTF-8 sequence (RFC 3629) at the start of `text`; 0 if there is none.
std::size_t utf8_length(std::string_view text) {
  auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  auto continues = [&](std::size_t i) { return (byte(i) & 0xc0u) == 0x80u; };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return continues(1) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    const bool overlong = lead == 0xe0 && byte(1) < 0xa0;
    const bool surrogate = lead == 0xed && byte(1) > 0x9f;
    return continues(1) && continues(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    const bool overlong = lead == 0xf0 && byte(1) < 0x90;
    const bool beyond = lead == 0xf4 && byte(1) > 0x8f;
    return continues(1) && continues(2) && continues(3) && !overlong && !beyond ? 4 : 0;
  }
  return 0;
}

bool is_control(unsigned char byte) {
  return (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7f;
}

/// A file whose reading has no end (/proc/kmsg says that it is a regular one), or whose text may not be stored.
std::optional<std::string> fault_of_place(const std::string& real) {
  const auto is_below = [&](const std::string& folder) { return real.starts_with(folder + "/"); };
  for (const char* kernel : {"/proc", "/sys"})
    if (is_below(kernel)) return "is no file of text, but one of the kernel's; name a YAML file";
  const char* credentials = std::getenv("CREDENTIALS_DIRECTORY");
  if (is_below("/run/credentials") || (credentials != nullptr && *credentials == '/' && is_below(credentials)))
    return "is a credential, and what is read here is kept in the ledger; use ${credential:NAME} where a secret may "
           "stand";
  return std::nullopt;
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

}  // namespace

Result<std::string> read_source(const std::string& path) {
  std::error_code failed;
  const auto status = std::filesystem::status(path, failed);
  if (!std::filesystem::exists(status)) return invalid("no such file");
  if (!std::filesystem::is_regular_file(status)) return invalid("not a regular file; name a YAML file");
  if (auto fault = fault_of_place(std::filesystem::canonical(path, failed).string())) return invalid(*fault);
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) return invalid(std::string("cannot be opened: ") + std::strerror(errno));
  std::string text(largest_source + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return invalid(std::string("cannot be read: ") + std::strerror(errno));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

bool check_source(std::string_view text, Report& report) {
  if (text.size() > largest_source) {
    report.error({1, 1}, "the file is larger than 1 MiB; split it, or move long texts out of it");
    return false;
  }
  Mark at{1, 1};
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const std::size_t length = utf8_length(text.substr(i));
    if (length == 0 || is_control(byte)) {
      report.error(at, fault_of(byte));
      return false;
    }
    i += length;
    at = byte == '\n' ? Mark{at.line + 1, 1} : Mark{at.line, at.column + static_cast<int>(length)};
  }
  return true;
}

}  // namespace nowd
