// Server-sent events (WHATWG HTML, 9.2), parsed incrementally and without I/O.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/error.hpp"

namespace nowd {

struct SseEvent {
  std::string type;  ///< "message" unless the stream says otherwise
  std::string data;
  bool operator==(const SseEvent&) const = default;
};

/// Feed it bytes split anywhere; it gives whole events. CR, LF and CRLF end lines; comments are dropped; several data
/// lines are joined with LF; a BOM at the start is skipped; an event cut by the end of the stream is dropped.
class SseParser {
 public:
  explicit SseParser(std::size_t max_event = 4 * 1024 * 1024) : max_event_(max_event) {}
  /// Errors: `invalid` when an event is larger than the limit. After an error the parser stays failed.
  Result<std::vector<SseEvent>> feed(std::string_view bytes);

 private:
  std::size_t max_event_;
  // … the implementation's state
  std::string line_;
  std::string type_;
  std::string data_;
  bool has_data_ = false;
  bool last_was_cr_ = false;
  bool at_start_ = true;
  bool failed_ = false;
};

}  // namespace nowd
