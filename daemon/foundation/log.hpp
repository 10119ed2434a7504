// Structured logging: one line of text and a few fields, to the journal, or to stderr as text or JSON.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace nowd::log {

enum class Level { debug, info, warning, error };
enum class Format { journal, json, text };

/// A field beside the text: `job`, `run`, `node` … In the journal they become NOWD_JOB, NOWD_RUN …
struct Field {
  std::string_view key;
  std::string value;
};
using Fields = std::initializer_list<Field>;

/// main calls this once, before the first line. The default is text at level info.
void configure(Level level, Format format);
void write(Level level, std::string_view text, Fields fields = {});
inline void debug(std::string_view text, Fields fields = {}) { write(Level::debug, text, fields); }
inline void info(std::string_view text, Fields fields = {}) { write(Level::info, text, fields); }
inline void warning(std::string_view text, Fields fields = {}) { write(Level::warning, text, fields); }
inline void error(std::string_view text, Fields fields = {}) { write(Level::error, text, fields); }

}  // namespace nowd::log
