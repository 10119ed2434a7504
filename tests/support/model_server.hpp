// A scripted model behind a server on loopback that speaks all four APIs, by the path that is asked: for the providers'
// tests and for whole runs.
//
//   ModelServer model;
//   model.turn(calls("crm_note", R"({"text":"x"})"));
//   model.turn(says("Noted."));
//   ... base_url: model.base_url() ...
//   CHECK(model.requests().at(1)["messages"].back()["role"] == Json("tool"));
#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "domain/model/messages.hpp"
#include "support/http_fixture.hpp"

namespace nowd::test {

/// What the model answers to one request. As it stands it is a good, streamed answer; every field makes it worse.
struct ModelTurn {
  std::string text;
  std::vector<ProposedCall> calls;  ///< with the names as they go over the wire
  std::string refusal;
  std::string finish;                    ///< raw stop reason; empty: the API's own for calls, else for completion
  bool usage = true;                     ///< the chunk with the usage
  bool done = true;                      ///< the terminal event, [DONE] or the like
  bool stream = true;                    ///< false: one JSON document, whatever was asked for
  std::size_t split = 0;                 ///< bytes of the body for each send(); 0: one event each
  std::vector<std::size_t> split_at;     ///< … or cut at these places, in order
  std::optional<std::size_t> cut_after;  ///< the connection breaks after so many bytes of the body
  bool reset = false;                    ///< … with an RST
  bool stall = false;                    ///< … or stays open there, and silent, until the client closes it
  std::optional<Latch> hold_headers;     ///< not a byte goes out before the gate opens
  std::optional<Latch> hold;             ///< headers go out, the first byte of the body waits for the gate
  std::chrono::milliseconds first_token{0};
  std::chrono::milliseconds pause{0};  ///< between two pieces of the body
  std::optional<std::string> bytes;    ///< the body, exactly, in place of all that
  std::optional<std::string> raw;      ///< the whole answer, head and all; then the connection breaks
  std::vector<std::pair<std::string, std::string>> headers;
  std::string date;  ///< the Date header; empty: this host's time; "none": no such header
  int status = 200;  ///< an error: `text` is its body
};

ModelTurn says(std::string text);
ModelTurn calls(std::string wire_name, std::string arguments);
/// An error as OpenAI sends it.
ModelTurn fails(int status, const std::string& code, const std::string& message);
/// An HTTP date so far from this host's time, for `date`.
std::string http_date(std::chrono::seconds from_now);

class ModelServer {
 public:
  ModelServer();

  std::string base_url() const { return http_.url("/v1"); }
  std::string origin() const { return "http://127.0.0.1:" + std::to_string(http_.port()); }

  /// The answer to the next request; the last one is given again and again.
  void turn(ModelTurn turn);
  /// Answers every request that no turn is there for, from what it says. Called on the server's threads, one at a time.
  void decide(std::function<ModelTurn(const Json& body)> decide);

  std::vector<Json> requests() const;  ///< the bodies so far
  std::vector<SeenRequest> seen() const { return http_.requests(); }
  const HttpFixture& http() const { return http_; }

 private:
  ModelTurn next(const SeenRequest& request);

  mutable std::mutex mutex_;
  std::deque<ModelTurn> turns_;
  std::function<ModelTurn(const Json&)> decide_;
  HttpFixture http_;  // last: its threads end before what they use
};

}  // namespace nowd::test
