// The keys that nowd.yaml and job files may hold: one table per kind of mapping. The readers refuse to look at a key
// that is not in it, and a test holds it against config/nowd-job.schema.json.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nowd {

/// Which kind of mapping.
enum class Section {
  // nowd.yaml
  config,
  log,
  defaults,
  provider,
  provider_key,
  provider_timeout,
  provider_limits,
  prices,
  script_turn,
  script_call,
  tool,
  sink,
  webhook_sink,
  email_sink,
  file_sink,
  // a job
  job,
  when,
  prompt,
  job_clocks,
  command,
  schedule,
  missed,
  overlap,
  input,
  tool_use,
  output,
  limits,
  provider_use,
  // both
  stop,
  retention,
  http,
  sql,
  // nowd.yaml, again
  webhook_success,
};

/// The keys that work, in the order in which people write them.
std::span<const std::string_view> known_keys(Section section);

/// One that is right, for a message where something else stands: "{bodies: 30d}"; empty where none is short enough.
std::string_view example_of(Section section);

/// Where a key belongs that stands in the wrong mapping of a file: "schedule" for `cron` in a job; empty = nowhere.
std::string_view home_of(Section section, std::string_view key);

/// What the design names but nowd does not do yet. Such keys are refused, never ignored.
struct Unbuilt {
  Section section;
  std::string_view key;
  std::string_view value;      ///< empty: the key as such; else only this value of it
  std::string_view meanwhile;  ///< what to do instead
};

/// One table for all of them: whoever builds one deletes its line, and adds the key to known_keys.
std::span<const Unbuilt> unbuilt();
const Unbuilt* find_unbuilt(Section section, std::string_view key, std::string_view value = {});
/// "'deliver' is not supported yet; …", for keys and values alike.
std::string not_supported_yet(const Unbuilt& unbuilt);

/// Every key that belongs here, also those not built: what "did you mean" may offer.
std::vector<std::string> all_keys(Section section);

}  // namespace nowd
