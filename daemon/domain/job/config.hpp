// The daemon's configuration, checked and complete (nowd.yaml).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "domain/delivery/sink.hpp"
#include "domain/job/job.hpp"

namespace nowd {

struct ProviderTimeouts {
  milliseconds connect{5'000};
  milliseconds first_token{60'000};
  milliseconds idle{30'000};
  milliseconds total{300'000};
  bool operator==(const ProviderTimeouts&) const = default;
};

/// One turn of a `script` provider, played in order for each run.
struct ScriptTurn {
  std::string text;                                 ///< template
  std::vector<std::pair<std::string, Json>> calls;  ///< tool name, arguments (texts in them are templates)
  std::string stop;                                 ///< raw stop; empty: "tool_calls" if there are calls, else "stop"
  milliseconds delay{0};
  bool operator==(const ScriptTurn&) const = default;
};

struct ProviderConfig {
  std::string name;
  std::string api;       ///< "openai-chat", "openai-responses", "anthropic", "gemini" or "script"
  std::string base_url;  ///< empty: the vendor's own
  std::string model;
  SecretSource key;
  ProviderTimeouts timeout;
  Json params;
  enum class MaxTokensField { automatic, max_tokens, max_completion_tokens };
  MaxTokensField max_tokens_field = MaxTokensField::automatic;
  std::vector<ScriptTurn> script;
  std::optional<Prices> prices;
  /// Whether an output's schema is sent in the API's own form; nothing: where the server is the vendor's own.
  std::optional<bool> structured_output;
  AccountLimits limits;
  std::map<std::string, Stop> stop_words;  ///< the server's own words for why a model stopped
  bool operator==(const ProviderConfig&) const = default;
};

struct Defaults {
  std::optional<std::string> timezone;
  std::optional<std::string> provider;
  std::vector<Fallback> fallbacks;  ///< after `provider`, for jobs that name none
  Job job;                          ///< the first values of each job: deliver, on_failure, system, params …
  bool says_missed = false;         ///< nowd.yaml has a rule for late starts
  bool operator==(const Defaults&) const = default;
};

struct Config {
  std::string database;           ///< libpq conninfo or URL
  std::vector<std::string> jobs;  ///< directories and files; relative ones count from the configuration's folder
  std::string state = "/var/lib/nowd";
  std::string listen = "127.0.0.1:7420";  ///< "host:port", "unix:/path" or "none"
  int concurrency = 64;
  std::string log_level = "info";
  std::string log_format = "text";  ///< journal | json | text
  bool require_synchronised_clock = false;
  Defaults defaults;
  std::map<std::string, ProviderConfig> providers;
  std::map<std::string, Tool> tools;
  std::map<std::string, Sink> sinks;
  std::string source;  ///< the file it came from

  bool operator==(const Config&) const = default;
};

}  // namespace nowd
