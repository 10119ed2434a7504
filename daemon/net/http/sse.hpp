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
  bool stray = false;  ///< `data` is no event's: lines between two events that are no field of the format
  bool operator==(const SseEvent&) const = default;
};

/// Feed it bytes split anywhere; it gives whole events. CR, LF and CRLF end lines; comments are dropped; several data
/// lines are joined with LF; a BOM at the start is skipped. `id` and `retry` are for clients that reconnect, which this
/// one never does: dropped. Lines that are no field (a server's bare error) come as stray events, where they stood.
/// Bytes are passed on as they came: whether they are UTF-8 is for the reader of `data` to judge.
class SseParser {
 public:
  explicit SseParser(std::size_t max_event = 4 * 1024 * 1024) : max_event_(max_event) {}
  /// Errors: `invalid` when an event is larger than the limit. After an error the parser stays failed.
  Result<std::vector<SseEvent>> feed(std::string_view bytes);
  /// What waits for its blank line when the stream ends. The format drops it, since it may be cut: whether it is whole
  /// is for the reader to judge. Call it once.
  std::vector<SseEvent> rest();

 private:
  using Events = std::vector<SseEvent>;

  std::string_view skip_bom(std::string_view bytes);
  bool hold(std::string_view part);
  void end_line(Events& events);
  bool take_field(std::string_view name, std::string_view value);
  void dispatch(Events& events);

  std::size_t max_event_;
  std::string line_;  ///< of the current line, what came so far
  std::string type_;
  std::string data_;   ///< the current event's data lines, each followed by LF
  std::string stray_;  ///< lines that are no field, each followed by LF
  bool has_data_ = false;
  bool last_was_cr_ = false;  ///< an LF that comes next belongs to it
  bool at_start_ = true;
  bool failed_ = false;
};

}  // namespace nowd
