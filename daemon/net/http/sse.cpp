#include "net/http/sse.hpp"

#include <algorithm>
#include <utility>

namespace nowd {
namespace {

constexpr std::string_view bom = "\xEF\xBB\xBF";

}  // namespace

Result<std::vector<SseEvent>> SseParser::feed(std::string_view bytes) {
  Events events;
  bytes = skip_bom(bytes);
  while (!bytes.empty() && !failed_) {
    if (last_was_cr_ && bytes.front() == '\n') bytes.remove_prefix(1);
    last_was_cr_ = false;
    const auto line_end = std::ranges::find_if(bytes, [](char c) { return c == '\r' || c == '\n'; });
    const auto end = static_cast<std::size_t>(line_end - bytes.begin());
    failed_ = !append_to_line(bytes.substr(0, end));
    if (failed_ || end == bytes.size()) break;
    last_was_cr_ = bytes[end] == '\r';
    end_line(events);
    bytes.remove_prefix(end + 1);
  }
  if (!failed_) return events;
  return invalid("event stream: an event is larger than " + std::to_string(max_event_) + " bytes");
}

/// The BOM may arrive in pieces: line_ buffers its bytes.
std::string_view SseParser::skip_bom(std::string_view bytes) {
  while (at_start_ && !bytes.empty()) {
    if (bytes.front() != bom[line_.size()]) {
      at_start_ = false;
      break;
    }
    line_ += bytes.front();
    bytes.remove_prefix(1);
    if (line_.size() < bom.size()) continue;
    line_.clear();
    at_start_ = false;
  }
  return bytes;
}

bool SseParser::append_to_line(std::string_view part) {
  if (line_.size() + data_.size() + stray_.size() + part.size() > max_event_) return false;
  line_ += part;
  return true;
}

void SseParser::end_line(Events& events) {
  const std::string_view line = line_;
  if (line.empty()) {
    dispatch(events);
  } else if (line.front() != ':') {
    const std::size_t colon = line.find(':');
    std::string_view value = colon == line.npos ? std::string_view{} : line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (!read_field(line.substr(0, colon), value)) stray_.append(line) += '\n';
  }
  line_.clear();
}

/// True for a field of the format.
bool SseParser::read_field(std::string_view name, std::string_view value) {
  if (name == "event") type_ = value;
  if (name == "data") {
    data_.append(value) += '\n';
    has_data_ = true;
  }
  return name == "event" || name == "data" || name == "id" || name == "retry";
}

std::vector<SseEvent> SseParser::rest() {
  Events events;
  if (failed_) return events;
  if (!line_.empty()) end_line(events);
  dispatch(events);
  return events;
}

void SseParser::dispatch(Events& events) {
  if (!stray_.empty()) {
    stray_.pop_back();
    events.push_back({"", std::exchange(stray_, {}), true});
  }
  if (has_data_) {
    data_.pop_back();  // the last line's LF
    events.push_back({type_.empty() ? "message" : std::move(type_), std::move(data_), false});
  }
  type_.clear();
  data_.clear();
  has_data_ = false;
}

}  // namespace nowd
