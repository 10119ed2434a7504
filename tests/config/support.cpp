#include "config/support.hpp"

#include <algorithm>

namespace nowd::test {
namespace {

constexpr auto sample = R"(
defaults: {timezone: Europe/Berlin, provider: primary}
providers:
  primary: {api: openai-chat, base_url: "http://127.0.0.1:1/v1", model: m, key: {env: NOWD_TEST_KEY}}
  demo: {api: script, script: [{text: Hello}]}
tools:
  crm.get:
    exec: [/bin/crm-get]
    input: {type: object, properties: {id: {type: string}, since: {type: string}}}
    effect: read
  mail: {exec: [/bin/mail], effect: irreversible}
sinks:
  slack: {webhook: {url: "https://hooks.example.com/x", form: slack}}
  ops: {exec: [/bin/notify]}
)";

}  // namespace

Instant early_june() { return *parse_rfc3339("2026-06-01T00:00:00Z"); }

const Config& sample_config() {
  static const LoadedConfig loaded = parse_config(sample, "nowd.yaml");
  if (!loaded.ok()) throw std::logic_error(loaded.diagnostics.front().str());
  return loaded.config;
}

std::string job_with_schedule(const std::string& schedule) {
  return "name: standup\nprompt: Hello\nschedule: " + schedule + "\n";
}

std::string job_with(const std::string& lines) { return "name: standup\nprompt: Hello\nschedule: manual\n" + lines; }

LoadedJobs load(const std::string& text) {
  return parse_jobs(text, "job.yaml", {.config = &sample_config(), .now = early_june()});
}

std::vector<std::string> said(const std::vector<Diagnostic>& diagnostics) {
  std::vector<std::string> out;
  for (const Diagnostic& one : diagnostics) out.push_back(one.str().substr(one.file.size() + 1));
  return out;
}

std::vector<std::string> said_of_job(const std::string& text) { return said(load(text).diagnostics); }

std::vector<std::string> said_of_config(const std::string& text) {
  return said(parse_config(text, "nowd.yaml").diagnostics);
}

bool says(const std::vector<std::string>& messages, const std::vector<std::string>& parts) {
  return std::any_of(messages.begin(), messages.end(), [&](const std::string& message) {
    return std::all_of(parts.begin(), parts.end(),
                       [&](const std::string& part) { return message.find(part) != std::string::npos; });
  });
}

}  // namespace nowd::test
