// A scriptable HTTP/1.1 server on loopback for tests: says exactly the bytes it is told to, when it is told to.
//
//   HttpFixture server;
//   Latch more;
//   server.reply("/v1/chat", Reply().header("Content-Type", "text/event-stream").chunked()
//                                .piece("data: 1\n\n").wait(more).piece("data: 2\n\n").cut());
//   ... client.stream({.url = server.url("/v1/chat")}, [&](auto piece) { more.open(); return true; }) ...
//   CHECK(server.requests().at(0).header("content-type") == "application/json");
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nowd::test {

/// A request as it came.
struct SeenRequest {
  std::string method;
  std::string target;                                        ///< path and query
  std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case, in their order
  std::string body;
  std::size_t connection = 0;  ///< 0 for the first connection that was accepted, 1 for the next …

  std::string header(std::string_view lower_case_name) const;  ///< empty if absent
  std::string path() const;                                    ///< the target without its query
};

/// A signal from the test to the server. Copies are the same gate; once open it stays open.
class Latch {
 public:
  Latch();
  void open();
  /// Blocks until it is open, or until a stop is asked for.
  void wait(const std::stop_token& stop) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// What to answer, step by step. Every piece() and raw() is one send(): a flush point.
/// Framing is by Content-Length (the sum of all pieces) unless chunked(), close_delimited() or content_length() says
/// otherwise. The connection stays open for the next request unless cut() or close_delimited().
class Reply {
 public:
  explicit Reply(int status = 200) : status_(status) {}

  Reply& header(std::string name, std::string value) {
    headers_.emplace_back(std::move(name), std::move(value));
    return *this;
  }
  Reply& date(std::string value) { return header("Date", std::move(value)); }
  Reply& chunked() { return frame(Framing::chunked); }
  Reply& close_delimited() { return frame(Framing::close); }
  Reply& content_length(std::size_t bytes) {  ///< declared, whatever the pieces sum up to
    length_ = bytes;
    return *this;
  }

  Reply& piece(std::string bytes);  ///< of the body, framed; the headers go out before the first one
  Reply& raw(std::string bytes);    ///< as it is; before the first piece it takes the headers' place
  Reply& flush_headers();           ///< sends the headers now, before a wait
  Reply& wait(Latch gate);          ///< until the test opens it
  Reply& wait(std::chrono::milliseconds delay);
  Reply& until_closed();                      ///< until the client closes the connection
  Reply& call(std::function<void()> action);  ///< on the server's thread: post to your io_context in it
  Reply& cut();                               ///< closes the connection here, whatever was promised
  Reply& reset();                             ///< … with an RST in place of a proper end

 private:
  friend class HttpFixture;
  class Speaker;
  enum class Framing { length, chunked, close };
  struct Step {
    enum class Kind { piece, raw, headers, gate, delay, until_closed, call, cut, reset } kind;
    std::string bytes{};
    std::optional<Latch> gate{};
    std::chrono::milliseconds delay{};
    std::function<void()> action{};
  };
  Reply& step(Step step);
  Reply& frame(Framing framing) {
    framing_ = framing;
    return *this;
  }

  int status_;
  Framing framing_ = Framing::length;
  std::optional<std::size_t> length_;
  std::vector<std::pair<std::string, std::string>> headers_;
  std::vector<Step> steps_;
};

/// Serves any number of connections, each on a thread of its own. What is not scripted is a 404.
/// HEAD is answered without the body. The destructor ends everything at once, waits and gates included.
class HttpFixture {
 public:
  using Handler = std::function<Reply(const SeenRequest&)>;

  HttpFixture();
  ~HttpFixture();
  HttpFixture(const HttpFixture&) = delete;
  HttpFixture& operator=(const HttpFixture&) = delete;

  std::uint16_t port() const;
  std::string url(std::string_view path = "/") const;  ///< "http://127.0.0.1:PORT/path"

  /// Answers the next request for `path`; several are answered in turn, the last one again and again.
  void reply(std::string path, Reply reply);
  /// Answers all requests that no reply() is there for; called on the server's threads, one at a time. It must
  /// not call the fixture.
  void handle(Handler handler);

  std::vector<SeenRequest> requests() const;  ///< complete ones, in the order in which they came
  std::size_t connections() const;
  /// Blocks until that many requests have come. Not on the thread that runs the client.
  std::vector<SeenRequest> wait_for_requests(std::size_t count) const;

 private:
  struct State;
  void serve(std::stop_token stop, int socket, std::size_t number);
  bool answer(const std::stop_token& stop, int socket, const SeenRequest& request);
  std::unique_ptr<State> state_;
};

}  // namespace nowd::test
