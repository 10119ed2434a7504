#include "foundation/log.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <vector>

#include "foundation/text/utf8.hpp"

namespace nowd::log {
namespace {

std::atomic<Level> threshold{Level::info};
std::atomic<Format> format{Format::text};

spdlog::logger& stderr_logger() {
  static const auto logger = [] {
    auto made = spdlog::stderr_color_mt("nowd");
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %^%l%$ %v");
    made->set_level(spdlog::level::debug);
    made->flush_on(spdlog::level::debug);
    return made;
  }();
  return *logger;
}

spdlog::level::level_enum spdlog_level(Level level) {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warning:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

int journal_priority(Level level) {
  switch (level) {
    case Level::debug:
      return 7;
    case Level::info:
      return 6;
    case Level::warning:
      return 4;
    case Level::error:
      return 3;
  }
  return 6;
}

/// Characters that move a terminal's cursor, or the order in which a line is read.
bool is_unsafe(char32_t code) {
  const auto within = [code](char32_t first, char32_t last) { return first <= code && code <= last; };
  return code < 0x20 || within(0x7F, 0x9F) || code == 0x61C || within(0x200E, 0x200F) || within(0x2028, 0x202E) ||
         within(0x2066, 0x2069);
}

std::string escaped(char32_t code) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out = "\\u";
  for (const int shift : {12, 8, 4, 0}) out += digits[code >> shift & 15];
  return out;
}

/// One event is one line, although it may quote file names and servers: unsafe characters are escaped as \u009b.
std::string escape_unsafe(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const auto [code, size, valid] = utf8_at(text, at);
    if (code == '\n' || code == '\r' || code == '\t')
      out += ' ';
    else if (!is_unsafe(code))
      out += valid ? text.substr(at, size) : replacement_character;
    else
      out += escaped(code);
    at += size;
  }
  return out;
}

void write_journal(Level level, std::string_view text, Fields fields) {
  std::vector<std::string> lines{"MESSAGE=" + escape_unsafe(text),
                                 "PRIORITY=" + std::to_string(journal_priority(level)), "SYSLOG_IDENTIFIER=nowd"};
  for (const Field& field : fields) {
    std::string key = "NOWD_";
    for (char c : field.key) key += static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    lines.push_back(key + "=" + escape_unsafe(field.value));
  }
  std::vector<iovec> parts;
  for (std::string& line : lines) parts.push_back({line.data(), line.size()});
  sd_journal_sendv(parts.data(), static_cast<int>(parts.size()));
}

std::string plain(std::string_view text, Fields fields) {
  std::string line = escape_unsafe(text);
  for (const Field& field : fields) line += " " + std::string(field.key) + "=" + escape_unsafe(field.value);
  return line;
}

std::string as_json(Level level, std::string_view text, Fields fields) {
  nlohmann::json line{{"level", spdlog::level::to_string_view(spdlog_level(level)).data()},
                      {"message", escape_unsafe(text)}};
  for (const Field& field : fields) line[std::string(field.key)] = escape_unsafe(field.value);
  return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

void configure(Level level, Format how) {
  threshold = level;
  format = how;
  stderr_logger().set_pattern(how == Format::json ? "%v" : "%Y-%m-%dT%H:%M:%S.%e%z %^%l%$ %v");
}

void write(Level level, std::string_view text, Fields fields) {
  if (level < threshold.load()) return;
  switch (format.load()) {
    case Format::journal:
      write_journal(level, text, fields);
      return;
    case Format::json:
      stderr_logger().log(spdlog_level(level), "{}", as_json(level, text, fields));
      return;
    case Format::text:
      stderr_logger().log(spdlog_level(level), "{}", plain(text, fields));
      return;
  }
}

}  // namespace nowd::log
