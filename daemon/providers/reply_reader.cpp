#include "providers/reply_reader.hpp"

#include <algorithm>

#include "providers/wire.hpp"

namespace nowd {
namespace {

constexpr std::size_t most_document = 16 * 1024 * 1024;

}  // namespace

// Holds back what does not tell the form yet (white space, a byte order mark) and gives the bytes to read now.
std::string_view ReplyReader::sniff(std::string_view bytes) {
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
  const std::string_view now = sniff(bytes);
  if (form_ == Form::events) return feed_events(now);
  if (form_ == Form::unknown) return false;
  failed_ = failed_ || document_.size() + now.size() > most_document;
  if (!failed_) document_ += now;
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
    any_event_ = true;
    keep(event.data);
    token = decoder_->event(event) || token;
  }
  const bool first = token && !token_seen_;
  token_seen_ = token_seen_ || token;
  return first;
}

void ReplyReader::keep(std::string_view text) {
  cut_ = cut_ || kept_.size() + text.size() + 1 > most_kept;
  if (cut_) return;
  kept_ += text;
  // One event, one line. In JSON a line break between tokens is white space.
  std::replace(kept_.end() - static_cast<std::ptrdiff_t>(text.size()), kept_.end(), '\n', ' ');
  kept_ += '\n';
}

ModelReply ReplyReader::finish(bool whole, std::string_view content_type) {
  if (form_ == Form::document && whole && !failed_) decoder_->document(document_);
  ModelReply reply = decoder_->finish();
  const bool good = reply.stop == Stop::complete || reply.stop == Stop::tool_call;
  if (good && !whole && !ended()) {  // an API without a terminal event: more might have come
    reply.stop = Stop::stream_cut;
    reply.detail = "the connection ended before the answer did";
    reply.carried.reset();
  }
  if (failed_) {
    reply.stop = Stop::malformed;
    reply.detail = "the answer, or one event of it, is larger than nowd reads";
  } else if (whole && form_ != Form::document && !any_event_ &&
             content_type.find("event-stream") == content_type.npos) {
    // A captive portal or a web server's front page, not an API: waiting will not help.
    reply.stop = Stop::malformed;
    reply.detail = "the answer is no event stream and no JSON (content-type '" + one_line(content_type, 100) + "')";
  }
  return reply;
}

namespace {

/// Whether it is an error, or (Responses) holds an answer that ended with one.
bool tells_error(const Json& value) {
  if (error_in(value) || text_of(value, "type") == "error") return true;
  const Json* response = member(value, "response");
  return response && error_in(*response);
}

std::string error_of(std::string_view text) {
  const Result<Json> parsed = parse_json(text);
  if (!parsed) return "";
  if (!parsed->is_array()) return tells_error(*parsed) ? std::string(text) : "";
  for (const Json& each : *parsed)
    if (tells_error(each)) return dump_json(each);
  return "";
}

}  // namespace

std::string ReplyReader::error_body() const {
  if (form_ == Form::document) return error_of(document_);
  for (std::string_view rest = kept_; !rest.empty();) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (line.find("error") == line.npos) continue;
    if (std::string error = error_of(line); !error.empty()) return error;
  }
  return "";
}

std::string ReplyReader::transcript() const {
  if (form_ == Form::document)
    return clean_text(document_, most_kept) + (document_.size() > most_kept ? "\n[cut at 4 MiB]" : "");
  return clean_text(kept_, 3 * most_kept) + (cut_ ? "[cut at 4 MiB]\n" : "");
}

}  // namespace nowd
