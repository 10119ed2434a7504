// From the bytes of a response's body to a reply, split anywhere and without I/O: a stream of events, or one document.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/http/sse.hpp"
#include "providers/wire/dialect.hpp"

namespace nowd {

/// Servers answer in one document in spite of `stream: true`, and some label one as the other. The first byte tells
/// them apart for certain: a document begins with { or [, and no line of an event stream that means anything does.
class ReplyReader {
 public:
  static constexpr std::size_t max_kept = 4 * 1024 * 1024;  ///< bytes of the transcript

  explicit ReplyReader(std::unique_ptr<Decoder> decoder) : decoder_(std::move(decoder)) {}

  /// Whether these bytes completed the first event with content or a tool call.
  bool feed(std::string_view bytes);
  bool anything_arrived() const { return arrived_; }
  /// The terminal event was seen: whatever happens to the connection now, the answer is whole.
  bool ended() const { return form_ == Form::events && decoder_->ended(); }
  /// Reading on is of no use: a bound is broken.
  bool full() const { return failed_ || decoder_->full(); }

  /// The answer. Of a body that was cut only a terminal event can make it good. `content_type` serves the words only.
  /// What is no event stream and no JSON is a server's that is no model's: an error.
  ModelReply finish(BodyEnd end, std::string_view content_type);
  /// The error inside an answer as it came, for what else it says; empty if there is none.
  std::string error_body() const;
  /// What was received: the events' data, one a line, and what stood between them; or the document. A cut is shown by a
  /// last line.
  std::string transcript() const;

 private:
  enum class Form { unknown, events, document };

  std::string_view sniff(std::string_view bytes);
  bool feed_events(std::string_view bytes);
  bool feed_document(std::string_view bytes);
  bool take(const SseEvent& event);
  bool take_stray(std::string_view text);
  BodyEnd take_rest(BodyEnd end);
  bool is_front_page(BodyEnd end, std::string_view content_type) const;
  void keep(std::string_view text);

  std::unique_ptr<Decoder> decoder_;
  SseParser parser_;
  Form form_ = Form::unknown;
  std::string head_;  ///< bytes before the first one that tells the form
  std::string document_;
  std::vector<std::string> kept_;  ///< the transcript
  std::size_t kept_bytes_ = 0;
  std::string unread_;  ///< the first of what stood between events and is none
  bool cut_ = false;
  bool arrived_ = false;
  bool any_event_ = false;
  bool token_seen_ = false;
  bool failed_ = false;
};

}  // namespace nowd
