// Sinks: the destinations of messages in nowd.yaml (docs/effects.md).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>
#include "domain/job/secret_text.hpp"
#include "foundation/json.hpp"
#include "foundation/time/time.hpp"

namespace nowd {

/// The message is delivered only if the response has this value: for servers whose status alone does not prove it.
struct SuccessRule {
  std::string pointer;  ///< a JSON pointer (RFC 6901): "/ok"
  Json value;
  bool operator==(const SuccessRule&) const = default;
};

/// A POST of JSON. At least once: an attempt whose answer is lost is repeated with the same Idempotency-Key.
struct WebhookSink {
  enum class Form { json, slack, teams, discord, ntfy };
  std::string url;  ///< trusted configuration, loopback too; may hold ${credential:NAME} and ${env:NAME}
  Form form = Form::json;
  std::map<std::string, std::string> headers;  ///< values may hold secrets too
  Json body;                                   ///< form json: a template; null = the whole message
  std::optional<SuccessRule> success;          ///< form json; nothing: any 2xx
  bool operator==(const WebhookSink&) const = default;
};

/// SMTP. A loss between the end of the text and the server's reply is `unknown`: a mail cannot be called back.
struct EmailSink {
  enum class Tls { required, none };
  std::string server;       ///< "smtps://mail.example.com:465" or "smtp://mail.example.com:587" (STARTTLS)
  Tls tls = Tls::required;  ///< none: loopback servers only
  std::string from;
  std::vector<std::string> to;
  std::string user;  ///< empty = no login
  SecretSource password;
  std::string subject;  ///< template; empty = the message's own
  bool operator==(const EmailSink&) const = default;
};

/// Written whole or not at all (a new file, synced, renamed into place): a repetition changes nothing.
struct FileSink {
  std::string path;      ///< absolute; a template
  unsigned mode = 0640;  ///< of the file; a new folder is open to all readers of the file
  bool operator==(const FileSink&) const = default;
};

/// argv, with the message's text on stdin. Exit 0: delivered; any other exit: not delivered, tried again; no exit
/// (killed, out of time): unknown.
struct ExecSink {
  std::vector<std::string> argv;
  bool operator==(const ExecSink&) const = default;
};

struct Sink {
  std::string name;
  std::variant<WebhookSink, EmailSink, FileSink, ExecSink> target;
  milliseconds timeout{30'000};  ///< of one attempt
  bool operator==(const Sink&) const = default;
};

}  // namespace nowd
