// A Senders with a real HTTP client, real mail and real children, and a message to send.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>

#include "delivery/delivery.hpp"
#include "domain/clocks/clock_runs.hpp"
#include "net/http/http_client.hpp"
#include "net/io.hpp"

namespace nowd::test {

/// The output of the manual's stand-up, run 1234 of Monday 2026-06-01 in Berlin.
inline Delivery output_parcel() {
  Delivery delivery;
  delivery.delivery = 5;
  delivery.key = "c0ffee00c0ffee00";
  delivery.subject = "daily-standup: 2026-06-01";
  delivery.text = "All is well.\n";
  delivery.run_state = "succeeded";
  delivery.verdict = "on_time";
  delivery.run = standup();
  return delivery;
}

inline Now noon() { return {at("2026-06-01T10:00:00Z"), Tick{seconds{6000}}}; }

class Sending {
 public:
  SendOutcome send(Sink sink) { return run(io_, senders_.send(std::move(sink), delivery)); }
  SendOutcome ping(const std::string& url) { return run(io_, senders_.ping(url, delivery)); }
  Result<std::string> probe(Sink sink) { return run(io_, senders_.probe(std::move(sink))); }

  Delivery delivery = output_parcel();
  std::map<std::string, std::string> secrets;  ///< by name, for ${credential:…} and ${env:…}

 private:
  Result<Secret> read(const SecretSource& source) const {
    const auto found = secrets.find(source.name);
    if (found == secrets.end()) return unavailable("credential '" + source.name + "' cannot be read");
    return Secret(found->second);
  }

  boost::asio::io_context io_{1};
  SystemClock clock_;
  HttpClient http_{io_.get_executor(), clock_};
  Senders senders_{io_.get_executor(), http_, clock_, [this](const SecretSource& source) { return read(source); }};
};

template <class T>
Sink sink_of(T target) {
  Sink sink;
  sink.name = "ops";
  sink.target = std::move(target);
  sink.timeout = seconds{20};
  return sink;
}

/// A folder that is removed with all that is in it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "nowd-delivery-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

inline bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace nowd::test
