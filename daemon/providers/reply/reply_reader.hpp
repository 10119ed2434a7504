// Reads a reply from the bytes of a response's body, split anywhere: a stream of events, or one document. Without I/O.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/http/sse.hpp"
#include "providers/wire/dialect.hpp"

namespace nowd {

/// Some servers answer in one document in spite of `stream: true`, and some label one as the other. The first byte
/// decides: a document begins with { or [, and no valid line of an event stream does.
class ReplyReader {
 public:
  static constexpr std::size_t max_kept = 4 * 1024 * 1024;  ///< bytes of the transcript

  explicit ReplyReader(std::unique_ptr<Decoder> decoder) : decoder_(std::move(decoder)) {}

  /// True if these bytes completed the first event with content or a tool call.
  bool feed(std::string_view bytes);
  bool anything_arrived() const { return arrived_; }
  /// True after the terminal event: the answer is complete, also if the connection breaks now.
  bool ended() const { return form_ == Form::events && decoder_->ended(); }
  /// True when the answer exceeds a limit: the caller stops reading.
  bool full() const { return failed_ || decoder_->full(); }

  /// The answer. A cut body is good only after a terminal event. `content_type` is for the message only. A body that is
  /// neither an event stream nor JSON comes from another kind of server: an error.
  ModelReply finish(BodyEnd end, std::string_view content_type);
  /// The unparsed error inside an answer, for its limits and waits; empty without an error.
  std::string error_body() const;
  /// The received text: the data of the events, one per line, with stray lines between them; or the document. A last
  /// line marks a cut.
  std::string transcript() const;

 private:
  enum class Form { unknown, events, document };

  std::string_view detect_form(std::string_view bytes);
  bool feed_events(std::string_view bytes);
  bool feed_document(std::string_view bytes);
  bool read_event(const SseEvent& event);
  bool read_stray(std::string_view text);
  BodyEnd read_rest(BodyEnd end);
  bool is_front_page(BodyEnd end, std::string_view content_type) const;
  void keep_text(std::string_view text);

  std::unique_ptr<Decoder> decoder_;
  SseParser parser_;
  Form form_ = Form::unknown;
  std::string head_;  ///< bytes before the first significant one
  std::string document_;
  std::vector<std::string> kept_;  ///< the transcript
  std::size_t kept_bytes_ = 0;
  std::string unread_;  ///< the first stray line between events
  bool cut_ = false;
  bool arrived_ = false;
  bool any_event_ = false;
  bool token_seen_ = false;
  bool failed_ = false;
};

}  // namespace nowd
