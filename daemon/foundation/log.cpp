#include "foundation/log.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <vector>

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

void write_journal(Level level, std::string_view text, Fields fields) {
  std::vector<std::string> lines{"MESSAGE=" + std::string(text), "PRIORITY=" + std::to_string(journal_priority(level)),
                                 "SYSLOG_IDENTIFIER=nowd"};
  for (const Field& field : fields) {
    std::string key = "NOWD_";
    for (char c : field.key) key += static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    lines.push_back(key + "=" + field.value);
  }
  std::vector<iovec> parts;
  for (std::string& line : lines) parts.push_back({line.data(), line.size()});
  sd_journal_sendv(parts.data(), static_cast<int>(parts.size()));
}

std::string plain(std::string_view text, Fields fields) {
  std::string line(text);
  for (char& c : line)
    if (c == '\n' || c == '\r') c = ' ';  // one event, one line
  for (const Field& field : fields) line += " " + std::string(field.key) + "=" + field.value;
  return line;
}

std::string as_json(Level level, std::string_view text, Fields fields) {
  nlohmann::json line{{"level", spdlog::level::to_string_view(spdlog_level(level)).data()}, {"message", text}};
  for (const Field& field : fields) line[std::string(field.key)] = field.value;
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
