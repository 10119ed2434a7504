#include "providers/reply/reply_reader.hpp"

#include <algorithm>

#include "providers/wire/wire.hpp"

namespace nowd {
namespace {

constexpr std::size_t max_document = 16 * 1024 * 1024;
constexpr std::size_t block = 4 * 1024;

}  // namespace

// Buffers bytes until the first significant one (not white space or a byte order mark) and returns the bytes to read
// now.
std::string_view ReplyReader::detect_form(std::string_view bytes) {
  if (form_ != Form::unknown) return bytes;
  head_ += bytes;
  constexpr std::string_view mark = "\xEF\xBB\xBF";
  const std::size_t start = head_.starts_with(mark) ? mark.size() : 0;
  const std::size_t first = head_.find_first_not_of(" \t\r\n", start);
  if (first == head_.npos) return {};
  form_ = head_[first] == '{' || head_[first] == '[' ? Form::document : Form::events;
  return std::string_view(head_).substr(form_ == Form::document ? first : 0);
}

bool ReplyReader::feed(std::string_view bytes) {
  arrived_ = arrived_ || !bytes.empty();
  const std::string_view now = detect_form(bytes);
  if (form_ == Form::unknown) return false;
  const bool token = form_ == Form::events ? feed_events(now) : feed_document(now);
  std::string().swap(head_);  // `now` may point into it; frees its memory
  return token;
}

bool ReplyReader::feed_document(std::string_view bytes) {
  failed_ = failed_ || document_.size() + bytes.size() > max_document;
  if (!failed_) document_ += bytes;
  return false;
}

bool ReplyReader::feed_events(std::string_view bytes) {
  if (full() || decoder_->ended()) return false;
  const Result<std::vector<SseEvent>> events = parser_.feed(bytes);
  if (!events) {
    failed_ = true;
    return false;
  }
  bool token = false;
  for (const SseEvent& event : *events) {
    if (full() || decoder_->ended()) break;  // ignored, also in the same piece as the end
    token = read_event(event) || token;
  }
  const bool first = token && !token_seen_;
  token_seen_ = token_seen_ || token;
  return first;
}

bool ReplyReader::read_event(const SseEvent& event) {
  if (event.stray) return read_stray(event.data);
  any_event_ = true;
  keep_text(event.data);
  return decoder_->read_event(event);
}

/// Lines outside of events: an error of the server ("error: {…}", or bare JSON), or a text for people.
bool ReplyReader::read_stray(std::string_view text) {
  constexpr std::string_view name = "error:";
  const bool named = text.starts_with(name);
  std::string_view rest = named ? text.substr(name.size()) : text;
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t\r\n"), rest.size()));
  keep_text(rest);
  const Result<Json> value = rest.starts_with('{') ? parse_json(rest) : Result<Json>(Json());
  if (named || (value && value->is_object() && (error_in(*value) || error_instead(*value))))
    return decoder_->read_event({"error", std::string(rest), false});
  if (unread_.empty()) unread_ = one_line(text);
  return false;
}

/// The last event may lack its blank line; a cut one is never valid JSON. Returns the end that the rest proves.
BodyEnd ReplyReader::read_rest(BodyEnd end) {
  if (form_ != Form::events || end == BodyEnd::cut) return end;
  for (const SseEvent& event : parser_.rest()) {
    if (full() || decoder_->ended()) break;
    const std::size_t first = event.data.find_first_not_of(" \t\r\n");
    const bool json = first != event.data.npos && event.data[first] == '{' && parse_json(event.data).has_value();
    if (event.stray || json || event.data.starts_with("[DONE]"))
      read_event(event);
    else
      end = BodyEnd::closed;  // half of an event: a proxy wrote the frame
  }
  return end;
}

void ReplyReader::keep_text(std::string_view text) {
  cut_ = cut_ || kept_bytes_ + text.size() + 1 > max_kept;
  if (cut_) return;
  kept_bytes_ += text.size() + 1;
  // In blocks: a string that doubles its capacity would take up to twice its size while the stream is open.
  if (kept_.empty() || kept_.back().capacity() - kept_.back().size() <= text.size())
    kept_.emplace_back().reserve(std::max(block, text.size() + 1));
  std::string& kept = kept_.back();
  kept += text;
  // One event, one line. In JSON a line break between tokens is white space.
  std::replace(kept.end() - static_cast<std::ptrdiff_t>(text.size()), kept.end(), '\n', ' ');
  kept += '\n';
}

bool ReplyReader::is_front_page(BodyEnd end, std::string_view content_type) const {
  return end != BodyEnd::cut && arrived_ && form_ != Form::document && !any_event_ &&
         content_type.find("event-stream") == content_type.npos;
}

ModelReply ReplyReader::finish(BodyEnd end, std::string_view content_type) {
  end = read_rest(end);
  if (form_ == Form::document && end != BodyEnd::cut && !failed_) decoder_->read_document(document_);
  ModelReply reply = decoder_->finish(end);
  const bool good = reply.stop == Stop::complete || reply.stop == Stop::tool_call;
  if (good && end == BodyEnd::cut && !ended()) {  // an API without a terminal event: the answer may have continued
    reply.stop = Stop::stream_cut;
    reply.detail = "the connection ended before the answer did";
    reply.carried.reset();
  }
  reply.no_answer = reply.no_answer || !arrived_;
  if (failed_) {
    reply.stop = Stop::malformed;
    reply.detail = "the answer, or one event of it, is larger than nowd reads";
  } else if (reply.stop != Stop::provider_error && is_front_page(end, content_type)) {
    // A captive portal or a web server's front page, not an API: a wait does not help.
    reply.stop = Stop::provider_error;
    reply.no_answer = true;
    reply.detail = "the answer is no event stream and no JSON (content-type '" + one_line(content_type, 100) + "')";
  }
  if (!reply.detail.empty() && !unread_.empty()) reply.detail += "; the server says beside it: " + unread_;
  return reply;
}

namespace {

/// True for an error, and for an event of OpenAI Responses whose answer ended with an error.
bool has_error(const Json& value) {
  if (error_in(value) || text_of(value, "type") == "error") return true;
  const Json* response = member(value, "response");
  return response && error_in(*response);
}

std::string error_of(std::string_view text) {
  const Result<Json> parsed = parse_json(text);
  if (!parsed) return "";
  if (!parsed->is_array()) return has_error(*parsed) ? std::string(text) : "";
  for (const Json& each : *parsed)
    if (has_error(each)) return dump_json(each);
  return "";
}

/// The first error in a list of events, one per line.
std::string error_in_events(std::string_view rest) {
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (line.find("error") == line.npos) continue;
    if (std::string error = error_of(line); !error.empty()) return error;
  }
  return "";
}

}  // namespace

std::string ReplyReader::error_body() const {
  if (form_ == Form::document) return error_of(document_);
  for (const std::string& events : kept_)  // each event is in one block
    if (std::string error = error_in_events(events); !error.empty()) return error;
  return "";
}

std::string ReplyReader::transcript() const {
  if (form_ == Form::document)
    return clean_text(document_, max_kept) + (document_.size() > max_kept ? "…\n[cut at 4 MiB]" : "");
  std::string text;
  for (const std::string& kept : kept_) text += clean_text(kept, 3 * max_kept);  // each event is in one block
  return text + (cut_ ? "[cut at 4 MiB]\n" : "");
}

}  // namespace nowd
