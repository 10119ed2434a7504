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
  std::string type;  ///< "message" by default
  std::string data;
  bool stray = false;  ///< `data` has lines between two events that are not fields of the format
  bool operator==(const SseEvent&) const = default;
};

/// Turns bytes, split anywhere, into whole events. CR, LF and CRLF end lines; LF joins several data lines. Drops
/// comments, a BOM at the start, and `id` and `retry`, which only matter for clients that reconnect. Lines that are not
/// fields (a server's bare error) become stray events at their place. Does not check UTF-8: the reader of `data` does.
class SseParser {
 public:
  explicit SseParser(std::size_t max_event = 4 * 1024 * 1024) : max_event_(max_event) {}
  /// Errors: `invalid` when an event is larger than the limit. After an error the parser stays failed.
  Result<std::vector<SseEvent>> feed(std::string_view bytes);
  /// The events that lack their blank line at the end of the stream. The format drops them because they may be cut; the
  /// reader decides. Call it once.
  std::vector<SseEvent> rest();

 private:
  using Events = std::vector<SseEvent>;

  std::string_view skip_bom(std::string_view bytes);
  bool append_to_line(std::string_view part);
  void end_line(Events& events);
  bool read_field(std::string_view name, std::string_view value);
  void dispatch(Events& events);

  std::size_t max_event_;
  std::string line_;  ///< the incomplete current line
  std::string type_;
  std::string data_;   ///< the current event's data lines, each followed by LF
  std::string stray_;  ///< lines that are not fields, each followed by LF
  bool has_data_ = false;
  bool last_was_cr_ = false;  ///< a following LF belongs to the CR
  bool at_start_ = true;
  bool failed_ = false;
};

}  // namespace nowd
